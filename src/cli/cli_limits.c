/* What the process may have. */
#include <sys/resource.h>

#include "base/fail.h"
#include "cli/cli_internal.h"

/* Of the first thread: what it needs at most, with room to spare, and what it usually has. (A stack grows as far as the
 * limit is at that time.) Threads of ours have their own (base/thread.h). */
enum { STACK_KIB = 1 << 10, USUAL_STACK_KIB = 8 << 10 };

oss_status oss_cli_check_stack(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= (rlim_t)STACK_KIB << 10) {
        return OSS_OK;
    }
    if (limit.rlim_max >= (rlim_t)STACK_KIB << 10) {
        rlim_t usual = (rlim_t)USUAL_STACK_KIB << 10;
        const struct rlimit raised = {.rlim_cur = limit.rlim_max < usual ? limit.rlim_max : usual,
                                      .rlim_max = limit.rlim_max};
        if (setrlimit(RLIMIT_STACK, &raised) == 0) {
            return OSS_OK;
        }
    }
    return oss_fail(OSS_ENOMEM, "the stack may have %llu KiB and %d are needed: raise its limit (ulimit -s)",
                    (unsigned long long)limit.rlim_cur >> 10, STACK_KIB);
}
