#include "train/spans.h"

#include "base/mem.h"
#include "train/muon.h"

static bool is_trained(const oss_params *params, const bool *frozen, int32_t index) {
    return params->item[index].trained && (frozen == NULL || !frozen[index]);
}

static int32_t count_pieces(const oss_param *param) {
    return (int32_t)((param->count + OSS_SPAN_FLOATS - 1) / OSS_SPAN_FLOATS);
}

static void add_pieces(oss_spans *spans, const oss_param *param) {
    for (size_t done = 0; done < param->count; done += OSS_SPAN_FLOATS) {
        size_t left = param->count - done;
        spans->item[spans->count++] = (oss_span){.offset = param->offset + done,
                                                 .floats = left < OSS_SPAN_FLOATS ? left : OSS_SPAN_FLOATS,
                                                 .decay = param->decay,
                                                 .matrix = oss_muon_takes(param)};
    }
    spans->parameters += param->count;
}

oss_status oss_spans_init(oss_spans *out, const oss_params *params, const bool *frozen) {
    int32_t pieces = 0;
    for (int32_t i = 0; i < params->count; i++) {
        pieces += is_trained(params, frozen, i) ? count_pieces(&params->item[i]) : 0;
    }
    oss_spans spans = {.item = oss_alloc((size_t)pieces, sizeof *spans.item)};
    if (spans.item == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < params->count; i++) {
        if (is_trained(params, frozen, i)) {
            add_pieces(&spans, &params->item[i]);
        }
    }
    *out = spans;
    return OSS_OK;
}

void oss_spans_deinit(oss_spans *spans) {
    oss_free(spans->item);
    *spans = (oss_spans){0};
}
