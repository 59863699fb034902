/* A recording through the encoder, piece by piece. */
#include "audio/level.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "infer/recognizer_state.h"
#include "kernel/vec.h"

oss_status oss_recognizer_check_head(const oss_recognizer *recognizer) {
    if (recognizer->model->vocab == NULL) {
        return oss_fail(OSS_EUSAGE, "%s has no CTC head, so it makes embeddings but no transcripts",
                        recognizer->model->path);
    }
    return OSS_OK;
}

int32_t oss_recognizer_was_cut_off(const oss_recognizer *recognizer) {
    return recognizer->cut_off;
}

typedef struct hearing {
    oss_recognizer *recognizer;
    oss_input *input;
    oss_pieces *pieces;
    oss_hearer hearer;
    double peak; /* of all pieces up to now */
    bool raised; /* one of them was */
} hearing;

static double seconds_at(const hearing *h, int64_t sample) {
    return (double)sample / h->recognizer->model->config.mel.sample_rate_hz;
}

/* ---- How loud a piece is ---- */

/* A recording that is quiet is said to be; of a long one where the first quiet piece begins. */
static void raise_quiet(hearing *h, const oss_piece *piece) {
    const oss_model *model = h->recognizer->model;
    const double level_db =
        oss_audio_speech_level(piece->sample, piece->samples, model->config.mel.sample_rate_hz);
    double gain_db = oss_audio_raise_quiet(piece->sample, piece->samples, level_db,
                                           model->calibration.has_level ? model->calibration.speech_db
                                                                        : OSS_LEVEL_USUAL_DB);
    const char *name = oss_input_name(h->input);
    if (gain_db > 0.0 && piece->whole) {
        oss_log_info("%s: quiet, its speech is at %.1f dB of full scale: raised by %.1f dB", name, level_db,
                     gain_db);
    } else if (gain_db > 0.0 && !h->raised) {
        oss_log_info("%s: quiet at %.0f s, where its speech is at %.1f dB of full scale: raised by %.1f dB "
                     "there, and wherever else it is quiet",
                     name, seconds_at(h, piece->begin), level_db, gain_db);
    }
    h->raised |= gain_db > 0.0;
    h->recognizer->speech_db = piece->begin == 0 ? level_db : h->recognizer->speech_db;
}

static void settle_level(hearing *h, const oss_piece *piece) {
    const oss_model_config *config = &h->recognizer->model->config;
    double peak = (double)oss_k_max_abs(piece->sample, (size_t)piece->samples);
    h->peak = peak > h->peak ? peak : h->peak;
    if (piece->last) {
        oss_input_check_peak(h->peak, config, oss_input_name(h->input));
    }
    if (config->normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(piece->sample, piece->samples);
    }
    if (!h->recognizer->keeps_level) {
        raise_quiet(h, piece);
    }
}

/* ---- A piece ---- */

static const float *row_of(const float *x, int64_t row, int32_t width) {
    return x == NULL ? NULL : x + row * width;
}

/* What `all` has of the piece's core. */
static oss_encoding find_core(const oss_encoding *all, const oss_piece *piece, int32_t grid) {
    int32_t begin = (int32_t)(piece->context / grid);
    int32_t frames = piece->last ? all->frames - begin : (int32_t)(piece->core / grid);
    int32_t logit_rows = all->logit_rows / all->frames; /* of an embedding */
    return (oss_encoding){.embeddings = row_of(all->embeddings, begin, all->width),
                          .frames = frames,
                          .width = all->width,
                          .logits = row_of(all->logits, (int64_t)begin * logit_rows, all->vocab),
                          .logit_rows = frames * logit_rows,
                          .vocab = all->vocab,
                          .projected = row_of(all->projected, begin, all->projected_width),
                          .projected_width = all->projected_width};
}

/* Of a long recording, which is encoded while it is read, encoding is as far as what is read and encoded of it. */
static void plan_progress(hearing *h, const oss_piece *piece) {
    oss_recognizer *recognizer = h->recognizer;
    double each = oss_input_read(h->input) / (double)oss_pieces_pulled(h->pieces);
    double until = each * (double)(piece->begin + piece->core);
    bool first = piece->begin == 0;
    recognizer->encoded_from = first ? 0.0 : recognizer->encoded_to;
    recognizer->encoded_to = piece->last                        ? 1.0
                             : until > recognizer->encoded_from ? until
                                                                : recognizer->encoded_from;
    if (first && !piece->last) {
        oss_input_hush(h->input);
    }
}

/* Before the first of many pieces: none is longer. */
static oss_status reserve(const hearing *h, const oss_piece *piece) {
    const oss_piece_plan *plan = &h->recognizer->plan;
    int64_t most = (int64_t)plan->before + plan->most + plan->after;
    return piece->begin == 0 && !piece->last ? oss_encoder_reserve(h->recognizer->encoder, most * plan->grid)
                                             : OSS_OK;
}

static oss_status encode(hearing *h, const oss_piece *piece, oss_encoding *out) {
    const char *name = oss_input_name(h->input);
    oss_status status = reserve(h, piece);
    if (status == OSS_OK) {
        status = oss_encoder_run(h->recognizer->encoder, piece->sample, piece->samples, out);
    }
    if (status != OSS_OK) {
        status = piece->whole
                     ? oss_fail_prefix(status, "%s", name)
                     : oss_fail_prefix(status, "%s: from %.3f s on", name, seconds_at(h, piece->begin));
    }
    return status;
}

static oss_status hear_piece(hearing *h, const oss_piece *piece, bool *out_enough) {
    oss_encoding encoding;
    plan_progress(h, piece);
    settle_level(h, piece);
    oss_status status = encode(h, piece, &encoding);
    if (status != OSS_OK) {
        return status;
    }
    const oss_heard heard = {.encoding = find_core(&encoding, piece, h->recognizer->plan.grid),
                             .sample = piece->sample + piece->context,
                             .samples = piece->core,
                             .whole = piece->whole};
    return h->hearer.take(h->hearer.context, &heard, out_enough);
}

static oss_status hear_pieces(hearing *h) {
    bool enough = false;
    oss_piece piece = {0};
    do {
        oss_status status = oss_pieces_next(h->pieces, &piece);
        if (status == OSS_OK && piece.samples == 0) {
            status = oss_fail(OSS_EINPUT, "%s: no samples", oss_input_name(h->input));
        }
        if (status == OSS_OK) {
            status = hear_piece(h, &piece, &enough);
        }
        if (status != OSS_OK) {
            return status;
        }
    } while (!piece.last && !enough);
    const oss_progress *progress = &h->recognizer->progress;
    if (!piece.last && progress->fn != NULL) {
        progress->fn(progress->context, OSS_STAGE_ENCODING, 1.0);
    }
    return OSS_OK;
}

/* ---- A recording ---- */

oss_status oss_recognizer_hear(oss_recognizer *recognizer, oss_input *input, oss_hearer hearer) {
    hearing h = {.recognizer = recognizer, .input = input, .hearer = hearer};
    oss_status status = oss_pieces_create(&h.pieces, &recognizer->plan, oss_input_pull(input));
    if (status == OSS_OK) {
        status = hear_pieces(&h);
        oss_pieces_free(h.pieces);
    }
    return status;
}

static oss_status hear_and_close(oss_recognizer *recognizer, oss_input *input, oss_hearer hearer) {
    oss_status status = oss_recognizer_hear(recognizer, input, hearer);
    oss_input_close(input);
    return status;
}

oss_status oss_recognizer_hear_file(oss_recognizer *recognizer, const char *path, oss_hearer hearer) {
    oss_input *input = NULL;
    recognizer->cut_off = false;
    const oss_input_how how = {.cut_off = recognizer->allow_truncated ? &recognizer->cut_off : NULL,
                               .use_ffmpeg = recognizer->use_ffmpeg,
                               .raw = recognizer->is_raw ? &recognizer->raw : NULL,
                               .max_seconds = recognizer->max_seconds};
    oss_status status = oss_input_open(&input, path, &recognizer->model->config, &how, &recognizer->progress);
    return status == OSS_OK ? hear_and_close(recognizer, input, hearer) : status;
}

oss_status oss_recognizer_hear_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                       int32_t rate_hz, oss_hearer hearer) {
    oss_input *input = NULL;
    oss_status status = oss_input_open_samples(&input, sample, samples, rate_hz, &recognizer->model->config);
    return status == OSS_OK ? hear_and_close(recognizer, input, hearer) : status;
}
