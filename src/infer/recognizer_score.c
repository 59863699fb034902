/* Recordings beside their references. */
#include "base/fail.h"
#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"

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
        status = oss_logits_text(&row->hypothesis, recognizer->model->vocab,
                                 recognizer->model->config.text_case, encoding.logits, encoding.logit_rows);
    }
    if (status == OSS_OK) {
        status = oss_row_score_texts(&row->score, reference, row->hypothesis);
    }
    if (status == OSS_OK) {
        status = score_labels(recognizer, &encoding, reference, &row->score);
    }
    row->audio_seconds = oss_recognizer_length_seconds(audio);
    return status;
}

oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out) {
    oss_audio audio;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_input_load(&audio, reference->path, &recognizer->model->config, reference->start_seconds,
                                reference->end_seconds, &recognizer->progress);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_recognizer_settle_level(recognizer, &audio, reference->path);
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
