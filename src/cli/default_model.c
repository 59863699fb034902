#include "cli/default_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/cli_files.h"
#include "cli/own_folder.h"

static const char variable[] = "OSSICLE_MODEL";
static const char shipped_name[] = "ossicle-en";

/* Where the shipped model may be, in the order of looking; NULL: no such place for this program. */
typedef struct shipped_places {
    char *installed, *source_tree;
} shipped_places;

static const char *environment_model(void) {
    const char *path = getenv(variable);
    return path == NULL || path[0] == '\0' ? NULL : path;
}

/* ROOT of ROOT/build and of ROOT/build/NAME; NULL for another folder, or when memory is short. */
static char *find_source_tree(const char *folder) {
    char *parent = oss_path_folder(folder);
    if (parent == NULL || strcmp(oss_path_name(folder), "build") == 0) {
        return parent;
    }
    char *root = strcmp(oss_path_name(parent), "build") == 0 ? oss_path_folder(parent) : NULL;
    oss_free(parent);
    return root;
}

static shipped_places list_places(void) {
    char *folder = oss_cli_own_folder();
    char *prefix = folder == NULL ? NULL : oss_path_folder(folder);
    char *root = folder == NULL ? NULL : find_source_tree(folder);
    shipped_places places = {
        .installed = prefix == NULL ? NULL : oss_path_join(prefix, "share/ossicle/ossicle-en.safetensors"),
        .source_tree = root == NULL ? NULL : oss_path_join(root, "checkpoints/ossicle-en.safetensors")};
    oss_free(root);
    oss_free(prefix);
    oss_free(folder);
    return places;
}

/* `why`: how it came that the shipped one is looked for. */
static oss_status find_shipped(char **out, const char *why, const char *how) {
    shipped_places places = list_places();
    oss_status status = OSS_OK;
    if (places.installed != NULL && oss_file_exists(places.installed)) {
        *out = places.installed;
        places.installed = NULL;
    } else if (places.source_tree != NULL && oss_file_exists(places.source_tree)) {
        *out = places.source_tree;
        places.source_tree = NULL;
    } else if (places.installed == NULL) {
        status = oss_fail(OSS_EINPUT,
                          "%s, and where the one that ships with Ossicle is cannot be told: "
                          "name one with %s or the environment variable %s",
                          why, how, variable);
    } else {
        bool both = places.source_tree != NULL;
        status = oss_fail(OSS_EINPUT,
                          "%s, and the one that ships with Ossicle is %s %s%s%s: put it there, or "
                          "name one with %s or the environment variable %s",
                          why, both ? "at neither" : "not at", places.installed, both ? " nor " : "",
                          both ? places.source_tree : "", how, variable);
    }
    oss_free(places.installed);
    oss_free(places.source_tree);
    return status;
}

oss_status oss_cli_find_model(char **out, const char *given, const char *how) {
    const char *path = given != NULL ? given : environment_model();
    if (path == NULL) {
        return find_shipped(out, "no model is given", how);
    }
    if (given != NULL && strcmp(given, shipped_name) == 0 && !oss_file_exists(given)) {
        return find_shipped(out, "there is no ossicle-en in this folder", how);
    }
    if (given == NULL && !oss_file_exists(path)) {
        return oss_fail(
            OSS_EINPUT,
            "the environment variable %s is %s, where there is nothing: change or unset it, or name "
            "a model with %s",
            variable, path, how);
    }
    char *copy = oss_strdup(path);
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    *out = copy;
    return OSS_OK;
}

oss_status oss_cli_model(char **out, const oss_cli_args *args) {
    const char *given = oss_cli_value(args, "--model");
    char *path = NULL;
    oss_status status = oss_cli_find_model(&path, given, "--model M");
    if (status != OSS_OK) {
        return status;
    }
    status = oss_cli_reads(args, path);
    if (status != OSS_OK) {
        oss_free(path);
        return status;
    }
    if (given == NULL) {
        oss_log_info(environment_model() == NULL ? "model: %s" : "model: %s (OSSICLE_MODEL)", path);
    }
    *out = path;
    return OSS_OK;
}

oss_status oss_cli_recognizer(oss_recognizer **out, const oss_cli_args *args,
                              const oss_recognizer_options *options) {
    char *path = NULL;
    oss_status status = oss_cli_model(&path, args);
    if (status == OSS_OK) {
        status = oss_recognizer_create(out, path, options);
    }
    oss_free(path);
    return status;
}
