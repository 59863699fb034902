/* How much memory there is for one thing that grows with its input. */
#ifndef OSS_BASE_MEMORY_H
#define OSS_BASE_MEMORY_H

#include <stdint.h>

/* Half of the memory that this process may have: of the machine, or the limit that it runs under (RLIMIT_AS, RLIMIT_DATA,
 * memory.max of its control group) when that is less. What is free just now does not count: a recording that is taken
 * today is taken tomorrow. INT64_MAX: nobody knows. */
int64_t oss_memory_half_bytes(void);

#endif
