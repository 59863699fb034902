#include "support/faults.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/sys.h"

typedef struct fault_plan {
    oss_call kind;
    int64_t nth; /* 0: none planned */
    _Atomic int64_t seen;
    int error_number;
    bool lasts;
    bool ends; /* the process */
    bool fired;
} fault_plan;

static oss_sys_heap real_heap;
static oss_sys_file real_file;
static bool installed;
static _Atomic int64_t counts[OSS_CALL_KINDS];
static _Atomic int64_t blocks;
static _Atomic int64_t opens_creating;
static fault_plan plan;
static bool *told;              /* NULL: nobody */
static size_t short_bytes;      /* 0: no limit */
static int64_t room_bytes = -1; /* -1: the disk has no end */
static bool interrupts;
static bool interrupted[OSS_CALL_KINDS];

static bool is_change(oss_call kind, bool creates) {
    switch (kind) {
    case OSS_CALL_WRITE:
    case OSS_CALL_FTRUNCATE:
    case OSS_CALL_FCHMOD:
    case OSS_CALL_FSYNC:
    case OSS_CALL_RENAME:
    case OSS_CALL_UNLINK:
    case OSS_CALL_MKDIR:
    case OSS_CALL_RMDIR:
    case OSS_CALL_SYMLINK:
        return true;
    default:
        return kind == OSS_CALL_OPEN && creates;
    }
}

static bool belongs(oss_call kind, bool creates, oss_call group) {
    switch (group) {
    case OSS_CALL_ANY_HEAP:
        return kind == OSS_CALL_ALLOC || kind == OSS_CALL_RESIZE;
    case OSS_CALL_ANY_FILE:
        return kind >= OSS_CALL_OPEN;
    case OSS_CALL_ANY_CHANGE:
        return is_change(kind, creates);
    default:
        return kind == group;
    }
}

/* Counts a call; true, with errno set, when it must fail. */
static bool must_fail(oss_call kind, bool creates) {
    atomic_fetch_add(&counts[kind], 1);
    if (plan.nth == 0 || !belongs(kind, creates, plan.kind)) {
        return false;
    }
    int64_t seen = atomic_fetch_add(&plan.seen, 1) + 1;
    if (seen == plan.nth && plan.ends) {
        _exit(OSS_FAULTS_ENDED);
    }
    if (seen == plan.nth || (plan.lasts && seen > plan.nth)) {
        plan.fired = true;
        if (told != NULL) {
            *told = true;
        }
        errno = plan.error_number;
        return true;
    }
    return false;
}

static bool must_interrupt(oss_call kind) {
    if (!interrupts) {
        return false;
    }
    interrupted[kind] = !interrupted[kind];
    errno = EINTR;
    return interrupted[kind];
}

/* ---- Heap ---- */

static void *fault_alloc(size_t alignment, size_t bytes) {
    if (must_fail(OSS_CALL_ALLOC, false)) {
        return NULL;
    }
    void *block = real_heap.alloc(alignment, bytes);
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

static void *fault_resize(void *block, size_t bytes) {
    if (must_fail(OSS_CALL_RESIZE, false)) {
        return NULL;
    }
    return real_heap.resize(block, bytes);
}

static void fault_release(void *block) {
    atomic_fetch_add(&counts[OSS_CALL_RELEASE], 1);
    atomic_fetch_sub(&blocks, block != NULL);
    real_heap.release(block);
}

/* ---- Files ---- */

static int fault_open(const char *path, int flags, mode_t mode) {
    bool creates = (flags & O_CREAT) != 0;
    atomic_fetch_add(&opens_creating, creates);
    if (must_fail(OSS_CALL_OPEN, creates) || must_interrupt(OSS_CALL_OPEN)) {
        return -1;
    }
    return real_file.open(path, flags, mode);
}

static size_t cut_short(size_t bytes) {
    return short_bytes != 0 && bytes > short_bytes ? short_bytes : bytes;
}

static ssize_t fault_read(int fd, void *buffer, size_t bytes) {
    if (must_fail(OSS_CALL_READ, false) || must_interrupt(OSS_CALL_READ)) {
        return -1;
    }
    return real_file.read(fd, buffer, cut_short(bytes));
}

static ssize_t fault_write(int fd, const void *buffer, size_t bytes) {
    if (must_fail(OSS_CALL_WRITE, false) || must_interrupt(OSS_CALL_WRITE)) {
        return -1;
    }
    size_t allowed = cut_short(bytes);
    if (room_bytes >= 0) {
        if (room_bytes == 0 && bytes > 0) {
            plan.fired = true;
            errno = ENOSPC;
            return -1;
        }
        allowed = (int64_t)allowed > room_bytes ? (size_t)room_bytes : allowed;
        room_bytes -= (int64_t)allowed;
    }
    return real_file.write(fd, buffer, allowed);
}

static int fault_fsync(int fd) {
    return must_fail(OSS_CALL_FSYNC, false) || must_interrupt(OSS_CALL_FSYNC) ? -1 : real_file.fsync(fd);
}

static int fault_flock(int fd, int operation) {
    return must_fail(OSS_CALL_FLOCK, false) || must_interrupt(OSS_CALL_FLOCK)
               ? -1
               : real_file.flock(fd, operation);
}

/* A close that fails has closed all the same: that is what Linux does. */
static int fault_close(int fd) {
    bool fails = must_fail(OSS_CALL_CLOSE, false);
    int error_number = errno;
    int result = real_file.close(fd);
    if (fails) {
        errno = error_number;
        return -1;
    }
    return result;
}

static off_t fault_lseek(int fd, off_t offset, int whence) {
    return must_fail(OSS_CALL_LSEEK, false) ? -1 : real_file.lseek(fd, offset, whence);
}

static int fault_ftruncate(int fd, off_t bytes) {
    return must_fail(OSS_CALL_FTRUNCATE, false) ? -1 : real_file.ftruncate(fd, bytes);
}

static int fault_fchmod(int fd, mode_t mode) {
    return must_fail(OSS_CALL_FCHMOD, false) ? -1 : real_file.fchmod(fd, mode);
}

static int fault_rename(const char *from, const char *to) {
    return must_fail(OSS_CALL_RENAME, false) ? -1 : real_file.rename(from, to);
}

static int fault_unlink(const char *path) {
    return must_fail(OSS_CALL_UNLINK, false) ? -1 : real_file.unlink(path);
}

static int fault_mkdir(const char *path, mode_t mode) {
    return must_fail(OSS_CALL_MKDIR, false) ? -1 : real_file.mkdir(path, mode);
}

static int fault_rmdir(const char *path) {
    return must_fail(OSS_CALL_RMDIR, false) ? -1 : real_file.rmdir(path);
}

static int fault_symlink(const char *target, const char *path) {
    return must_fail(OSS_CALL_SYMLINK, false) ? -1 : real_file.symlink(target, path);
}

static ssize_t fault_readlink(const char *path, char *buffer, size_t bytes) {
    return must_fail(OSS_CALL_READLINK, false) ? -1 : real_file.readlink(path, buffer, bytes);
}

static int fault_stat(const char *path, struct stat *out) {
    return must_fail(OSS_CALL_STAT, false) ? -1 : real_file.stat(path, out);
}

static int fault_lstat(const char *path, struct stat *out) {
    return must_fail(OSS_CALL_LSTAT, false) ? -1 : real_file.lstat(path, out);
}

static int fault_fstat(int fd, struct stat *out) {
    return must_fail(OSS_CALL_FSTAT, false) ? -1 : real_file.fstat(fd, out);
}

static DIR *fault_opendir(const char *path) {
    return must_fail(OSS_CALL_OPENDIR, false) ? NULL : real_file.opendir(path);
}

static struct dirent *fault_readdir(DIR *dir) {
    return must_fail(OSS_CALL_READDIR, false) ? NULL : real_file.readdir(dir);
}

static void *fault_map(int fd, size_t bytes) {
    void *block = must_fail(OSS_CALL_MAP, false) ? NULL : real_file.map(fd, bytes);
    atomic_fetch_add(&blocks, block != NULL);
    return block;
}

static int fault_unmap(void *block, size_t bytes) {
    atomic_fetch_sub(&blocks, 1);
    return real_file.unmap(block, bytes);
}

static int fault_closedir(DIR *dir) {
    bool fails = must_fail(OSS_CALL_CLOSEDIR, false);
    int result = real_file.closedir(dir);
    return fails ? -1 : result;
}

/* ---- Control ---- */

void oss_faults_install(void) {
    ck_assert_msg(!installed, "fault injection is installed already");
    real_heap = oss_heap;
    real_file = oss_file;
    installed = true;
    (void)oss_faults_clear();
    oss_faults_reset_counts();
    atomic_store(&blocks, 0);
    oss_heap = (oss_sys_heap){.alloc = fault_alloc, .resize = fault_resize, .release = fault_release};
    oss_file = (oss_sys_file){
        .open = fault_open,
        .read = fault_read,
        .write = fault_write,
        .lseek = fault_lseek,
        .ftruncate = fault_ftruncate,
        .fchmod = fault_fchmod,
        .fsync = fault_fsync,
        .close = fault_close,
        .flock = fault_flock,
        .rename = fault_rename,
        .unlink = fault_unlink,
        .mkdir = fault_mkdir,
        .rmdir = fault_rmdir,
        .symlink = fault_symlink,
        .readlink = fault_readlink,
        .stat = fault_stat,
        .lstat = fault_lstat,
        .fstat = fault_fstat,
        .opendir = fault_opendir,
        .readdir = fault_readdir,
        .closedir = fault_closedir,
        .map = fault_map,
        .unmap = fault_unmap,
    };
}

void oss_faults_remove(void) {
    ck_assert_msg(installed, "fault injection is not installed");
    oss_heap = real_heap;
    oss_file = real_file;
    installed = false;
}

static void plan_failure(oss_call kind, int64_t nth, int error_number, bool lasts) {
    plan = (fault_plan){.kind = kind, .nth = nth, .error_number = error_number, .lasts = lasts};
}

void oss_faults_end(oss_call kind, int64_t nth) {
    plan = (fault_plan){.kind = kind, .nth = nth, .ends = true};
}

void oss_faults_fail(oss_call kind, int64_t nth, int error_number) {
    plan_failure(kind, nth, error_number, false);
}

void oss_faults_fail_from(oss_call kind, int64_t nth, int error_number) {
    plan_failure(kind, nth, error_number, true);
}

void oss_faults_tell(bool *fired) {
    told = fired;
}

void oss_faults_disk_full_after(size_t bytes) {
    room_bytes = (int64_t)bytes;
}

void oss_faults_short(size_t bytes) {
    short_bytes = bytes;
}

void oss_faults_interrupt(void) {
    interrupts = true;
}

bool oss_faults_clear(void) {
    bool fired = plan.fired;
    plan = (fault_plan){0};
    room_bytes = -1;
    short_bytes = 0;
    interrupts = false;
    for (int kind = 0; kind < OSS_CALL_KINDS; kind++) {
        interrupted[kind] = false;
    }
    return fired;
}

int64_t oss_faults_count(oss_call kind) {
    int64_t sum = 0;
    for (int each = 0; each < OSS_CALL_KINDS; each++) {
        sum += belongs((oss_call)each, false, kind) ? atomic_load(&counts[each]) : 0;
    }
    return kind == OSS_CALL_ANY_CHANGE ? sum + atomic_load(&opens_creating) : sum;
}

void oss_faults_reset_counts(void) {
    for (int kind = 0; kind < OSS_CALL_KINDS; kind++) {
        atomic_store(&counts[kind], 0);
    }
    atomic_store(&opens_creating, 0);
}

int64_t oss_faults_blocks(void) {
    return atomic_load(&blocks);
}
