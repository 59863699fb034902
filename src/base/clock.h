#ifndef OSS_BASE_CLOCK_H
#define OSS_BASE_CLOCK_H

#include <time.h>

/* Seconds of a clock that nobody sets. For reports only: nothing that is trained may depend on it. */
static inline double oss_clock_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
