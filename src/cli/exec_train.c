/* `ossicle train` (with `ossicle bench`, which times it) is a program of its own, so that this one links
 * neither trainer nor OpenBLAS. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/own_folder.h"

static const char program_name[] = "ossicle-train";

/* Tries FOLDER/place; returns unless it could be run. */
static void try_place(const char *folder, const char *place, char *const *argv) {
    char *path = oss_path_join(folder, place);
    if (path != NULL && oss_file_exists(path)) {
        (void)execv(path, argv);
    }
    oss_free(path);
}

oss_status oss_cli_exec_train(const char *command, char *const *argument, int count) {
    char **argv = oss_alloc_zero((size_t)count + 3, sizeof *argv);
    char *folder = oss_cli_own_folder();
    if (argv == NULL) {
        oss_free(folder);
        return OSS_ENOMEM;
    }
    char name[sizeof program_name];
    memcpy(name, program_name, sizeof name);
    argv[0] = name;
    int words = 1;
    if (command != NULL) {
        argv[words++] = (char *)(uintptr_t)command; /* execv changes no argument */
    }
    for (int i = 0; i < count; i++) {
        argv[words++] = argument[i];
    }
    if (folder != NULL) {
        try_place(folder, program_name, argv);
        try_place(folder, "../libexec/ossicle/ossicle-train", argv);
    }
    (void)execvp(program_name, argv);
    int reason = errno;
    oss_free(argv);
    oss_status status =
        oss_fail_errno(reason, "this is done by the program %s, which is neither in %s nor in PATH",
                       program_name, folder == NULL ? "this program's folder" : folder);
    oss_free(folder);
    return status;
}
