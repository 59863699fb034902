#include "op/op_weight.h"

oss_k_weight oss_op_weight(const oss_tensor *w, const oss_tensor *b) {
    return (oss_k_weight){.format = w->format,
                          .conv = w->rank == 4,
                          .n = w->dim[0],
                          .k = w->dim[1],
                          .packed = w->packed,
                          .packed_back = w->packed_back,
                          .bias = b != NULL ? b->data : NULL};
}

void oss_op_pack(oss_tape *tape, oss_k_weight *weight, const oss_tensor *w) {
    if (weight->packed != NULL) {
        return;
    }
    float *packed = oss_tape_take(tape, oss_k_weight_floats(weight), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_weight_pack(weight, packed, w->data);
    }
    weight->packed = packed;
}

void oss_op_pack_back(oss_tape *tape, oss_k_weight *weight, const oss_tensor *w) {
    if (weight->packed_back != NULL) {
        return;
    }
    float *packed = oss_tape_take(tape, oss_k_weight_back_floats(weight), sizeof *packed);
    if (oss_tape_live(tape)) {
        oss_k_weight_pack_back(weight, packed, w->data);
    }
    weight->packed_back = packed;
}
