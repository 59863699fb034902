/* state.json. What JSON's numbers cannot hold exactly (seed, hashes of the data) is text. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "checkpoint/checkpoint_internal.h"

enum { STATE_MAX_BYTES = 1 << 22 }; /* of which a config may have a quarter */
static const char format[] = "1";
static const char sum_key[] = "ossicle_sum";
static const char *const sum_path[] = {sum_key};
static const char config_key[] = "config";

typedef enum field_type {
    FIELD_LONG,
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_SEED,
    FIELD_HASH,
    FIELD_TEXT
} field_type;

typedef struct state_field {
    const char *name;
    field_type type;
    size_t offset;
    int64_t low;  /* of whole numbers */
    size_t bytes; /* of a text, its NUL included */
    bool later;   /* older checkpoints lack it: then -1, and 0 for a hash: not known */
} state_field;

#define FIELD(name, type, low)                                                                               \
    { #name, type, offsetof(oss_train_state, name), low, 0, false }
#define LATER(name, type)                                                                                    \
    { #name, type, offsetof(oss_train_state, name), -1, 0, true }
#define TEXT(name)                                                                                           \
    { #name, FIELD_TEXT, offsetof(oss_train_state, name), 0, sizeof((oss_train_state *)NULL)->name, false }

/* One table for both directions: a field that is written is a field that is read. */
static const state_field fields[] = {
    FIELD(step, FIELD_LONG, 0),
    FIELD(epoch, FIELD_LONG, 0),
    FIELD(batch_in_epoch, FIELD_LONG, 0),
    FIELD(utterances, FIELD_LONG, 0),
    FIELD(skipped_steps, FIELD_LONG, 0),
    FIELD(audio_seconds, FIELD_NUMBER, 0),
    FIELD(best_cer, FIELD_NUMBER, 0),
    FIELD(best_wer, FIELD_NUMBER, 0),
    LATER(best_loss, FIELD_NUMBER),
    FIELD(best_step, FIELD_LONG, -1),
    FIELD(evals_without_gain, FIELD_INTEGER, 0),
    FIELD(skipped_in_a_row, FIELD_INTEGER, 0),
    FIELD(loss_mean, FIELD_NUMBER, 0),
    FIELD(grad_log_mean, FIELD_NUMBER, 0),
    FIELD(grad_log_spread, FIELD_NUMBER, 0),
    FIELD(grad_shards, FIELD_INTEGER, 0),
    LATER(eval_due, FIELD_INTEGER),
    LATER(fine_tuned, FIELD_INTEGER),
    FIELD(seed, FIELD_SEED, 0),
    FIELD(data_hash, FIELD_HASH, 0),
    LATER(audio_hash, FIELD_HASH),
    TEXT(fingerprint),
    TEXT(audio_libraries),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

void oss_train_state_deinit(oss_train_state *state) {
    oss_free(state->config);
    *state = (oss_train_state){0};
}

/* ---- Writing ---- */

static void add_field(oss_json *object, const oss_train_state *state, const state_field *field) {
    const void *place = (const char *)state + field->offset;
    char text[32];
    switch (field->type) {
    case FIELD_LONG:
        oss_json_add_integer(object, field->name, *(const int64_t *)place);
        break;
    case FIELD_INTEGER:
        oss_json_add_integer(object, field->name, *(const int32_t *)place);
        break;
    case FIELD_NUMBER:
        oss_json_add_number(object, field->name, *(const double *)place);
        break;
    case FIELD_SEED:
        (void)oss_format(text, sizeof text, "%" PRIu64, *(const uint64_t *)place);
        oss_json_add_string(object, field->name, text);
        break;
    case FIELD_HASH:
        (void)oss_format(text, sizeof text, "%016" PRIx64, *(const uint64_t *)place);
        oss_json_add_string(object, field->name, text);
        break;
    case FIELD_TEXT:
        oss_json_add_string(object, field->name, place);
        break;
    }
}

static oss_status add_config(oss_json *object, const char *config) {
    oss_json *settings = NULL;
    if (config == NULL) {
        return OSS_OK;
    }
    oss_status status = oss_json_parse(&settings, config, strlen(config), "the config");
    if (status == OSS_OK) {
        oss_json_add_copy(object, config_key, settings);
    }
    oss_json_free(settings);
    return status;
}

static oss_status print_state(char **out, const oss_train_state *state, const oss_checkpoint_sums *sums) {
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "ossicle_format", format);
    oss_json_add_string(object, sum_key, "0000000000000000");
    oss_json_add_string(object, "model_sum", sums->model);
    oss_json_add_string(object, "optimizer_sum", sums->optimizer);
    for (int i = 0; i < FIELDS; i++) {
        add_field(object, state, &fields[i]);
    }
    oss_status status = add_config(object, state->config);
    if (status == OSS_OK) {
        status = oss_json_print(out, object, OSS_JSON_PRETTY);
    }
    oss_json_free(object);
    return status;
}

static oss_status put_sum(char *text) {
    size_t at = 0;
    char sum[OSS_SUM_DIGITS + 1];
    if (!oss_sum_find(&at, text, strlen(text), sum_path, 1)) {
        return oss_fail(OSS_EBUG, "a state was printed without a place for its sum");
    }
    oss_status status = oss_sum_digest(sum, text, strlen(text), at, NULL, 0);
    if (status == OSS_OK) {
        memcpy(text + at, sum, OSS_SUM_DIGITS);
    }
    return status;
}

oss_status oss_checkpoint_state_save(const char *path, const oss_train_state *state,
                                     const oss_checkpoint_sums *sums) {
    char *text = NULL;
    oss_status status = print_state(&text, state, sums);
    if (status == OSS_OK) {
        status = put_sum(text);
    }
    if (status == OSS_OK) {
        status = oss_file_write_all(path, text, strlen(text));
    }
    oss_free(text);
    return status;
}

/* ---- Reading ---- */

static oss_status check_sum(const char *text, size_t bytes) {
    size_t at = 0;
    char sum[OSS_SUM_DIGITS + 1];
    if (!oss_sum_find(&at, text, bytes, sum_path, 1)) {
        return oss_fail(OSS_EINPUT, "it carries no valid %s", sum_key);
    }
    oss_status status = oss_sum_digest(sum, text, bytes, at, NULL, 0);
    if (status == OSS_OK && memcmp(sum, text + at, OSS_SUM_DIGITS) != 0) {
        status =
            oss_fail(OSS_EINPUT, "its content does not fit its %s: it is damaged or was changed", sum_key);
    }
    return status;
}

/* A text that is all digits in this base and fits 64 bits. */
static oss_status read_u64(uint64_t *out, const oss_json *object, const char *name, int base) {
    const char *text = NULL;
    oss_status status = oss_json_get_string(object, name, &text);
    if (status != OSS_OK) {
        return status;
    }
    size_t digits = strspn(text, base == 10 ? "0123456789" : "0123456789abcdef");
    if (digits == 0 || text[digits] != '\0' || digits > 20) {
        return oss_fail(OSS_EINPUT, "\"%s\" is \"%.40s\", no whole number", name, text);
    }
    *out = strtoull(text, NULL, base); /* 20 digits that do not fit are caught by the sum before */
    return OSS_OK;
}

static oss_status read_text(char *out, size_t bytes, const oss_json *object, const char *name) {
    const char *text = NULL;
    oss_status status = oss_json_get_string(object, name, &text);
    if (status == OSS_OK && strlen(text) >= bytes) {
        status = oss_fail(OSS_EINPUT, "\"%s\" has more than %zu bytes", name, bytes - 1);
    }
    if (status == OSS_OK) {
        memcpy(out, text, strlen(text) + 1);
    }
    return status;
}

static oss_status read_field(oss_train_state *state, const oss_json *object, const state_field *field) {
    void *place = (char *)state + field->offset;
    int64_t integer = 0;
    oss_status status = OSS_OK;
    bool missing = field->later && oss_json_get(object, field->name) == NULL;
    switch (field->type) {
    case FIELD_LONG:
        return oss_json_get_integer(object, field->name, field->low, OSS_JSON_MAX_INTEGER, place);
    case FIELD_INTEGER:
        if (missing) {
            *(int32_t *)place = -1;
            return OSS_OK;
        }
        status = oss_json_get_integer(object, field->name, field->low, INT32_MAX, &integer);
        *(int32_t *)place = (int32_t)integer;
        return status;
    case FIELD_NUMBER:
        if (missing) {
            *(double *)place = -1.0;
            return OSS_OK;
        }
        return oss_json_get_number(object, field->name, place);
    case FIELD_SEED:
        return read_u64(place, object, field->name, 10);
    case FIELD_HASH:
        return missing ? OSS_OK : read_u64(place, object, field->name, 16);
    case FIELD_TEXT:
        return read_text(place, field->bytes, object, field->name);
    }
    return oss_fail(OSS_EBUG, "a state has a field of no known type");
}

/* As text, as it will be compared and read: what it says is no question of whether the checkpoint is whole. */
static oss_status read_config(char **out, const oss_json *object) {
    const oss_json *settings = oss_json_get(object, config_key);
    return settings == NULL ? OSS_OK : oss_json_print(out, settings, OSS_JSON_PRETTY);
}

static oss_status read_state(oss_train_state *state, oss_checkpoint_sums *sums, const oss_json *object) {
    const char *version = NULL;
    oss_status status = oss_json_get_string(object, "ossicle_format", &version);
    if (status == OSS_OK && strcmp(version, format) != 0) {
        status = oss_fail(OSS_EINPUT, "it has format %.20s; this version of Ossicle reads format %s", version,
                          format);
    }
    if (status == OSS_OK) {
        status = read_text(sums->model, sizeof sums->model, object, "model_sum");
    }
    if (status == OSS_OK) {
        status = read_text(sums->optimizer, sizeof sums->optimizer, object, "optimizer_sum");
    }
    for (int i = 0; i < FIELDS && status == OSS_OK; i++) {
        status = read_field(state, object, &fields[i]);
    }
    return status == OSS_OK ? read_config(&state->config, object) : status;
}

static oss_status parse_state(oss_train_state *state, oss_checkpoint_sums *sums, const char *text,
                              size_t bytes) {
    oss_json *object = NULL;
    oss_status status = oss_json_parse(&object, text, bytes, OSS_CHECKPOINT_STATE);
    if (status == OSS_OK) {
        status = check_sum(text, bytes);
    }
    if (status == OSS_OK) {
        status = read_state(state, sums, object);
    }
    oss_json_free(object);
    return status;
}

oss_status oss_checkpoint_state_load(oss_train_state *out, oss_checkpoint_sums *out_sums, const char *path) {
    char *text = NULL;
    size_t bytes = 0;
    oss_train_state state = {0};
    oss_checkpoint_sums sums = {0};
    oss_status status = oss_file_read_all(&text, &bytes, path, STATE_MAX_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    status = parse_state(&state, &sums, text, bytes);
    oss_free(text);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", path);
    }
    *out = state;
    *out_sums = sums;
    return OSS_OK;
}
