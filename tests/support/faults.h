/* Makes calls of the heap and file tables (base/sys.h) fail, counts them, cuts writes short.
 *
 *     oss_faults_install();
 *     for (int64_t k = 1;; k++) {
 *         oss_faults_fail(OSS_CALL_ANY_FILE, k, EIO);      the k-th file call from here on fails
 *         oss_status status = thing_under_test();
 *         bool fired = oss_faults_clear();                 no more failing; did it happen?
 *         ... look at what is on the disk ...
 *         if (!fired) { ck_assert_int_eq(status, OSS_OK); break; }   k is past the last call: all were tried
 *     }
 *     oss_faults_remove();
 *
 * A failing call does nothing, except close, which closes and then fails. Counting is safe with threads;
 * planning is not.
 */
#ifndef OSS_TESTS_FAULTS_H
#define OSS_TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum oss_call {
    OSS_CALL_ALLOC,
    OSS_CALL_RESIZE,
    OSS_CALL_RELEASE, /* counted, cannot fail */
    OSS_CALL_OPEN,
    OSS_CALL_READ,
    OSS_CALL_WRITE,
    OSS_CALL_LSEEK,
    OSS_CALL_FTRUNCATE,
    OSS_CALL_FCHMOD,
    OSS_CALL_FSYNC,
    OSS_CALL_CLOSE,
    OSS_CALL_FLOCK,
    OSS_CALL_RENAME,
    OSS_CALL_UNLINK,
    OSS_CALL_MKDIR,
    OSS_CALL_RMDIR,
    OSS_CALL_SYMLINK,
    OSS_CALL_READLINK,
    OSS_CALL_STAT,
    OSS_CALL_LSTAT,
    OSS_CALL_FSTAT,
    OSS_CALL_OPENDIR,
    OSS_CALL_READDIR,
    OSS_CALL_MAP, /* counted as a block that was taken */
    OSS_CALL_CLOSEDIR,
    OSS_CALL_KINDS,
    /* Groups, for planning and counting. */
    OSS_CALL_ANY_HEAP,  /* ALLOC and RESIZE */
    OSS_CALL_ANY_FILE,  /* OPEN to CLOSEDIR */
    OSS_CALL_ANY_CHANGE /* what alters a disk: WRITE FTRUNCATE FCHMOD FSYNC RENAME UNLINK MKDIR RMDIR
                           SYMLINK, and OPEN with O_CREAT */
} oss_call;

/* Puts the wrappers into oss_heap and oss_file (with nothing failing), or the C library's calls back. */
void oss_faults_install(void);
void oss_faults_remove(void);

/* The nth (from 1) call of this kind or group from now on fails with errno `error_number`; others go through. */
void oss_faults_fail(oss_call kind, int64_t nth, int error_number);
/* The nth and all later ones: what a crash or a pulled disk at that point leaves behind. */
void oss_faults_fail_from(oss_call kind, int64_t nth, int error_number);
/* The process ends at the nth, before that does anything, as kill -9 would end it; with this exit code. */
enum { OSS_FAULTS_ENDED = 137 };
void oss_faults_end(oss_call kind, int64_t nth);
/* The disk takes `bytes` more, the write that crosses is short, and later ones get ENOSPC. */
void oss_faults_disk_full_after(size_t bytes);
/* *fired becomes true when a planned failure happens; in shared memory, also when that is in a process that this one
 * starts. */
void oss_faults_tell(bool *fired);
/* Ends all plans below and above; true when a planned failure happened since it was planned. Counts stay. */
bool oss_faults_clear(void);

/* No write takes, and no read gives, more than `bytes` at once (0: no limit). */
void oss_faults_short(size_t bytes);
/* Every OPEN READ WRITE FSYNC FLOCK gets EINTR once before it goes through. */
void oss_faults_interrupt(void);

/* Calls of a kind or group since oss_faults_install or oss_faults_reset_counts; failed ones included. */
int64_t oss_faults_count(oss_call kind);
void oss_faults_reset_counts(void);
/* Blocks that were taken and not released. */
int64_t oss_faults_blocks(void);

#endif
