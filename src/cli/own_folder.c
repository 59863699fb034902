#include "cli/own_folder.h"

#include <limits.h>
#include <unistd.h>

#include "base/path.h"

char *oss_cli_own_folder(void) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        return NULL;
    }
    path[length] = '\0';
    return oss_path_folder(path);
}
