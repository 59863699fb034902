/* Log lines leave the library through one callback; without one they are dropped. */
#ifndef OSS_BASE_LOG_H
#define OSS_BASE_LOG_H

typedef enum oss_log_level { OSS_LOG_INFO = 0, OSS_LOG_WARN = 1 } oss_log_level;

/* `line` has no newline at its end. May be called from any thread, one call at a time; must not log itself.
 */
typedef void (*oss_log_fn)(void *context, oss_log_level level, const char *line);
void oss_log_set(oss_log_fn fn, void *context);

void oss_log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void oss_log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
