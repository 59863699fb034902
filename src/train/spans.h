/* The parameters that are trained, as ranges of the flat block. Reduction, norm and update work span by span:
 * what a span gives does not depend on which thread does it, and sums over spans run in their order. */
#ifndef OSS_TRAIN_SPANS_H
#define OSS_TRAIN_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/params.h"

enum { OSS_SPAN_FLOATS = 16384 }; /* at most: 64 KiB, work of some 10 us */

typedef struct oss_span {
    size_t offset; /* of its first float in the block */
    size_t floats;
    bool decay;  /* weight decay applies */
    bool matrix; /* with optimizer muon its matrices are the work of Muon */
} oss_span;

typedef struct oss_spans {
    oss_span *item;
    int32_t count;
    size_t parameters; /* floats in all spans */
} oss_spans;

/* frozen[params->count] may be NULL. Entries that are frozen, or get no gradient (projector), are left out. */
oss_status oss_spans_init(oss_spans *out, const oss_params *params, const bool *frozen);
void oss_spans_deinit(oss_spans *spans);

#endif
