#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

/* One message a thread, in place: reporting that memory ran out must not need memory. */
static _Thread_local char last_message[OSS_MESSAGE_BYTES];
static _Thread_local int last_errno; /* 0: the message is not of an errno */

const char *oss_last_error(void) {
    return last_message;
}

int oss_last_errno(void) {
    return last_errno;
}

const char *oss_status_name(oss_status status) {
    switch (status) {
    case OSS_OK:
        return "OSS_OK";
    case OSS_EUSAGE:
        return "OSS_EUSAGE";
    case OSS_EINPUT:
        return "OSS_EINPUT";
    case OSS_EIO:
        return "OSS_EIO";
    case OSS_ENOMEM:
        return "OSS_ENOMEM";
    case OSS_ENOSPC:
        return "OSS_ENOSPC";
    case OSS_ENUMERIC:
        return "OSS_ENUMERIC";
    case OSS_ESTOPPED:
        return "OSS_ESTOPPED";
    case OSS_EBUG:
        return "OSS_EBUG";
    }
    return "unknown status";
}

static void keep_message(char *text, int length) {
    if (length < 0) {
        strcpy(text, "a message could not be formatted");
    }
    oss_utf8_show(last_message, sizeof last_message, text, length >= OSS_MESSAGE_BYTES);
}

/* Arguments may point into the last message itself, so the new one is made beside it. */
static void set_message(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));
static void set_message(const char *format, va_list arguments) {
    char text[OSS_MESSAGE_BYTES];
    int length = oss_vformat(text, sizeof text, format, arguments);
    keep_message(text, length);
}

oss_status oss_fail(oss_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    last_errno = 0;
    return status;
}

static oss_status status_of_errno(int error_number) {
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return OSS_ENOSPC;
    case ENOMEM:
        return OSS_ENOMEM;
    default:
        return OSS_EIO;
    }
}

oss_status oss_fail_errno(int error_number, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    char reason[128];
    const char *text = strerror_r(error_number, reason, sizeof reason); /* GNU's: any thread */
    char joined[OSS_MESSAGE_BYTES];
    int length = oss_format(joined, sizeof joined, "%s: %s", last_message, text);
    keep_message(joined, length);
    last_errno = error_number;
    return status_of_errno(error_number);
}

oss_status oss_fail_prefix(oss_status status, const char *format, ...) {
    char before[OSS_MESSAGE_BYTES];
    memcpy(before, last_message, sizeof before);
    va_list arguments;
    va_start(arguments, format);
    set_message(format, arguments);
    va_end(arguments);
    char joined[OSS_MESSAGE_BYTES];
    int length = oss_format(joined, sizeof joined, "%s: %s", last_message, before);
    keep_message(joined, length);
    return status;
}
