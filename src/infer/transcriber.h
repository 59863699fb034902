/* Makes transcripts of what the encoder gives, piece by piece: the path of best symbols, which forgets frames as they are
 * decoded, and the loudness of the audio, where edges of words lie. One for each recording or stream; memory grows with
 * what is said and by little with time (hours: some MiB). Not for two threads at once. */
#ifndef OSS_INFER_TRANSCRIBER_H
#define OSS_INFER_TRANSCRIBER_H

#include <stdint.h>

#include "infer/transcript_words.h"
#include "ossicle/transcript.h"

typedef struct oss_transcriber oss_transcriber;

/* For a model with a head, which must outlive it. */
oss_status oss_transcriber_create(oss_transcriber **out, const oss_model *model);
/* NULL is allowed. */
void oss_transcriber_free(oss_transcriber *transcriber);

/* The next samples of the recording, at the model's rate, as the encoder hears them. */
oss_status oss_transcriber_add_audio(oss_transcriber *transcriber, const float *x, int64_t samples);
/* The next rows of logits[rows, V]; row r of all that came is of the r-th of the equal parts, embedding_hz * ctc_subframes
 * a second, that begin with the recording. Audio and logits may come one before the other, or in turns. */
oss_status oss_transcriber_add_logits(oss_transcriber *transcriber, const float *logits, int32_t rows);

/* *out: of all that came since it was made, or since the last call of oss_transcriber_forget. May be asked for again as
 * more comes. */
oss_status oss_transcriber_get(const oss_transcriber *transcriber, oss_transcript **out);
/* What that is made of, until more comes. */
oss_transcript_source oss_transcriber_source(const oss_transcriber *transcriber);
/* The text alone (oss_free). */
oss_status oss_transcriber_text(const oss_transcriber *transcriber, char **out);
/* Length of all audio that came. */
double oss_transcriber_seconds(const oss_transcriber *transcriber);
/* Forgets what came up to now: what comes next begins a new transcript, on the same clock. */
void oss_transcriber_forget(oss_transcriber *transcriber);

#endif
