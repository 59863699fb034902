/* The public transcript (ossicle/transcript.h) out of a path, the loudness of the audio, and what is known of the model. */
#ifndef OSS_INFER_TRANSCRIPT_BUILD_H
#define OSS_INFER_TRANSCRIPT_BUILD_H

#include "decode/word_edges.h"
#include "model/model_file.h"
#include "ossicle/transcript.h"

/* All of it the caller's. */
typedef struct oss_transcript_source {
    const oss_model *model;
    const oss_best_path *path;
    const oss_envelope *envelope;
    oss_path_clock clock;
    double audio_seconds;
} oss_transcript_source;

/* A word is what lies between spaces, or begins with one; one of which nothing can be seen is left out. OSS_ENOMEM. */
oss_status oss_transcript_build(oss_transcript **out, const oss_transcript_source *source);

#endif
