#include "cli/cli_confine.h"

#include <string.h>

#include "base/confine.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/cli_internal.h"

enum { WHEN_AUTO, WHEN_ON, WHEN_OFF, MOST_FOLDERS = OSS_CLI_MAX_OPTIONS };

typedef struct folder_list {
    char *folder[MOST_FOLDERS];
    int32_t folders;
} folder_list;

static void free_folders(folder_list *list) {
    for (int32_t i = 0; i < list->folders; i++) {
        oss_free(list->folder[i]);
    }
}

/* What is not there is for the command to complain of, or to make below another one. */
static oss_status add_folder(folder_list *list, char *folder) {
    if (folder == NULL) {
        return OSS_ENOMEM;
    }
    bool is_there = false;
    oss_status status = oss_file_find_folder(&is_there, folder);
    if (is_there && list->folders < MOST_FOLDERS) {
        list->folder[list->folders++] = folder;
    } else {
        oss_free(folder);
    }
    return status;
}

/* A link stays, and the file that it names is written. */
static oss_status add_folder_of(folder_list *list, const char *path) {
    char *file = NULL;
    oss_status status = oss_file_follow(&file, path);
    if (status == OSS_OK) {
        status = add_folder(list, oss_path_folder(file));
        oss_free(file);
    }
    return status;
}

static oss_status add_outputs(folder_list *list, const oss_cli_args *args) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < args->givens && status == OSS_OK; i++) {
        const oss_cli_given *given = &args->given[i];
        if (strcmp(given->option->name, "--output-dir") == 0) {
            status = add_folder(list, oss_strdup(given->value));
        } else if (oss_cli_is_written(given->option)) {
            status = add_folder_of(list, given->value);
        }
    }
    return status;
}

oss_status oss_cli_confine(const oss_cli_args *args) {
    static const char *const word[] = {"auto", "on", "off"};
    folder_list list = {0};
    int32_t when = WHEN_AUTO;
    oss_status status = oss_cli_choice(args, "--sandbox", word, sizeof word / sizeof *word, &when);
    if (status != OSS_OK || when == WHEN_OFF || (when == WHEN_AUTO && !oss_confine_is_possible())) {
        return status;
    }
    status = add_outputs(&list, args);
    if (status != OSS_OK) { /* where results go is not known: neither confine it, nor go without */
        free_folders(&list);
        return status;
    }
    status = oss_confine((const char *const *)list.folder, list.folders);
    free_folders(&list);
    return status == OSS_OK || when == WHEN_AUTO ? OSS_OK : oss_fail_prefix(status, "--sandbox on");
}
