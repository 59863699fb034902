/* The public alignment (ossicle/alignment.h), out of logits and a text. */
#ifndef OSS_INFER_ALIGN_MAKE_H
#define OSS_INFER_ALIGN_MAKE_H

#include "infer/align_text.h"
#include "infer/transcript_words.h"
#include "ossicle/alignment.h"

/* What was heard; all of it the caller's. */
typedef struct oss_align_heard {
    const oss_model *model;
    const float *logits; /* [rows, symbols of the vocabulary] */
    int64_t rows;
    const oss_envelope *envelope;
    double frames_a_second, audio_seconds;
} oss_align_heard;

/* options: read and checked, with their defaults filled in. Fails as oss_recognizer_align_file does. */
oss_status oss_alignment_make(oss_alignment **out, const oss_align_heard *heard, const char *text,
                              const oss_align_options *options);

/* OSS_EUSAGE: out of range. */
oss_status oss_align_read_options(oss_align_options *out, const oss_align_options *given);

#endif
