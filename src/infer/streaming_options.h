/* The options of a stream, read with care, in the units of its model. */
#ifndef OSS_INFER_STREAMING_OPTIONS_H
#define OSS_INFER_STREAMING_OPTIONS_H

#include <stdint.h>

#include "infer/endpoint.h"
#include "model/model_file.h"
#include "ossicle/streaming.h"

typedef struct oss_stream_plan {
    int32_t chunk, left; /* embeddings */
    oss_endpoint_rules rules;
} oss_stream_plan;

/* given NULL: the defaults. OSS_EUSAGE, as oss_stream_create says. */
oss_status oss_stream_plan_make(oss_stream_plan *out, const oss_stream_options *given,
                                const oss_model *model);

#endif
