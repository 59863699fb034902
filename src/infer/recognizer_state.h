/* The inside of a recognizer: recognizer.c (life), decoding.c (what it searches with), recognizer_hear.c (a recording through the encoder, piece by piece),
 * recognizer_transcribe.c, recognizer_embed.c and recognizer_score.c (what becomes of it). */
#ifndef OSS_INFER_RECOGNIZER_STATE_H
#define OSS_INFER_RECOGNIZER_STATE_H

#include <stdbool.h>

#include "audio/raw.h"
#include "base/stop.h"
#include "infer/encoder.h"
#include "infer/input.h"
#include "infer/pieces.h"
#include "infer/search_setup.h"
#include "infer/utterances.h"
#include "model/model_file.h"
#include "ossicle/recognizer.h"

struct oss_recognizer {
    oss_model *model; /* owned with siblings; its values are freed once the encoder has packed them */
    oss_encoder *encoder;
    bool allow_truncated, cut_off; /* the last one was */
    bool keeps_level, use_ffmpeg;
    bool is_raw; /* files are plain samples... */
    oss_raw raw; /* ...so */
    oss_piece_plan plan;
    oss_search_setup decoding;
    double max_seconds; /* of recordings in files; 0: no limit */
    oss_stop stop;
    oss_progress progress; /* `stop` is in it */
    double speech_db; /* level of speech in the first piece of the last recording, unless levels are kept */
    double encoded_from, encoded_to; /* of the recording: what the encoder's run is of it */
};

/* What the encoder made of a piece of a recording. The pieces follow on each other and have no context any more. */
typedef struct oss_heard {
    oss_encoding encoding; /* without features; valid until the next piece */
    const float *sample;   /* [samples], as the encoder heard them */
    int64_t samples;
    bool whole; /* the only one */
} oss_heard;

/* Whom it is given to. *out_enough is false; true: no more of the recording is wanted. */
typedef struct oss_hearer {
    oss_status (*take)(void *context, const oss_heard *heard, bool *out_enough);
    void *context;
} oss_hearer;

/* All of a recording, in memory that does not grow with it. Features, levels and peaks are of a piece. Failures have the
 * recording's name; of what was taken before them nothing may be kept. */
oss_status oss_recognizer_hear(oss_recognizer *recognizer, oss_input *input, oss_hearer hearer);
oss_status oss_recognizer_hear_file(oss_recognizer *recognizer, const char *path, oss_hearer hearer);
oss_status oss_recognizer_hear_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                       int32_t rate_hz, oss_hearer hearer);

/* Rows that come piece by piece, one behind the other. Zero-initialise; free with oss_free(value). */
typedef struct oss_gathered {
    float *value; /* [rows, columns] */
    int64_t rows, capacity;
    int32_t columns;
} oss_gathered;
oss_status oss_gathered_add(oss_gathered *gathered, const float *x, int32_t rows, int32_t columns);

/* What a transcriber is to search with; for one at a time. */
oss_search oss_recognizer_search(const oss_recognizer *recognizer);

/* OSS_EUSAGE: the model makes no transcripts. */
oss_status oss_recognizer_check_head(const oss_recognizer *recognizer);

#endif
