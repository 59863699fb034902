/* Names of files that are being made. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/file_internal.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"

enum { MOST_NAMES = 1000 };

static atomic_uint names; /* that this process has made up */

/* Short, whatever the file is to be called: a name may have 255 bytes and no more. */
static char *name_temporary(const char *folder) {
    oss_strbuf name = {0};
    oss_strbuf_printf(&name, "ossicle.tmp-%ld-%u", (long)getpid(), atomic_fetch_add(&names, 1));
    char *path = oss_strbuf_ok(&name) ? oss_path_join(folder, name.data) : NULL;
    oss_strbuf_deinit(&name);
    return path;
}

int oss_file_make_temporary(char **out, const char *path, int (*make)(void *context, const char *temporary),
                            void *context) {
    char *folder = oss_path_folder(path), *temporary = NULL;
    int result = -1;
    errno = ENOMEM;
    for (int i = 0; folder != NULL && result < 0 && i < MOST_NAMES; i++) {
        temporary = name_temporary(folder);
        result = temporary == NULL ? -1 : make(context, temporary);
        if (result < 0) {
            int error_number = temporary == NULL ? ENOMEM : errno;
            oss_free(temporary);
            errno = error_number;
            if (error_number != EEXIST) { /* of a process that was killed, or that has our number elsewhere */
                break;
            }
        }
    }
    if (result >= 0) {
        *out = temporary;
    }
    int error_number = errno;
    oss_free(folder);
    errno = error_number;
    return result;
}
