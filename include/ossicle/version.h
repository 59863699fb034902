/* The version of the headers, and of the library that was linked. */
#ifndef OSSICLE_VERSION_H
#define OSSICLE_VERSION_H

#include "ossicle/status.h"

#define OSS_VERSION_MAJOR 0
#define OSS_VERSION_MINOR 1
#define OSS_VERSION_PATCH 0
#define OSS_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* The library's OSS_VERSION, e.g. "0.1.0". Static storage; any thread. */
OSS_API const char *oss_version(void);

#ifdef __cplusplus
}
#endif
#endif
