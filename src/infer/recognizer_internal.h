/* What `ossicle eval` and `ossicle transcribe` need of a recognizer beyond the public interface. */
#ifndef OSS_INFER_RECOGNIZER_INTERNAL_H
#define OSS_INFER_RECOGNIZER_INTERNAL_H

#include "decode/scoring.h"
#include "infer/encoder.h"
#include "infer/transcript_words.h"
#include "ossicle/alignment.h"
#include "ossicle/decoding.h"
#include "ossicle/recognizer.h"

const oss_model_config *oss_recognizer_config(const oss_recognizer *recognizer);

/* Whether a language model of words is searched with. */
bool oss_recognizer_knows_words(const oss_recognizer *recognizer);

/* The models that oss_recognizer_set_decoding loaded, searched with other numbers. Options that name models are not looked
 * at. */
oss_status oss_recognizer_retune(oss_recognizer *recognizer, const oss_decoding_options *options);

/* *out (oss_free): the text of logits[rows, symbols] of a recording, as it is decoded. */
oss_status oss_recognizer_decode_logits(oss_recognizer *recognizer, const oss_matrix *logits, char **out);

/* Longer recordings in files are refused, by siblings made hereafter too. max_seconds 0: those of which all logits, of
 * at_once recordings at a time, do not fit into half of the memory. */
void oss_recognizer_limit(oss_recognizer *recognizer, double max_seconds, int32_t at_once);

/* A recording, or a segment of one, and what was said in it: a row of a dataset. */
typedef struct oss_reference {
    const char *path;
    double start_seconds, end_seconds; /* 0 and -1: the whole file */
    const char *text;                  /* normalised by the model's case policy */
    bool observe;                      /* its words are asked for too */
    bool keep_logits;                  /* and its logits */
} oss_reference;

/* A reference, recognised and compared with its text. */
typedef struct oss_scored_row {
    char *hypothesis; /* normalised; owned, oss_free */
    oss_row_score score;
    double audio_seconds;
    double speech_db;        /* level of its speech (audio/level.h); 0 when levels are kept */
    oss_observed_word *word; /* [words]; owned; none unless asked for */
    int64_t words;
    oss_matrix logits; /* [rows, symbols]; empty unless asked for */
} oss_scored_row;

/* Fails as oss_recognizer_transcribe_file does; the message does not name the row. */
oss_status oss_recognizer_score(oss_recognizer *recognizer, const oss_reference *reference,
                                oss_scored_row *out);
void oss_scored_row_deinit(oss_scored_row *row);

/* As oss_recognizer_align_file, of a row; its text as it was written. */
oss_status oss_recognizer_align_row(oss_recognizer *recognizer, const oss_reference *reference,
                                    const oss_align_options *options, oss_alignment **out_alignment);

#endif
