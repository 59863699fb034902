#include "model/vocab_file.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/config_internal.h"

enum { VOCAB_MAX_BYTES = 16 << 20 };

/* ---- The list ---- */

/* symbol[count]: strings of the array, owned by it. */
static oss_status read_symbols(const oss_json *array, const char **symbol) {
    size_t id = 0;
    for (const oss_json *at = oss_json_first(array); at != NULL; at = oss_json_next(at), id++) {
        oss_status status = oss_json_to_string(at, "every symbol", &symbol[id]);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "symbol %zu", id);
        }
    }
    return OSS_OK;
}

oss_status oss_vocab_from_json(oss_vocab **out, oss_units units, const oss_json *array) {
    size_t count = oss_json_count(array);
    if (!oss_json_is(array, OSS_JSON_ARRAY) || count > INT32_MAX) {
        return oss_fail(OSS_EINPUT, "the vocabulary must be an array of strings, not %s",
                        oss_json_type_name(oss_json_type_of(array)));
    }
    const char **symbol = oss_alloc(count, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = read_symbols(array, symbol);
    if (status == OSS_OK) {
        status = oss_vocab_from_units(out, units, symbol, (int32_t)count);
    }
    oss_free(symbol);
    return status;
}

void oss_vocab_add_symbols(oss_json *array, const oss_vocab *vocab) {
    for (int32_t id = 0; id < oss_vocab_size(vocab); id++) {
        oss_json_add_string(array, NULL, oss_vocab_symbol(vocab, id));
    }
}

/* ---- The file ---- */

static const char *name_word(const char *key, int32_t value) {
    return oss_config_field[oss_config_find(key, strlen(key))].word[value];
}

static oss_status check_word(const oss_json *object, const char *key, int32_t wanted) {
    const char *word = NULL;
    oss_status status = oss_json_get_string(object, key, &word);
    if (status == OSS_OK && strcmp(word, name_word(key, wanted)) != 0) {
        status = oss_fail(OSS_EINPUT, "it has \"%s\": \"%.20s\", the config says \"%s\"", key, word,
                          name_word(key, wanted));
    }
    return status;
}

static oss_status read_vocab(oss_vocab **out, const oss_json *json, const oss_config *config) {
    if (oss_json_get(json, "vocab") == NULL) {
        return oss_vocab_from_json(out, config->model.units, json);
    }
    const oss_json *array = NULL;
    oss_status status = check_word(json, "units", (int32_t)config->model.units);
    if (status == OSS_OK) {
        status = check_word(json, "case", (int32_t)config->model.text_case);
    }
    if (status == OSS_OK) {
        status = oss_json_get_array(json, "vocab", &array);
    }
    return status == OSS_OK ? oss_vocab_from_json(out, config->model.units, array) : status;
}

oss_status oss_vocab_load(oss_vocab **out, const char *path, const oss_config *config) {
    oss_json *json = NULL;
    oss_status status = oss_json_load(&json, path, VOCAB_MAX_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    status = read_vocab(out, json, config);
    oss_json_free(json);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
}

oss_status oss_vocab_save(const oss_vocab *vocab, const oss_config *config, const char *path) {
    char *text = NULL;
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "case", name_word("case", (int32_t)config->model.text_case));
    oss_json_add_string(object, "units", name_word("units", (int32_t)oss_vocab_units(vocab)));
    oss_vocab_add_symbols(oss_json_add_array(object, "vocab"), vocab);
    oss_status status = oss_json_print(&text, object, OSS_JSON_PRETTY);
    if (status == OSS_OK) {
        status = oss_file_write_all(path, text, strlen(text));
    }
    oss_free(text);
    oss_json_free(object);
    return status;
}
