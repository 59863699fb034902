/* Log lines leave the library through the one callback of ossicle/log.h; without one they are dropped. */
#ifndef OSS_BASE_LOGGER_H
#define OSS_BASE_LOGGER_H

#include "ossicle/log.h"

/* printf style; what a line break in it, of a file's name say, would do is spelled out (oss_utf8_show). */
void oss_log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void oss_log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
