/* Recordings beside their references. */
#include "base/fail.h"
#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

/* The logits of a row: all of them, for the loss is of the row as a whole; and its words, when they are asked for. */
typedef struct hearing {
    oss_gathered logits;
    oss_transcriber *transcriber; /* NULL: words are not asked for */
    int64_t samples;
} hearing;

static oss_status take_heard(void *context, const oss_heard *heard, bool *out_enough) {
    (void)out_enough;
    hearing *h = context;
    const oss_encoding *encoding = &heard->encoding;
    oss_status status = OSS_OK;
    h->samples += heard->samples;
    if (h->transcriber != NULL) {
        status = oss_transcriber_add_audio(h->transcriber, heard->sample, heard->samples);
    }
    if (status == OSS_OK && h->transcriber != NULL) {
        status = oss_transcriber_add_logits(h->transcriber, encoding->logits, encoding->logit_rows);
    }
    return status == OSS_OK
               ? oss_gathered_add(&h->logits, encoding->logits, encoding->logit_rows, encoding->vocab)
               : status;
}

static oss_status score_labels(const oss_recognizer *recognizer, const oss_gathered *logits,
                               const char *reference, oss_row_score *score) {
    int32_t *label = NULL, labels = 0;
    oss_status status = oss_vocab_encode(recognizer->model->vocab, &label, &labels, NULL, reference);
    if (status == OSS_OK) {
        status =
            oss_row_score_logits(score, label, labels, logits->value, (int32_t)logits->rows, logits->columns);
        oss_free(label);
    }
    return status;
}

static oss_status score_logits(const oss_recognizer *recognizer, const oss_gathered *logits,
                               const char *reference, oss_scored_row *row) {
    oss_status status =
        oss_logits_text(&row->hypothesis, recognizer->model->vocab, recognizer->model->config.text_case,
                        logits->value, (int32_t)logits->rows);
    if (status == OSS_OK) {
        status = oss_row_score_texts(&row->score, reference, row->hypothesis);
    }
    return status == OSS_OK ? score_labels(recognizer, logits, reference, &row->score) : status;
}

static oss_status observe(const oss_transcriber *transcriber, const char *reference, oss_scored_row *row) {
    const oss_transcript_source source = oss_transcriber_source(transcriber);
    return oss_transcript_observe(&row->word, &row->words, &source, reference);
}

static oss_status hear_row(oss_recognizer *recognizer, const oss_reference *reference, hearing *h) {
    oss_input *input = NULL;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK && reference->observe) {
        status = oss_transcriber_create(&h->transcriber, recognizer->model);
    }
    if (status == OSS_OK) {
        status =
            oss_input_open_segment(&input, reference->path, &recognizer->model->config,
                                   reference->start_seconds, reference->end_seconds, &recognizer->progress);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_hear(recognizer, input, (oss_hearer){.take = take_heard, .context = h});
        oss_input_close(input);
    }
    return status;
}

oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out) {
    hearing h = {0};
    oss_scored_row scored = {0};
    oss_status status = hear_row(recognizer, reference, &h);
    if (status == OSS_OK) {
        scored.audio_seconds = (double)h.samples / recognizer->model->config.mel.sample_rate_hz;
        status = score_logits(recognizer, &h.logits, reference->text, &scored);
        if (status == OSS_OK && h.transcriber != NULL) {
            status = observe(h.transcriber, reference->text, &scored);
        }
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", reference->path);
    }
    oss_free(h.logits.value);
    oss_transcriber_free(h.transcriber);
    if (status != OSS_OK) {
        oss_scored_row_deinit(&scored);
        return status;
    }
    *out = scored;
    return OSS_OK;
}

void oss_scored_row_deinit(oss_scored_row *row) {
    oss_free(row->hypothesis);
    oss_observed_words_free(row->word, row->words);
    *row = (oss_scored_row){0};
}
