/* The public transcript (ossicle/transcript.h) out of symbols with times. */
#ifndef OSS_INFER_TRANSCRIPT_BUILD_H
#define OSS_INFER_TRANSCRIPT_BUILD_H

#include <stdint.h>

#include "model/model_file.h"
#include "ossicle/transcript.h"

typedef struct oss_timed_symbol {
    int32_t id;
    float confidence;
    double start_seconds, end_seconds;
} oss_timed_symbol;

/* symbol[count]: what was heard, the spaces too, in order of time. A word is what lies between spaces. */
oss_status oss_transcript_build(oss_transcript **out, const oss_timed_symbol *symbol, int64_t count,
                                const oss_model *model, double audio_seconds);

#endif
