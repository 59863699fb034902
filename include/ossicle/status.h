/* Status codes and the last error message.
 *
 * Every fallible function of the library returns an oss_status: OSS_OK (0) or one of the negative codes
 * below. The message is set where the failure is known (file, row, key, offset; what to do) and is kept per
 * thread until the next failure on that thread. The library never exits and prints nothing itself (libmpg123,
 * which libsndfile decodes MP3 with, writes to standard error about damaged frames, and has no switch for it there). */
#ifndef OSSICLE_STATUS_H
#define OSSICLE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define OSS_API __attribute__((visibility("default")))
#else
#define OSS_API
#endif

typedef enum oss_status {
    OSS_OK = 0,
    OSS_EUSAGE = -1, /* the caller's arguments are wrong (exit code 2) */
    OSS_EINPUT = -2, /* a file, row, key or value that was read is wrong (exit code 3) */
    OSS_EIO = -3,    /* the system refused to read, write, rename... (exit code 3; 4 when the disk is full) */
    OSS_ENOMEM = -4, /* memory ran out (exit code 4) */
    OSS_ENOSPC = -5, /* the disk or quota is full (exit code 4) */
    OSS_ENUMERIC = -6, /* a value that must be finite is not (exit code 1) */
    OSS_ESTOPPED =
        -7,       /* stopped on request; of a training run: everything is saved (exit code 128 + signal) */
    OSS_EBUG = -8 /* an internal contract was broken: please report it (exit code 3) */
} oss_status;

/* The message of the last failure on this thread: one line, no newline at its end; "" when none. Owned by
 * the library; valid until the next failing call on the same thread. */
OSS_API const char *oss_last_error(void);

/* "OSS_EINPUT" and so on; "unknown status" for any other number. */
OSS_API const char *oss_status_name(oss_status status);

#ifdef __cplusplus
}
#endif
#endif
