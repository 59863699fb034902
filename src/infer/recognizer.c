#include "infer/recognizer_internal.h"

#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/pool.h"
#include "decode/transcript.h"
#include "infer/input.h"
#include "infer/recognizer_options.h"
#include "model/sizes.h"

struct oss_recognizer {
    oss_model *model; /* config and vocabulary; its values are freed once the encoder has packed them */
    oss_encoder *encoder;
    bool borrows;                  /* a sibling: the model is another recognizer's */
    bool allow_truncated, cut_off; /* the last one was */
    bool keeps_level;
    oss_progress progress;
};

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
    oss_encoder_set_reach(recognizer->encoder, chunk > 0 ? chunk : 1, left);
    warn_of_whole(recognizer);
}

static oss_status create_encoder(oss_recognizer *recognizer, const oss_recognizer_options *options) {
    int32_t threads = options->threads == 0 ? oss_cpu_count() : options->threads;
    oss_status status =
        oss_encoder_create(&recognizer->encoder, recognizer->model, options->precision, threads);
    if (status == OSS_OK && options->chunk_seconds > 0) {
        limit_attention(recognizer, options->chunk_seconds, options->left_seconds);
    }
    if (status == OSS_OK) {
        oss_free(recognizer->model->value);
        recognizer->model->value = NULL;
    }
    return status;
}

oss_status oss_recognizer_create(oss_recognizer **out, const char *model_path,
                                 const oss_recognizer_options *given) {
    oss_recognizer_options options = {0};
    oss_status status = given == NULL ? OSS_OK : oss_recognizer_read_options(&options, given);
    if (status != OSS_OK) {
        return status;
    }
    oss_recognizer *recognizer = oss_alloc_zero(1, sizeof *recognizer);
    if (recognizer == NULL) {
        return OSS_ENOMEM;
    }
    recognizer->allow_truncated = options.allow_truncated != 0;
    status = oss_model_load(&recognizer->model, model_path);
    if (status == OSS_OK) {
        status = create_encoder(recognizer, &options);
    }
    if (status == OSS_OK) { /* a stream does not know how loud it will have been */
        recognizer->keeps_level = options.keep_level != 0 || options.chunk_seconds > 0 ||
                                  recognizer->model->config.normalize == OSS_NORMALIZE_PEAK;
    }
    if (status != OSS_OK) {
        oss_recognizer_free(recognizer);
        return status;
    }
    *out = recognizer;
    return OSS_OK;
}

oss_status oss_recognizer_create_sibling(oss_recognizer **out, const oss_recognizer *sibling) {
    oss_recognizer *recognizer = oss_alloc_zero(1, sizeof *recognizer);
    if (recognizer == NULL) {
        return OSS_ENOMEM;
    }
    recognizer->model = sibling->model;
    recognizer->borrows = true;
    recognizer->allow_truncated = sibling->allow_truncated;
    recognizer->keeps_level = sibling->keeps_level;
    oss_status status = oss_encoder_create_sibling(&recognizer->encoder, sibling->encoder);
    if (status != OSS_OK) {
        oss_recognizer_free(recognizer);
        return status;
    }
    *out = recognizer;
    return OSS_OK;
}

void oss_recognizer_free(oss_recognizer *recognizer) {
    if (recognizer == NULL) {
        return;
    }
    oss_encoder_free(recognizer->encoder);
    if (!recognizer->borrows) {
        oss_model_free(recognizer->model);
    }
    oss_free(recognizer);
}

void oss_string_free(char *text) {
    oss_free(text);
}

/* ---- Progress ---- */

static void tell_encoding(void *context, double fraction) {
    const oss_progress *progress = context;
    progress->fn(progress->context, OSS_STAGE_ENCODING, fraction);
}

void oss_recognizer_set_progress(oss_recognizer *recognizer, oss_progress_fn progress, void *context) {
    recognizer->progress = (oss_progress){.fn = progress, .context = context};
    oss_encoder_set_progress(recognizer->encoder, progress == NULL ? NULL : tell_encoding,
                             &recognizer->progress);
}

/* ---- What it is ---- */

static int32_t vocab_size(const oss_recognizer *recognizer) {
    return recognizer->model->vocab == NULL ? 0 : oss_vocab_size(recognizer->model->vocab);
}

oss_status oss_recognizer_get_info(const oss_recognizer *recognizer, oss_recognizer_info *out) {
    const oss_model_config *config = &recognizer->model->config;
    if (out->size < sizeof *out) {
        return oss_fail(OSS_EUSAGE, "the size of the info is %zu: set it to sizeof(oss_recognizer_info)",
                        out->size);
    }
    *out = (oss_recognizer_info){.size = out->size,
                                 .sample_rate_hz = config->mel.sample_rate_hz,
                                 .embedding_hz = oss_sizes_embedding_hz(config),
                                 .embedding_width = config->d_model,
                                 .projected_width = config->projector_dim,
                                 .logit_rows = config->ctc_subframes,
                                 .symbols = vocab_size(recognizer),
                                 .parameters = (int64_t)recognizer->model->params->parameters};
    return OSS_OK;
}

const char *oss_recognizer_symbol(const oss_recognizer *recognizer, int32_t id) {
    bool known = id >= 0 && id < vocab_size(recognizer);
    return known ? oss_vocab_symbol(recognizer->model->vocab, id) : NULL;
}

const oss_model_config *oss_recognizer_config(const oss_recognizer *recognizer) {
    return &recognizer->model->config;
}

/* ---- Transcripts ---- */

static oss_status check_head(const oss_recognizer *recognizer) {
    if (recognizer->model->vocab == NULL) {
        return oss_fail(OSS_EUSAGE, "%s has no CTC head, so it makes embeddings but no transcripts",
                        recognizer->model->path);
    }
    return OSS_OK;
}

static oss_status decode(const oss_recognizer *recognizer, const oss_encoding *encoding, char **out) {
    return oss_transcript_of_logits(out, recognizer->model->vocab, recognizer->model->config.text_case,
                                    encoding->logits, encoding->logit_rows);
}

static oss_status transcribe(oss_recognizer *recognizer, const oss_audio *audio, char **out_text) {
    oss_encoding encoding;
    oss_status status = oss_encoder_run(recognizer->encoder, audio->sample, audio->samples, &encoding);
    return status != OSS_OK ? status : decode(recognizer, &encoding, out_text);
}

static double length_seconds(const oss_audio *audio) {
    return (double)audio->samples / (double)audio->rate_hz;
}

int32_t oss_recognizer_was_cut_off(const oss_recognizer *recognizer) {
    return recognizer->cut_off;
}

/* `status` of loading `audio`; makes it louder when that succeeded and the audio is quiet. */
static oss_status settle_level(const oss_recognizer *recognizer, oss_status status, oss_audio *audio,
                               const char *what) {
    if (status == OSS_OK && !recognizer->keeps_level) {
        oss_input_raise_quiet(audio, what);
    }
    return status;
}

static oss_status load_file(oss_recognizer *recognizer, const char *path, oss_audio *out) {
    recognizer->cut_off = false;
    oss_status status =
        oss_input_load_any(out, path, &recognizer->model->config,
                           recognizer->allow_truncated ? &recognizer->cut_off : NULL, &recognizer->progress);
    return settle_level(recognizer, status, out, path);
}

static oss_status load_samples(const oss_recognizer *recognizer, const float *sample, int64_t samples,
                               int32_t rate_hz, oss_audio *out) {
    oss_status status = oss_input_from_samples(out, sample, samples, rate_hz, &recognizer->model->config);
    return settle_level(recognizer, status, out, "the samples");
}

oss_status oss_recognizer_transcribe_file(oss_recognizer *recognizer, const char *path, char **out_text,
                                          double *out_seconds) {
    oss_audio audio;
    oss_status status = check_head(recognizer);
    if (status == OSS_OK) {
        status = load_file(recognizer, path, &audio);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = transcribe(recognizer, &audio, out_text);
    if (status != OSS_OK) {
        status = oss_fail_prefix(status, "%s", path);
    } else if (out_seconds != NULL) {
        *out_seconds = length_seconds(&audio);
    }
    oss_audio_deinit(&audio);
    return status;
}

oss_status oss_recognizer_transcribe_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                             int32_t rate_hz, char **out_text) {
    oss_audio audio;
    oss_status status = check_head(recognizer);
    if (status == OSS_OK) {
        status = load_samples(recognizer, sample, samples, rate_hz, &audio);
    }
    if (status == OSS_OK) {
        status = transcribe(recognizer, &audio, out_text);
        oss_audio_deinit(&audio);
    }
    return status;
}

/* ---- Embeddings ---- */

static oss_status check_output(const oss_recognizer *recognizer, oss_output what) {
    if (what == OSS_OUTPUT_EMBEDDINGS) {
        return OSS_OK;
    }
    if (what == OSS_OUTPUT_LOGITS) {
        return check_head(recognizer);
    }
    if (what != OSS_OUTPUT_PROJECTED) {
        return oss_fail(OSS_EUSAGE, "%d is no output of the network", (int)what);
    }
    if (recognizer->model->config.projector_dim == 0) {
        return oss_fail(OSS_EUSAGE, "%s has no projector (its config has no \"projector_dim\")",
                        recognizer->model->path);
    }
    return OSS_OK;
}

static oss_status embed(oss_recognizer *recognizer, const oss_audio *audio, oss_output what,
                        oss_matrix *out) {
    oss_encoding encoding;
    oss_status status = oss_encoder_run(recognizer->encoder, audio->sample, audio->samples, &encoding);
    if (status != OSS_OK) {
        return status;
    }
    const float *from = encoding.embeddings;
    oss_matrix matrix = {.rows = encoding.frames, .columns = encoding.width};
    if (what == OSS_OUTPUT_LOGITS) {
        from = encoding.logits;
        matrix.rows = encoding.logit_rows;
        matrix.columns = encoding.vocab;
    } else if (what == OSS_OUTPUT_PROJECTED) {
        from = encoding.projected;
        matrix.columns = encoding.projected_width;
    }
    size_t count = (size_t)matrix.rows * (size_t)matrix.columns;
    matrix.value = oss_alloc(count, sizeof *matrix.value);
    if (matrix.value == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(matrix.value, from, count * sizeof *from);
    *out = matrix;
    return OSS_OK;
}

oss_status oss_recognizer_embed_file(oss_recognizer *recognizer, const char *path, oss_output what,
                                     oss_matrix *out) {
    oss_audio audio;
    oss_status status = check_output(recognizer, what);
    if (status == OSS_OK) {
        status = load_file(recognizer, path, &audio);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = embed(recognizer, &audio, what, out);
    oss_audio_deinit(&audio);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
}

oss_status oss_recognizer_embed_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                        int32_t rate_hz, oss_output what, oss_matrix *out) {
    oss_audio audio;
    oss_status status = check_output(recognizer, what);
    if (status == OSS_OK) {
        status = load_samples(recognizer, sample, samples, rate_hz, &audio);
    }
    if (status == OSS_OK) {
        status = embed(recognizer, &audio, what, out);
        oss_audio_deinit(&audio);
    }
    return status;
}

/* ---- Scores ---- */

static oss_status score_labels(const oss_recognizer *recognizer, const oss_encoding *encoding,
                               const char *reference, oss_row_score *score) {
    int32_t *label = NULL, labels = 0;
    oss_status status = oss_vocab_encode(recognizer->model->vocab, &label, &labels, NULL, reference);
    if (status == OSS_OK) {
        status = oss_row_score_logits(score, label, labels, encoding->logits, encoding->logit_rows,
                                      encoding->vocab);
        oss_free(label);
    }
    return status;
}

static oss_status score_audio(oss_recognizer *recognizer, const oss_audio *audio, const char *reference,
                              oss_scored_row *row) {
    oss_encoding encoding;
    oss_status status = oss_encoder_run(recognizer->encoder, audio->sample, audio->samples, &encoding);
    if (status == OSS_OK) {
        status = decode(recognizer, &encoding, &row->hypothesis);
    }
    if (status == OSS_OK) {
        status = oss_row_score_texts(&row->score, reference, row->hypothesis);
    }
    if (status == OSS_OK) {
        status = score_labels(recognizer, &encoding, reference, &row->score);
    }
    row->audio_seconds = length_seconds(audio);
    return status;
}

oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out) {
    oss_audio audio;
    oss_status status = check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_input_load(&audio, reference->path, &recognizer->model->config, reference->start_seconds,
                                reference->end_seconds, &recognizer->progress);
        status = settle_level(recognizer, status, &audio, reference->path);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_scored_row scored = {0};
    status = score_audio(recognizer, &audio, reference->text, &scored);
    oss_audio_deinit(&audio);
    if (status != OSS_OK) {
        oss_scored_row_deinit(&scored);
        return oss_fail_prefix(status, "%s", reference->path);
    }
    *out = scored;
    return OSS_OK;
}

void oss_scored_row_deinit(oss_scored_row *row) {
    oss_free(row->hypothesis);
    *row = (oss_scored_row){0};
}
