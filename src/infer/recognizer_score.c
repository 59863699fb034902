/* Recordings beside their references. */
#include "base/fail.h"
#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

/* The logits of a row: all of them, for the loss is of the row as a whole; and what a search makes of them, or its words when
 * they are asked for. */
typedef struct hearing {
    oss_gathered logits;
    oss_transcriber *transcriber; /* NULL: greedy, and words are not asked for */
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

/* Of a search, or else by the best symbol of each row. */
static oss_status find_hypothesis(const oss_recognizer *recognizer, const hearing *h, char **out) {
    const oss_model *model = recognizer->model;
    return recognizer->decoding.beam != NULL ? oss_transcriber_text(h->transcriber, out)
                                             : oss_logits_text(out, model->vocab, model->config.text_case,
                                                               h->logits.value, (int32_t)h->logits.rows);
}

static oss_status score_row(const oss_recognizer *recognizer, const hearing *h, const char *reference,
                            oss_scored_row *row) {
    oss_status status = find_hypothesis(recognizer, h, &row->hypothesis);
    if (status == OSS_OK) {
        status = oss_row_score_texts(&row->score, reference, row->hypothesis);
    }
    return status == OSS_OK ? score_labels(recognizer, &h->logits, reference, &row->score) : status;
}

static oss_status observe(oss_transcriber *transcriber, const char *reference, oss_scored_row *row) {
    oss_transcript_source source;
    oss_status status = oss_transcriber_source(transcriber, &source);
    return status == OSS_OK ? oss_transcript_observe(&row->word, &row->words, &source, reference) : status;
}

static oss_status hear_row(oss_recognizer *recognizer, const oss_reference *reference, hearing *h) {
    oss_input *input = NULL;
    const oss_search search = oss_recognizer_search(recognizer);
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK && (reference->observe || search.beam != NULL)) {
        status = oss_transcriber_create(&h->transcriber, recognizer->model, &search);
    }
    if (status == OSS_OK) {
        status = oss_input_open_segment(&input, reference->path, &recognizer->model->config,
                                        reference->start_seconds, reference->end_seconds,
                                        recognizer->max_seconds, &recognizer->progress);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_hear(recognizer, input, (oss_hearer){.take = take_heard, .context = h});
        oss_input_close(input);
    }
    return status == OSS_OK && h->transcriber != NULL ? oss_transcriber_end(h->transcriber) : status;
}

oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out) {
    hearing h = {0};
    oss_scored_row scored = {0};
    oss_status status = hear_row(recognizer, reference, &h);
    if (status == OSS_OK) {
        scored.speech_db = recognizer->keeps_level ? 0.0 : recognizer->speech_db;
        scored.audio_seconds = (double)h.samples / recognizer->model->config.mel.sample_rate_hz;
        status = score_row(recognizer, &h, reference->text, &scored);
        if (status == OSS_OK && reference->observe) {
            status = observe(h.transcriber, reference->text, &scored);
        }
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", reference->path);
    }
    if (status == OSS_OK && reference->keep_logits) {
        scored.logits = (oss_matrix){h.logits.value, h.logits.rows, h.logits.columns};
        h.logits.value = NULL;
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
    oss_matrix_deinit(&row->logits);
    *row = (oss_scored_row){0};
}
