#include "infer/recognizer_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/memory.h"
#include "base/pool.h"
#include "infer/recognizer_options.h"
#include "infer/recognizer_state.h"
#include "model/sizes.h"

/* ---- Life ---- */

/* Features that need the whole recording are no stream's, whatever attention sees. */
static void warn_of_whole(const oss_recognizer *recognizer) {
    const oss_model_config *config = &recognizer->model->config;
    oss_mel_norm norm = config->mel.norm;
    const char *setting = norm == OSS_MEL_NORM_UTTERANCE ? "mel_norm\": \"utterance"
                          : norm == OSS_MEL_NORM_SPEECH  ? "mel_norm\": \"speech"
                                                         : "normalize\": \"peak";
    if (oss_mel_norm_needs_all(norm) || config->normalize == OSS_NORMALIZE_PEAK) {
        oss_log_warn(
            "%s normalises features over the whole recording (\"%s\"), so it cannot run as a stream: "
            "chunks limit its attention only",
            recognizer->model->path, setting);
    }
}

static void limit_attention(oss_recognizer *recognizer, double chunk_seconds, double left_seconds) {
    const oss_model_config *config = &recognizer->model->config;
    int32_t chunk = oss_sizes_embeddings(config, chunk_seconds);
    int32_t left = left_seconds < 0 ? INT32_MAX : oss_sizes_embeddings(config, left_seconds);
    const oss_attention_reach reach = {.chunk = chunk > 0 ? chunk : 1, .left = left};
    oss_encoder_set_reach(recognizer->encoder, reach.chunk, reach.left);
    recognizer->plan = oss_piece_plan_for(config, &reach);
    warn_of_whole(recognizer);
}

/* What reading and running ask whether they are to stop. The recognizer stays where it is. */
static void connect_stop(oss_recognizer *recognizer) {
    recognizer->progress.stop = &recognizer->stop;
    oss_encoder_set_stop(recognizer->encoder, &recognizer->stop);
}

static oss_status create_encoder(oss_recognizer *recognizer, const oss_recognizer_options *options) {
    int32_t threads = options->threads == 0 ? oss_cpu_count() : options->threads;
    const oss_attention_reach all = {0};
    recognizer->plan = oss_piece_plan_for(&recognizer->model->config, &all);
    oss_status status =
        oss_encoder_create(&recognizer->encoder, recognizer->model, options->precision, threads);
    if (status == OSS_OK && options->chunk_seconds > 0) {
        limit_attention(recognizer, options->chunk_seconds, options->left_seconds);
    }
    if (status == OSS_OK) {
        oss_free(recognizer->model->value);
        recognizer->model->value = NULL;
        connect_stop(recognizer);
    }
    return status;
}

/* Takes the model, whatever comes of it. */
static oss_status create_recognizer(oss_recognizer **out, oss_model *model,
                                    const oss_recognizer_options *options) {
    oss_recognizer *recognizer = oss_alloc_zero(1, sizeof *recognizer);
    if (recognizer == NULL) {
        oss_model_free(model);
        return OSS_ENOMEM;
    }
    recognizer->model = model;
    recognizer->allow_truncated = options->allow_truncated != 0;
    recognizer->use_ffmpeg = options->use_ffmpeg != 0;
    /* A stream does not know how loud it will have been. */
    recognizer->keeps_level = options->keep_level != 0 || options->chunk_seconds > 0 ||
                              model->config.normalize == OSS_NORMALIZE_PEAK;
    recognizer->is_raw = options->raw != NULL;
    oss_status status = options->raw == NULL ? OSS_OK : oss_raw_parse(&recognizer->raw, options->raw, "raw");
    if (status == OSS_OK) {
        status = create_encoder(recognizer, options);
    }
    if (status != OSS_OK) {
        oss_recognizer_free(recognizer);
        return status;
    }
    *out = recognizer;
    return OSS_OK;
}

oss_status oss_recognizer_create(oss_recognizer **out, const char *model_path,
                                 const oss_recognizer_options *given) {
    oss_recognizer_options options = {0};
    oss_model *model = NULL;
    oss_status status = given == NULL ? OSS_OK : oss_recognizer_read_options(&options, given);
    if (status == OSS_OK) {
        status = oss_model_load(&model, model_path);
    }
    return status == OSS_OK ? create_recognizer(out, model, &options) : status;
}

oss_status oss_recognizer_create_memory(oss_recognizer **out, const void *bytes, size_t count,
                                        const char *name, const oss_recognizer_options *given) {
    oss_recognizer_options options = {0};
    oss_model *model = NULL;
    oss_status status = given == NULL ? OSS_OK : oss_recognizer_read_options(&options, given);
    if (status == OSS_OK) {
        status = oss_model_load_memory(&model, bytes, count, name == NULL ? "the model" : name);
    }
    return status == OSS_OK ? create_recognizer(out, model, &options) : status;
}

oss_status oss_recognizer_create_sibling(oss_recognizer **out, const oss_recognizer *recognizer) {
    oss_recognizer *sibling = oss_alloc_zero(1, sizeof *sibling);
    if (sibling == NULL) {
        return OSS_ENOMEM;
    }
    sibling->model = oss_model_share(recognizer->model);
    sibling->allow_truncated = recognizer->allow_truncated;
    sibling->use_ffmpeg = recognizer->use_ffmpeg;
    sibling->is_raw = recognizer->is_raw;
    sibling->raw = recognizer->raw;
    sibling->keeps_level = recognizer->keeps_level;
    sibling->plan = recognizer->plan;
    sibling->max_seconds = recognizer->max_seconds;
    oss_status status = oss_encoder_create_sibling(&sibling->encoder, recognizer->encoder);
    if (status == OSS_OK) {
        status = oss_search_setup_share(&sibling->decoding, &recognizer->decoding, sibling->model);
    }
    if (status != OSS_OK) {
        oss_recognizer_free(sibling);
        return status;
    }
    connect_stop(sibling);
    *out = sibling;
    return OSS_OK;
}

void oss_recognizer_limit(oss_recognizer *recognizer, double max_seconds, int32_t at_once) {
    const oss_model *model = recognizer->model;
    /* Logits, which grow by half and are copied then; and what is kept of a row of them. */
    enum { ROW_BYTES = 64, LOGIT_BYTES = 10 };
    const int32_t symbols = model->vocab == NULL ? 0 : oss_vocab_size(model->vocab);
    const double rows = oss_sizes_embedding_hz(&model->config) * model->config.ctc_subframes,
                 bytes = (double)oss_memory_half_bytes() / at_once,
                 most = floor(bytes / (rows * (ROW_BYTES + (double)LOGIT_BYTES * symbols)));
    recognizer->max_seconds = max_seconds > 0.0 ? max_seconds : fmax(most, 1.0);
}

void oss_recognizer_free(oss_recognizer *recognizer) {
    if (recognizer == NULL) {
        return;
    }
    oss_search_setup_deinit(&recognizer->decoding);
    oss_encoder_free(recognizer->encoder);
    oss_model_free(recognizer->model);
    oss_free(recognizer);
}

void oss_string_free(char *text) {
    oss_free(text);
}

/* ---- Progress, and its end ---- */

void oss_recognizer_cancel(oss_recognizer *recognizer) {
    oss_stop_ask(&recognizer->stop);
}

static void tell_encoding(void *context, double fraction) {
    const oss_recognizer *recognizer = context;
    const oss_progress *progress = &recognizer->progress;
    double from = recognizer->encoded_from, to = recognizer->encoded_to;
    progress->fn(progress->context, OSS_STAGE_ENCODING, fraction < 1 ? from + fraction * (to - from) : to);
}

void oss_recognizer_set_progress(oss_recognizer *recognizer, oss_progress_fn progress, void *context) {
    recognizer->progress.fn = progress;
    recognizer->progress.context = context;
    oss_encoder_set_progress(recognizer->encoder, progress == NULL ? NULL : tell_encoding, recognizer);
}

/* ---- What it is ---- */

static int32_t vocab_size(const oss_recognizer *recognizer) {
    return recognizer->model->vocab == NULL ? 0 : oss_vocab_size(recognizer->model->vocab);
}

oss_status oss_recognizer_get_info(const oss_recognizer *recognizer, oss_recognizer_info *out) {
    const oss_model_config *config = &recognizer->model->config;
    /* The first version's info ended with parameters. */
    enum { FIRST_BYTES = offsetof(oss_recognizer_info, parameters) + sizeof(int64_t) };
    if (out->size < FIRST_BYTES) {
        return oss_fail(OSS_EUSAGE, "the size of the info is %zu: set it to sizeof(oss_recognizer_info)",
                        out->size);
    }
    const oss_recognizer_info info = {.size = out->size,
                                      .sample_rate_hz = config->mel.sample_rate_hz,
                                      .embedding_hz = oss_sizes_embedding_hz(config),
                                      .embedding_width = config->d_model,
                                      .projected_width = config->projector_dim,
                                      .logit_rows = config->ctc_subframes,
                                      .symbols = vocab_size(recognizer),
                                      .parameters = (int64_t)recognizer->model->params->parameters};
    memcpy(out, &info, out->size < sizeof info ? out->size : sizeof info);
    return OSS_OK;
}

const char *oss_recognizer_symbol(const oss_recognizer *recognizer, int32_t id) {
    bool known = id >= 0 && id < vocab_size(recognizer);
    return known ? oss_vocab_symbol(recognizer->model->vocab, id) : NULL;
}

const oss_model_config *oss_recognizer_config(const oss_recognizer *recognizer) {
    return &recognizer->model->config;
}
