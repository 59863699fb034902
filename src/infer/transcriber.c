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
    oss_best_path path;         /* greedy */
    oss_utterances *utterances; /* NULL: greedy */
    oss_envelope envelope;
    int64_t samples; /* of the recording, up to now */
};

oss_status oss_transcriber_create(oss_transcriber **out, const oss_model *model, const oss_search *search) {
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
    if (search != NULL && search->beam != NULL) {
        status = oss_utterances_create(&transcriber->utterances, search, model);
    }
    if (status != OSS_OK) {
        oss_transcriber_free(transcriber);
        return status;
    }
    *out = transcriber;
    return OSS_OK;
}

void oss_transcriber_free(oss_transcriber *transcriber) {
    if (transcriber != NULL) {
        oss_best_path_deinit(&transcriber->path);
        oss_utterances_free(transcriber->utterances);
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
    return transcriber->utterances != NULL ? oss_utterances_add(transcriber->utterances, logits, rows)
                                           : oss_best_path_add(&transcriber->path, logits, rows,
                                                               oss_vocab_size(transcriber->model->vocab));
}

oss_status oss_transcriber_end(oss_transcriber *transcriber) {
    return transcriber->utterances == NULL ? OSS_OK : oss_utterances_end(transcriber->utterances);
}

static double rate_of(const oss_transcriber *transcriber) {
    const oss_model_config *config = &transcriber->model->config;
    return oss_sizes_embedding_hz(config) * config->ctc_subframes;
}

double oss_transcriber_seconds(const oss_transcriber *transcriber) {
    return (double)transcriber->samples / transcriber->model->config.mel.sample_rate_hz;
}

/* The last row may lie partly behind the end of the audio; audio may have come of which no rows are known yet. */
static oss_path_clock clock_of(const oss_transcriber *transcriber, const oss_best_path *path) {
    double rate = rate_of(transcriber);
    double from = (double)path->first_frame / rate, rows = (double)path->frames / rate;
    double to = fmin(rows, oss_transcriber_seconds(transcriber));
    return (oss_path_clock){
        .frames_a_second = rate, .from_seconds = from, .to_seconds = to > from ? to : rows};
}

/* The path up to now; *decoded: NULL when it is greedy. */
static oss_status find_path(oss_transcriber *transcriber, const oss_best_path **path,
                            const oss_decoded **decoded) {
    *decoded = NULL;
    *path = &transcriber->path;
    if (transcriber->utterances == NULL) {
        return OSS_OK;
    }
    oss_status status = oss_utterances_show(transcriber->utterances, decoded);
    if (status == OSS_OK) {
        *path = &(*decoded)->path;
    }
    return status;
}

oss_status oss_transcriber_source(oss_transcriber *transcriber, oss_transcript_source *out) {
    const oss_best_path *path = NULL;
    const oss_decoded *decoded = NULL;
    oss_status status = find_path(transcriber, &path, &decoded);
    if (status == OSS_OK) {
        *out = (oss_transcript_source){.model = transcriber->model,
                                       .path = path,
                                       .posterior = decoded == NULL ? NULL : decoded->posterior,
                                       .utterance = decoded == NULL ? NULL : decoded->utterance,
                                       .utterances = decoded == NULL ? 0 : decoded->utterances,
                                       .envelope = &transcriber->envelope,
                                       .clock = clock_of(transcriber, path),
                                       .audio_seconds = oss_transcriber_seconds(transcriber)};
    }
    return status;
}

oss_status oss_transcriber_get(oss_transcriber *transcriber, oss_transcript **out) {
    oss_transcript_source source;
    oss_status status = oss_transcriber_source(transcriber, &source);
    return status == OSS_OK ? oss_transcript_build(out, &source) : status;
}

static oss_status text_of(const oss_best_path *path, const oss_model *model, char **out) {
    int32_t *ids = oss_alloc((size_t)path->symbols, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < path->symbols; i++) {
        ids[i] = path->symbol[i].id;
    }
    oss_status status =
        oss_symbol_text(out, model->vocab, model->config.text_case, ids, (int32_t)path->symbols);
    oss_free(ids);
    return status;
}

oss_status oss_transcriber_text(oss_transcriber *transcriber, char **out) {
    const oss_best_path *path = NULL;
    const oss_decoded *decoded = NULL;
    oss_status status = find_path(transcriber, &path, &decoded);
    return status == OSS_OK ? text_of(path, transcriber->model, out) : status;
}

static void forget_path(oss_transcriber *transcriber) {
    if (transcriber->utterances != NULL) {
        oss_utterances_forget(transcriber->utterances);
    } else {
        oss_best_path_forget(&transcriber->path);
    }
}

void oss_transcriber_forget(oss_transcriber *transcriber) {
    const oss_best_path *path = NULL;
    const oss_decoded *decoded = NULL;
    forget_path(transcriber);
    (void)find_path(transcriber, &path, &decoded); /* nothing is undecided, so it cannot fail */
    oss_envelope_forget(
        &transcriber->envelope,
        (int64_t)((clock_of(transcriber, path).from_seconds - remembered_seconds) * OSS_ENVELOPE_HZ));
}
