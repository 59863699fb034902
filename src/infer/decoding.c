#include "ossicle/decoding.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

oss_status oss_recognizer_set_decoding(oss_recognizer *recognizer, const oss_decoding_options *options) {
    oss_status status = oss_recognizer_check_head(recognizer);
    return status == OSS_OK ? oss_search_setup_set(&recognizer->decoding, recognizer->model, options)
                            : status;
}

oss_status oss_recognizer_get_decoding(const oss_recognizer *recognizer, oss_decoding_options *out) {
    const size_t size = out->size, least = offsetof(oss_decoding_options, zeros) + sizeof out->zeros;
    if (size < least) {
        return oss_fail(OSS_EUSAGE, "the size of the options is %zu: set it to sizeof(oss_decoding_options)",
                        size);
    }
    oss_decoding_options used = {0};
    if (recognizer->decoding.beam != NULL) {
        used = recognizer->decoding.used;
    }
    memcpy(out, &used, size < sizeof used ? size : sizeof used);
    out->size = size;
    return OSS_OK;
}

/* ---- The language model beside a model ---- */

/* "a/b.lm" for "a/b.safetensors". */
static char *name_beside(const char *path) {
    const char *name = oss_path_name(path), *dot = strrchr(name, '.');
    oss_strbuf beside = {0};
    size_t length = dot == NULL || dot == name ? strlen(path) : (size_t)(dot - path);
    oss_strbuf_append_bytes(&beside, path, length);
    oss_strbuf_append(&beside, ".lm");
    return oss_strbuf_take(&beside);
}

oss_status oss_decoding_find_lm(const char *model_path, char **out_path) {
    char *path = NULL;
    if (oss_file_is_regular(model_path)) {
        path = name_beside(model_path);
        if (path == NULL) {
            return OSS_ENOMEM;
        }
        if (!oss_file_is_regular(path) || oss_file_is_same(path, model_path)) {
            oss_free(path);
            path = NULL;
        }
    }
    *out_path = path;
    return OSS_OK;
}

/* ---- Hotwords ---- */

static oss_status set(oss_recognizer *recognizer, oss_hotwords *hotwords) {
    if (hotwords != NULL && oss_hotwords_count(hotwords) == 0) {
        oss_hotwords_free(hotwords);
        hotwords = NULL;
    }
    return oss_search_setup_set_hotwords(&recognizer->decoding, recognizer->model, hotwords);
}

static oss_status create(oss_hotwords **out, const oss_recognizer *recognizer, const oss_hotword_entry *entry,
                         int32_t count) {
    oss_hotword *hotword = oss_alloc((size_t)count, sizeof *hotword);
    if (hotword == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < count; i++) {
        hotword[i] = (oss_hotword){.phrase = entry[i].phrase, .weight = entry[i].weight};
    }
    const oss_model *model = recognizer->model;
    oss_status status = oss_hotwords_create(out, hotword, count, model->vocab, model->config.text_case);
    oss_free(hotword);
    return status;
}

static oss_status check_entries(const oss_hotword_entry *entry, int32_t count) {
    if (count < 0 || (count > 0 && entry == NULL)) {
        return oss_fail(OSS_EUSAGE, "%d hotwords: give some, or none", count);
    }
    for (int32_t i = 0; i < count; i++) {
        if (entry[i].phrase == NULL) {
            return oss_fail(OSS_EUSAGE, "hotword %d has no phrase", i);
        }
    }
    return OSS_OK;
}

oss_status oss_recognizer_set_hotwords(oss_recognizer *recognizer, const oss_hotword_entry *entry,
                                       int32_t count) {
    oss_hotwords *hotwords = NULL;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = check_entries(entry, count);
    }
    if (status == OSS_OK && count > 0) {
        status = create(&hotwords, recognizer, entry, count);
    }
    return status == OSS_OK ? set(recognizer, hotwords) : status;
}

oss_status oss_recognizer_load_hotwords(oss_recognizer *recognizer, const char *path, double weight) {
    const oss_model *model = recognizer->model;
    oss_hotwords *hotwords = NULL;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_hotwords_load(&hotwords, path, weight, model->vocab, model->config.text_case);
    }
    return status == OSS_OK ? set(recognizer, hotwords) : status;
}

/* ---- For transcribers and tuning ---- */

oss_search oss_recognizer_search(const oss_recognizer *recognizer) {
    const oss_search_setup *setup = &recognizer->decoding;
    return (oss_search){.beam = setup->beam,
                        .n_best = setup->used.n_best,
                        .rescorer = oss_search_setup_rescorer(setup),
                        .rescore_weight = setup->used.rescore_weight};
}

bool oss_recognizer_knows_words(const oss_recognizer *recognizer) {
    return oss_search_setup_knows_words(&recognizer->decoding);
}

oss_status oss_recognizer_retune(oss_recognizer *recognizer, const oss_decoding_options *options) {
    return oss_search_setup_retune(&recognizer->decoding, recognizer->model, options);
}

oss_status oss_recognizer_decode_logits(oss_recognizer *recognizer, const oss_matrix *logits, char **out) {
    oss_transcriber *transcriber = NULL;
    const oss_search search = oss_recognizer_search(recognizer);
    oss_status status = oss_transcriber_create(&transcriber, recognizer->model, &search);
    if (status == OSS_OK) {
        status = oss_transcriber_add_logits(transcriber, logits->value, (int32_t)logits->rows);
    }
    if (status == OSS_OK) {
        status = oss_transcriber_end(transcriber);
    }
    if (status == OSS_OK) {
        status = oss_transcriber_text(transcriber, out);
    }
    oss_transcriber_free(transcriber);
    return status;
}
