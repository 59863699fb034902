#include "base/memory.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/sys.h"

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t machine_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages > 0 && page_bytes > 0 ? (int64_t)pages * page_bytes : INT64_MAX;
}

static int64_t limit_bytes(const struct rlimit *limit) {
    return limit->rlim_cur == RLIM_INFINITY || limit->rlim_cur > (rlim_t)INT64_MAX ? INT64_MAX
                                                                                   : (int64_t)limit->rlim_cur;
}

static int64_t process_bytes(void) {
    struct rlimit space, data;
    int64_t bytes = getrlimit(RLIMIT_AS, &space) == 0 ? limit_bytes(&space) : INT64_MAX;
    return getrlimit(RLIMIT_DATA, &data) == 0 ? least(bytes, limit_bytes(&data)) : bytes;
}

/* Of the control group's file system, whose root is the process's own group in a container; "max", or no such file: none. */
static int64_t group_bytes(void) {
    char text[32] = "";
    int fd = oss_file_open_fd("/sys/fs/cgroup/memory.max", O_RDONLY);
    if (fd < 0) {
        return INT64_MAX;
    }
    ssize_t bytes = oss_file.read(fd, text, sizeof text - 1);
    (void)oss_file_close_fd(fd);
    char *end = text;
    long long limit = bytes > 0 ? strtoll(text, &end, 10) : 0;
    return end > text && limit > 0 ? (int64_t)limit : INT64_MAX;
}

int64_t oss_memory_half_bytes(void) {
    int64_t bytes = least(least(machine_bytes(), group_bytes()), process_bytes());
    return bytes == INT64_MAX ? bytes : bytes / 2;
}
