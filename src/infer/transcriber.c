#include "infer/transcriber.h"

#include <math.h>

#include "base/mem.h"
#include "decode/best_path.h"
#include "decode/symbol_text.h"
#include "infer/transcript_build.h"
#include "model/sizes.h"

/* How long audio that is over tells of the noise that is still there. */
static const double remembered_seconds = 2.0;

struct oss_transcriber {
    const oss_model *model;
    oss_best_path path;
    oss_envelope envelope;
    int64_t samples; /* of the recording, up to now */
};

oss_status oss_transcriber_create(oss_transcriber **out, const oss_model *model) {
    oss_transcriber *transcriber = oss_alloc_zero(1, sizeof *transcriber);
    if (transcriber == NULL) {
        return OSS_ENOMEM;
    }
    transcriber->model = model;
    oss_status status = oss_envelope_init(&transcriber->envelope, model->config.mel.sample_rate_hz);
    if (status != OSS_OK) {
        oss_free(transcriber);
        return status;
    }
    *out = transcriber;
    return OSS_OK;
}

void oss_transcriber_free(oss_transcriber *transcriber) {
    if (transcriber != NULL) {
        oss_best_path_deinit(&transcriber->path);
        oss_envelope_deinit(&transcriber->envelope);
        oss_free(transcriber);
    }
}

oss_status oss_transcriber_add_audio(oss_transcriber *transcriber, const float *x, int64_t samples) {
    oss_status status = oss_envelope_add(&transcriber->envelope, x, samples);
    transcriber->samples += status == OSS_OK ? samples : 0;
    return status;
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

/* The last row may lie partly behind the end of the audio; audio may have come of which no rows are known yet. */
static oss_path_clock clock_of(const oss_transcriber *transcriber) {
    double rate = rate_of(transcriber);
    double from = (double)transcriber->path.first_frame / rate,
           rows = (double)transcriber->path.frames / rate;
    double to = fmin(rows, oss_transcriber_seconds(transcriber));
    return (oss_path_clock){
        .frames_a_second = rate, .from_seconds = from, .to_seconds = to > from ? to : rows};
}

oss_transcript_source oss_transcriber_source(const oss_transcriber *transcriber) {
    return (oss_transcript_source){.model = transcriber->model,
                                   .path = &transcriber->path,
                                   .envelope = &transcriber->envelope,
                                   .clock = clock_of(transcriber),
                                   .audio_seconds = oss_transcriber_seconds(transcriber)};
}

oss_status oss_transcriber_get(const oss_transcriber *transcriber, oss_transcript **out) {
    const oss_transcript_source source = oss_transcriber_source(transcriber);
    return oss_transcript_build(out, &source);
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
    oss_envelope_forget(
        &transcriber->envelope,
        (int64_t)((clock_of(transcriber).from_seconds - remembered_seconds) * OSS_ENVELOPE_HZ));
}
