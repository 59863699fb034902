/* Recordings beside their references. */
#include "base/fail.h"
#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

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

static oss_status observe(const oss_recognizer *recognizer, const oss_audio *audio,
                          const oss_encoding *encoding, const char *reference, oss_scored_row *row) {
    oss_transcriber *transcriber = NULL;
    oss_status status = oss_transcriber_create(&transcriber, recognizer->model);
    if (status == OSS_OK) {
        status = oss_transcriber_add_audio(transcriber, audio->sample, audio->samples);
    }
    if (status == OSS_OK) {
        status = oss_transcriber_add_logits(transcriber, encoding->logits, encoding->logit_rows);
    }
    if (status == OSS_OK) {
        const oss_transcript_source source = oss_transcriber_source(transcriber);
        status = oss_transcript_observe(&row->word, &row->words, &source, reference);
    }
    oss_transcriber_free(transcriber);
    return status;
}

static oss_status score_audio(oss_recognizer *recognizer, const oss_audio *audio,
                              const oss_reference *expected, oss_scored_row *row) {
    const char *reference = expected->text;
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
    if (status == OSS_OK && expected->observe) {
        status = observe(recognizer, audio, &encoding, reference, row);
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
    status = score_audio(recognizer, &audio, reference, &scored);
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
    oss_observed_words_free(row->word, row->words);
    *row = (oss_scored_row){0};
}
