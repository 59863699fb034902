/* What the library has to say beside results and failures: warnings (a recording that is close to silence, chunks that
 * this model cannot use as a stream) and notes. It never prints; lines go to one callback of the process, and without
 * one they are dropped. */
#ifndef OSSICLE_LOG_H
#define OSSICLE_LOG_H

#include "ossicle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum oss_log_level { OSS_LOG_INFO = 0, OSS_LOG_WARN = 1 } oss_log_level;

/* `line` is valid during the call and has no newline at its end. Called from any thread, one call at a time; must not
 * call into the library. */
typedef void (*oss_log_fn)(void *context, oss_log_level level, const char *line);

/* Takes the place of the callback before; fn NULL: none. Any thread. */
OSS_API void oss_log_set(oss_log_fn fn, void *context);

#ifdef __cplusplus
}
#endif
#endif
