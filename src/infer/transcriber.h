/* Makes transcripts of what the encoder gives, piece by piece: the path of best symbols, which forgets frames as they are
 * decoded, or that of a beam search, which forgets them utterance by utterance (infer/utterances.h), and the loudness of the audio, where edges of words lie. One for each recording or stream; memory grows with
 * what is said and by little with time (hours: some MiB). Not for two threads at once. */
#ifndef OSS_INFER_TRANSCRIBER_H
#define OSS_INFER_TRANSCRIBER_H

#include <stdint.h>

#include "infer/transcript_words.h"
#include "infer/utterances.h"
#include "ossicle/transcript.h"

typedef struct oss_transcriber oss_transcriber;

/* For a model with a head, which must outlive it. search NULL, or one without a beam: greedy. */
oss_status oss_transcriber_create(oss_transcriber **out, const oss_model *model, const oss_search *search);
/* NULL is allowed. */
void oss_transcriber_free(oss_transcriber *transcriber);

/* The next samples of the recording, at the model's rate, as the encoder hears them. */
oss_status oss_transcriber_add_audio(oss_transcriber *transcriber, const float *x, int64_t samples);
/* The next rows of logits[rows, V]; row r of all that came is of the r-th of the equal parts, embedding_hz * ctc_subframes
 * a second, that begin with the recording. Audio and logits may come one before the other, or in turns. */
oss_status oss_transcriber_add_logits(oss_transcriber *transcriber, const float *logits, int32_t rows);

/* Nothing follows on what came, which a search then decides to the last word. */
oss_status oss_transcriber_end(oss_transcriber *transcriber);

/* *out: of all that came since it was made, or since the last call of oss_transcriber_forget. May be asked for again as
 * more comes, and what a search has not decided may then be another. */
oss_status oss_transcriber_get(oss_transcriber *transcriber, oss_transcript **out);
/* What that is made of, until more comes. */
oss_status oss_transcriber_source(oss_transcriber *transcriber, oss_transcript_source *out);
/* The text alone (oss_free). */
oss_status oss_transcriber_text(oss_transcriber *transcriber, char **out);
/* Length of all audio that came. */
double oss_transcriber_seconds(const oss_transcriber *transcriber);
/* Forgets what came up to now: what comes next begins a new transcript, on the same clock. After oss_transcriber_end. */
void oss_transcriber_forget(oss_transcriber *transcriber);

#endif
