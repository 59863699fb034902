#include "base/confine.h"

#include <errno.h>

#include "base/fail.h"
#include "base/sys.h"

#ifndef OSS_CONFINE
#define OSS_CONFINE 1 /* 0: never, for builds that count lines (make coverage) */
#endif

#if OSS_CONFINE && defined(__linux__) && defined(__x86_64__)
#include <linux/audit.h>
#define ARCHITECTURE AUDIT_ARCH_X86_64
enum { X32_CALLS = 0x40000000 }; /* the same calls by other numbers, from here on */
#elif OSS_CONFINE && defined(__linux__) && defined(__aarch64__)
#include <linux/audit.h>
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Landlock: linux/landlock.h, which older headers lack ---- */

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 }; /* the same on every processor */
enum { ASK_VERSION = 1, PATH_BENEATH = 1 };

#define ACCESS(bit) (UINT64_C(1) << (bit))
#define WRITE_FILE  ACCESS(1)
#define TRUNCATE    ACCESS(14) /* from version 3 on */
/* From REMOVE_DIR to MAKE_SYM. What is no file of data (MAKE_CHAR, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK) may be made nowhere. */
#define REMOVE_AND_MAKE              UINT64_C(0x1ff0)
#define REMOVE_AND_MAKE_DATA         (ACCESS(4) | ACCESS(5) | ACCESS(7) | ACCESS(8) | ACCESS(12))
#define BIND_AND_CONNECT_TCP         UINT64_C(3) /* from version 4 on */
#define ABSTRACT_SOCKETS_AND_SIGNALS UINT64_C(3) /* from version 6 on */

typedef struct ruleset_attributes {
    uint64_t files, network, scopes;
} ruleset_attributes;

typedef struct path_rule {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed)) path_rule;

static long find_version(void) {
    return syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
}

static oss_status add_path(int ruleset, const char *path, uint64_t handled) {
    struct stat found;
    int fd = oss_file.open(path, O_PATH | O_CLOEXEC, 0);
    if (fd < 0 || oss_file.fstat(fd, &found) != 0) {
        int error = errno;
        if (fd >= 0) {
            (void)oss_file.close(fd);
        }
        return oss_fail_errno(error, "%s", path);
    }
    const uint64_t file = WRITE_FILE | TRUNCATE;
    path_rule rule = {.allowed = handled & (S_ISDIR(found.st_mode) ? file | REMOVE_AND_MAKE_DATA : file),
                      .parent_fd = fd};
    long failed = syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0);
    int error = errno;
    (void)oss_file.close(fd);
    return failed == 0 ? OSS_OK : oss_fail_errno(error, "%s", path);
}

static oss_status confine_files(const char *const *writable, int32_t count) {
    long version = find_version();
    ruleset_attributes attributes = {
        .files = WRITE_FILE | REMOVE_AND_MAKE | (version >= 3 ? TRUNCATE : 0),
        .network = version >= 4 ? BIND_AND_CONNECT_TCP : 0,
        .scopes = version >= 6 ? ABSTRACT_SOCKETS_AND_SIGNALS : 0,
    };
    /* Kernels take more members than they know, as long as those are zero. */
    int ruleset = (int)syscall(CREATE_RULESET, &attributes, sizeof attributes, 0);
    if (ruleset < 0) {
        return oss_fail_errno(errno, "cannot make a Landlock ruleset");
    }
    oss_status status = add_path(ruleset, "/dev/null", attributes.files);
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        status = add_path(ruleset, writable[i], attributes.files);
    }
    if (status == OSS_OK && syscall(RESTRICT_SELF, ruleset, 0) != 0) {
        status = oss_fail_errno(errno, "cannot enter a Landlock ruleset");
    }
    (void)oss_file.close(ruleset);
    return status;
}

/* ---- System calls ---- */

/* Sockets; io_uring, which would open them without a call; what changes files that Landlock does not guard (their modes
 * and owners by name, attributes); and what administers the system, should this run as root. */
static const uint32_t refused[] = {
    SYS_socket,       SYS_io_uring_setup, SYS_truncate,
    SYS_fchmodat,     SYS_fchown,         SYS_fchownat,
    SYS_setxattr,     SYS_lsetxattr,      SYS_fsetxattr,
    SYS_removexattr,  SYS_lremovexattr,   SYS_fremovexattr,
    SYS_bpf,          SYS_userfaultfd,    SYS_perf_event_open,
    SYS_keyctl,       SYS_add_key,        SYS_request_key,
    SYS_mount,        SYS_umount2,        SYS_pivot_root,
    SYS_chroot,       SYS_setns,          SYS_unshare,
    SYS_init_module,  SYS_finit_module,   SYS_delete_module,
    SYS_kexec_load,   SYS_reboot,         SYS_swapon,
    SYS_swapoff,      SYS_sethostname,    SYS_setdomainname,
    SYS_settimeofday, SYS_clock_settime,  SYS_adjtimex,
    SYS_acct,         SYS_quotactl,       SYS_open_by_handle_at,
#ifdef SYS_fchmodat2
    SYS_fchmodat2,
#endif
#ifdef SYS_chmod /* older processors have them beside those above */
    SYS_chmod,        SYS_chown,          SYS_lchown,
#endif
};
enum { REFUSED = sizeof refused / sizeof *refused, BEFORE = 4, MOST_STEPS = BEFORE + REFUSED + 2 };

static struct sock_filter step(uint16_t code, uint32_t value, int32_t when_true, int32_t when_false) {
    return (struct sock_filter){code, (uint8_t)when_true, (uint8_t)when_false, value};
}

static oss_status confine_calls(void) {
    struct sock_filter filter[MOST_STEPS];
    uint16_t steps = 0;
    enum { LOAD = BPF_LD | BPF_W | BPF_ABS, IS = BPF_JMP | BPF_JEQ | BPF_K, RETURN = BPF_RET | BPF_K };
    filter[steps++] = step(LOAD, offsetof(struct seccomp_data, arch), 0, 0);
    filter[steps++] = step(IS, ARCHITECTURE, 0, REFUSED + 3); /* else to the refusal, the last step */
    filter[steps++] = step(LOAD, offsetof(struct seccomp_data, nr), 0, 0);
#ifdef __x86_64__
    filter[steps++] = step(BPF_JMP | BPF_JGE | BPF_K, X32_CALLS, REFUSED + 1, 0);
#else
    filter[steps++] = step(BPF_JMP | BPF_JA, 0, 0, 0);
#endif
    for (int32_t i = 0; i < REFUSED; i++) {
        filter[steps++] = step(IS, refused[i], REFUSED - i, 0);
    }
    filter[steps++] = step(RETURN, SECCOMP_RET_ALLOW, 0, 0);
    filter[steps++] = step(RETURN, SECCOMP_RET_ERRNO | EPERM, 0, 0);
    const struct sock_fprog program = {.len = steps, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
               ? OSS_OK
               : oss_fail_errno(errno, "cannot filter system calls");
}

bool oss_confine_is_possible(void) {
    return find_version() >= 1 && prctl(PR_GET_SECCOMP) >= 0;
}

oss_status oss_confine(const char *const *writable, int32_t count) {
    if (!oss_confine_is_possible()) {
        return oss_fail(OSS_EUSAGE, "this kernel has no Landlock, or no filter of system calls");
    }
    /* Without it neither is open to a process that is not root's. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return oss_fail_errno(errno, "cannot give up new rights");
    }
    oss_status status = confine_files(writable, count);
    return status == OSS_OK ? confine_calls() : status;
}

#else

bool oss_confine_is_possible(void) {
    return false;
}

oss_status oss_confine(const char *const *writable, int32_t count) {
    (void)writable, (void)count;
    return oss_fail(OSS_EUSAGE, "there is no confinement for this system or processor");
}

#endif
