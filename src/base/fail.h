/* Setting the message that oss_last_error() returns. */
#ifndef OSS_BASE_FAIL_H
#define OSS_BASE_FAIL_H

#include "ossicle/status.h"

enum { OSS_MESSAGE_BYTES = 2048 }; /* of a message, its NUL included: longer ones are cut */

/* Sets this thread's message (printf style, one line, spelled out by oss_utf8_show: where, what was wrong, what to do)
 * and returns
 * `status`, so that a failure reads `return oss_fail(OSS_EINPUT, "%s:%d: ...", path, row);`. */
oss_status oss_fail(oss_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, with ": " and the text of errno `error_number` at the end; turns ENOSPC and EDQUOT into
 * OSS_ENOSPC, ENOMEM into OSS_ENOMEM, everything else into OSS_EIO. */
oss_status oss_fail_errno(int error_number, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The errno that oss_fail_errno made this thread's last message of; 0: it has another reason. */
int oss_last_errno(void);

/* Puts "text: " before the message that is there (adds the caller's context) and returns `status`. */
oss_status oss_fail_prefix(oss_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
