#include "base/logger.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

enum { LINE_BYTES = 4096 };

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static oss_log_fn log_fn;
static void *log_context;

void oss_log_set(oss_log_fn fn, void *context) {
    (void)pthread_mutex_lock(&log_lock);
    log_fn = fn;
    log_context = context;
    (void)pthread_mutex_unlock(&log_lock);
}

static void send_line(oss_log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void send_line(oss_log_level level, const char *format, va_list arguments) {
    char line[LINE_BYTES], shown[LINE_BYTES];
    int length = oss_vformat(line, sizeof line, format, arguments);
    if (length < 0) {
        strcpy(line, "a log line could not be formatted");
    }
    oss_utf8_show(shown, sizeof shown, line, length >= LINE_BYTES);
    (void)pthread_mutex_lock(&log_lock);
    if (log_fn != NULL) {
        log_fn(log_context, level, shown);
    }
    (void)pthread_mutex_unlock(&log_lock);
}

void oss_log_info(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    send_line(OSS_LOG_INFO, format, arguments);
    va_end(arguments);
}

void oss_log_warn(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    send_line(OSS_LOG_WARN, format, arguments);
    va_end(arguments);
}
