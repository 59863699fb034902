#include "checkpoint/run_config.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "checkpoint/checkpoint.h"
#include "model/config_compare.h"
#include "checkpoint/run_place.h"

/* ---- Reading ---- */

static oss_status parse_saved(oss_config **out, const char *run, const char *saved) {
    oss_strbuf what = {0};
    oss_strbuf_printf(&what, "the config in the newest checkpoint of %s", run);
    char *name = oss_strbuf_take(&what);
    oss_status status = name == NULL ? OSS_ENOMEM : oss_config_parse(out, saved, name);
    oss_free(name);
    return status;
}

/* config.json failed with `failure`, and its message. */
static oss_status fall_back(oss_config **out, const char *run, oss_status failure) {
    char *message = oss_strdup(oss_last_error());
    char *saved = NULL;
    oss_status status = message == NULL ? OSS_ENOMEM : oss_checkpoint_config(&saved, run);
    if (status == OSS_OK && saved == NULL) {
        status = oss_fail(failure, "%s", message);
    } else if (status == OSS_OK) {
        status = parse_saved(out, run, saved);
        if (status == OSS_OK) {
            oss_log_warn("%s: the settings of the newest checkpoint are taken", message);
        }
    }
    oss_free(saved);
    oss_free(message);
    return status;
}

oss_status oss_run_load_config(oss_config **out, const char *run) {
    oss_status status = oss_run_check_begun(run);
    char *path = status == OSS_OK ? oss_path_join(run, OSS_RUN_CONFIG) : NULL;
    if (path == NULL) {
        return status == OSS_OK ? OSS_ENOMEM : status;
    }
    bool is_there = oss_file_exists(path);
    status = is_there ? oss_config_load(out, path) : oss_fail(OSS_EINPUT, "%s is missing", path);
    if (status == OSS_EINPUT) {
        status = fall_back(out, run, status);
    }
    oss_free(path);
    return status;
}

/* ---- Comparing ---- */

static oss_status note_difference(void *context, const char *key, const char *now, const char *then) {
    oss_strbuf *refused = context;
    if (oss_config_may_change_on_resume(key)) {
        oss_log_info("\"%s\" is %s now and was %s at the checkpoint", key, now, then);
        return OSS_OK;
    }
    oss_strbuf_printf(refused, "%s\"%s\" is %s, and was %s", refused->length == 0 ? "" : "; ", key, now,
                      then);
    return oss_strbuf_ok(refused) ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_run_check_config(const char *run, const oss_config *config, const char *saved) {
    oss_config *then = NULL;
    oss_strbuf refused = {0};
    if (saved == NULL) {
        return OSS_OK;
    }
    oss_status status = parse_saved(&then, run, saved);
    if (status == OSS_OK) {
        status = oss_config_compare_all(config, then, note_difference, &refused);
    }
    if (status == OSS_OK && refused.length > 0) {
        status = oss_fail(
            OSS_EINPUT,
            "%s/" OSS_RUN_CONFIG " was changed since the checkpoint: %s. Put that back, move the file "
            "away to take the settings of the checkpoint, or start a new run from the weights: --init "
            "%s --config FILE --run ANOTHER",
            run, refused.data, run);
    }
    oss_strbuf_deinit(&refused);
    oss_config_free(then);
    return status;
}

/* ---- Writing ---- */

static oss_status set_damaged_aside(const char *path) {
    oss_config *config = NULL;
    char *aside = NULL;
    oss_status status = oss_file_exists(path) ? oss_config_load(&config, path) : OSS_OK;
    oss_config_free(config);
    if (status != OSS_EINPUT) {
        return status;
    }
    status = oss_file_set_aside(&aside, path, "damaged");
    if (status == OSS_OK) {
        oss_log_warn("%s is written anew; the damaged one is %s", path, aside);
    }
    oss_free(aside);
    return status;
}

oss_status oss_run_write_config(const char *run, const oss_config *config) {
    char *text = oss_config_print(config);
    char *path = text == NULL ? NULL : oss_path_join(run, OSS_RUN_CONFIG);
    oss_status status = path == NULL ? OSS_ENOMEM : set_damaged_aside(path);
    if (status == OSS_OK) {
        status = oss_file_write_all(path, text, strlen(text));
    }
    oss_free(path);
    oss_free(text);
    return status;
}
