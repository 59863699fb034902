#include "infer/transcriber.h"

#include "base/mem.h"
#include "decode/best_path.h"
#include "decode/symbol_text.h"
#include "infer/transcript_build.h"
#include "model/sizes.h"

struct oss_transcriber {
    const oss_model *model;
    oss_best_path path;
    int64_t samples; /* of the recording, up to now */
};

oss_status oss_transcriber_create(oss_transcriber **out, const oss_model *model) {
    oss_transcriber *transcriber = oss_alloc_zero(1, sizeof *transcriber);
    if (transcriber == NULL) {
        return OSS_ENOMEM;
    }
    transcriber->model = model;
    *out = transcriber;
    return OSS_OK;
}

void oss_transcriber_free(oss_transcriber *transcriber) {
    if (transcriber != NULL) {
        oss_best_path_deinit(&transcriber->path);
        oss_free(transcriber);
    }
}

oss_status oss_transcriber_add_audio(oss_transcriber *transcriber, const float *x, int64_t samples) {
    (void)x;
    transcriber->samples += samples;
    return OSS_OK;
}

oss_status oss_transcriber_add_logits(oss_transcriber *transcriber, const float *logits, int32_t rows) {
    return oss_best_path_add(&transcriber->path, logits, rows, oss_vocab_size(transcriber->model->vocab));
}

static double rate_of(const oss_transcriber *transcriber) {
    const oss_model_config *config = &transcriber->model->config;
    return oss_sizes_embedding_hz(config) * config->ctc_subframes;
}

double oss_transcriber_seconds(const oss_transcriber *transcriber) {
    return (double)transcriber->samples / transcriber->model->config.mel.sample_rate_hz;
}

oss_status oss_transcriber_get(const oss_transcriber *transcriber, oss_transcript **out) {
    const oss_best_path *path = &transcriber->path;
    oss_timed_symbol *symbol = oss_alloc((size_t)path->symbols, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    double rate = rate_of(transcriber);
    for (int64_t i = 0; i < path->symbols; i++) {
        const oss_best_path_symbol *from = &path->symbol[i];
        symbol[i] = (oss_timed_symbol){.id = from->id,
                                       .confidence = from->probability,
                                       .start_seconds = (double)from->begin / rate,
                                       .end_seconds = (double)from->end / rate};
    }
    oss_status status = oss_transcript_build(out, symbol, path->symbols, transcriber->model,
                                             oss_transcriber_seconds(transcriber));
    oss_free(symbol);
    return status;
}

oss_status oss_transcriber_text(const oss_transcriber *transcriber, char **out) {
    const oss_best_path *path = &transcriber->path;
    int32_t *ids = oss_alloc((size_t)path->symbols, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < path->symbols; i++) {
        ids[i] = path->symbol[i].id;
    }
    oss_status status = oss_symbol_text(out, transcriber->model->vocab, transcriber->model->config.text_case,
                                        ids, (int32_t)path->symbols);
    oss_free(ids);
    return status;
}

void oss_transcriber_forget(oss_transcriber *transcriber) {
    oss_best_path_forget(&transcriber->path);
}

int64_t oss_transcriber_trailing_blanks(const oss_transcriber *transcriber) {
    const oss_best_path *path = &transcriber->path;
    return path->frames - (path->symbols > 0 ? path->symbol[path->symbols - 1].end : path->first_frame);
}
