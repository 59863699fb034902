/* A file by itself, and a checkpoint by itself. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/npy.h"
#include "base/path.h"
#include "base/source.h"
#include "checkpoint/checkpoint_internal.h"
#include "checkpoint/run_place.h"
#include "fsck/fsck_internal.h"
#include "model/model_internal.h"
#include "model/vocab_file.h"
#include "ngram/ngram.h"

enum { JSON_MAX_BYTES = 8 << 20, LOOK_BYTES = 9 };

/* ---- Kinds ---- */

/* Tensors of ours carry a sum. Those of others cannot be checked beyond their header. */
static oss_status check_tensors(oss_fsck_report *report, const char *path) {
    oss_safetensors *file = NULL;
    oss_model *model = NULL;
    bool is_model = false, has_sum = false;
    oss_status status = oss_safetensors_open(&file, path, OSS_ST_SUM_IF_THERE);
    if (status == OSS_OK) {
        is_model = oss_safetensors_metadata(file, OSS_MODEL_FORMAT_KEY) != NULL;
        has_sum = oss_safetensors_metadata(file, "ossicle_sum") != NULL;
        status = oss_safetensors_fetch(file);
    }
    oss_safetensors_free(file);
    if (status == OSS_OK && !is_model && !has_sum) {
        return oss_fsck_add(report, path, "tensors", OSS_FSCK_UNKNOWN,
                            "carries no sum, so that nobody can tell: `ossicle import` makes a model of it");
    }
    if (status == OSS_OK && is_model) {
        status = oss_model_load_file(&model, path, NULL);
    }
    oss_model_free(model);
    bool is_optimizer = strcmp(oss_path_name(path), OSS_CHECKPOINT_OPTIMIZER) == 0;
    return oss_fsck_add_checked(report, path, is_optimizer ? "optimizer" : "model", status, NULL);
}

static oss_status check_ngram(oss_fsck_report *report, const char *path) {
    oss_ngram *ngram = NULL;
    oss_status status = oss_ngram_load(&ngram, path);
    const char *note = status == OSS_OK && oss_ngram_sum(ngram) == 0 ? "a text, which carries no sum" : NULL;
    oss_ngram_free(ngram);
    return oss_fsck_add_checked(report, path, "language model", status, note);
}

static oss_status check_array(oss_fsck_report *report, const char *path) {
    float *x = NULL;
    int64_t rows = 0, columns = 0;
    oss_status status = oss_npy_read(&x, &rows, &columns, path, OSS_ST_MAX_FILE_BYTES);
    oss_free(x);
    return oss_fsck_add_checked(report, path, "array", status,
                                "it has the length that it says; it carries no sum");
}

/* A vocabulary says of which units and case it is; checked as if a config had them too. */
static oss_status check_vocab(const char *path, const oss_json *json) {
    static const char *const key[] = {"units", "case"};
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    char *text = NULL;
    oss_json *own = oss_json_object();
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        const oss_json *word = oss_json_get(json, key[i]);
        if (oss_json_is(word, OSS_JSON_STRING)) {
            oss_json_add_string(own, key[i], oss_json_string(word));
        }
    }
    oss_status status = oss_json_print(&text, own, OSS_JSON_LINE);
    if (status == OSS_OK) {
        status = oss_config_parse(&config, text, path);
    }
    if (status == OSS_OK) {
        status = oss_vocab_load(&vocab, path, config);
    }
    oss_vocab_free(vocab);
    oss_config_free(config);
    oss_free(text);
    oss_json_free(own);
    return status;
}

static oss_status check_json(oss_fsck_report *report, const char *path) {
    oss_json *json = NULL;
    oss_config *config = NULL;
    const char *kind = "config";
    oss_status status = oss_json_load(&json, path, JSON_MAX_BYTES);
    if (status == OSS_OK && (oss_json_is(json, OSS_JSON_ARRAY) || oss_json_get(json, "vocab") != NULL)) {
        kind = "vocabulary";
        status = check_vocab(path, json);
    } else if (status == OSS_OK) {
        status = oss_config_load(&config, path);
    }
    oss_config_free(config);
    oss_json_free(json);
    return oss_fsck_add_checked(report, path, kind, status, NULL);
}

static oss_status check_temporary(oss_fsck_report *report, const char *path) {
    return oss_fsck_add(
        report, path, "temporary", OSS_FSCK_STALE,
        "left by a process that was killed, unless one is writing here now; remove it by hand");
}

/* A language model may have any name. */
static oss_status check_unknown(oss_fsck_report *report, const char *path) {
    oss_ngram *ngram = NULL;
    oss_status status = oss_ngram_load(&ngram, path);
    oss_ngram_free(ngram);
    if (status == OSS_OK) {
        return oss_fsck_add(report, path, "language model", OSS_FSCK_OK, NULL);
    }
    return status == OSS_EINPUT ? oss_fsck_add(report, path, "file", OSS_FSCK_UNKNOWN,
                                               "no kind of file that can be checked here (a dataset: "
                                               "`ossicle check`)")
                                : oss_fsck_add_checked(report, path, "file", status, NULL);
}

/* ---- Which kind ---- */

typedef struct file_kind {
    const char *end; /* of the name */
    oss_status (*check)(oss_fsck_report *report, const char *path);
    bool
        by_hand; /* people write such files: they are looked at when they are named, and stay where they are */
} file_kind;

static const file_kind kinds[] = {
    {".safetensors", check_tensors, false},
    {".npy", check_array, false},
    {".olm", check_ngram, false},
    {".lm", check_ngram, false},
    {".arpa", check_ngram, true},
    {".arpa.gz", check_ngram, true},
    {".json", check_json, true},
};

static const file_kind by_content[] = {{"\x93NUMPY", check_array, false}, {"{", check_tensors, false}};

/* Models and arrays of any name, by their first bytes: 8 of a length, then JSON. */
static oss_status look(const file_kind **out, const char *path) {
    char bytes[LOOK_BYTES] = {0};
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    size_t count = oss_source_read(&source, 0, bytes, sizeof bytes);
    status = oss_source_status(&source, path);
    oss_source_close(&source);
    if (status == OSS_OK && count == LOOK_BYTES) {
        bool is_array = memcmp(bytes, by_content[0].end, strlen(by_content[0].end)) == 0;
        bool is_tensors = bytes[LOOK_BYTES - 1] == '{' && bytes[LOOK_BYTES - 2] == '\0';
        *out = is_array ? &by_content[0] : is_tensors ? &by_content[1] : NULL;
    }
    return status;
}

static const file_kind *find_kind(const char *path) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (oss_path_ends_in(path, kinds[i].end)) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* What a link names is moved, not the link. */
static oss_status move_aside(oss_fsck_report *report, const char *path) {
    char *file = NULL;
    oss_status status = oss_file_follow(&file, path);
    if (status == OSS_OK) {
        status = oss_fsck_set_aside(&report->item[report->items - 1], false, file, "damaged");
    }
    oss_free(file);
    return status;
}

static oss_status check_as(oss_fsck_report *report, const char *path, const file_kind *kind, bool repair) {
    oss_status status = kind->check(report, path);
    bool is_damaged = status == OSS_OK && report->item[report->items - 1].state == OSS_FSCK_DAMAGED;
    return is_damaged && repair && !kind->by_hand ? move_aside(report, path) : status;
}

oss_status oss_fsck_file(oss_fsck_report *report, const char *path, bool is_named, bool repair) {
    if (oss_run_is_temporary(oss_path_name(path))) {
        return check_temporary(report, path);
    }
    const file_kind *kind = find_kind(path);
    oss_status status = OSS_OK;
    if (kind == NULL && is_named) {
        status = look(&kind, path);
    }
    if (status != OSS_OK) {
        return oss_fsck_add_checked(report, path, "file", status, NULL);
    }
    if (kind == NULL) {
        return is_named ? check_unknown(report, path) : OSS_OK;
    }
    return !is_named && kind->by_hand ? OSS_OK : check_as(report, path, kind, repair);
}

oss_status oss_fsck_checkpoint(oss_fsck_report *report, const char *folder, bool repair) {
    oss_train_state state = {0};
    oss_status status = oss_checkpoint_check(&state, folder, -1);
    bool is_damaged = status == OSS_EINPUT;
    oss_train_state_deinit(&state);
    status = oss_fsck_add_checked(report, folder, "checkpoint", status, NULL);
    return status == OSS_OK && is_damaged && repair ? move_aside(report, folder) : status;
}
