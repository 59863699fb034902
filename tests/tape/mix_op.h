/* What the tests of the tape share: an op, y[j] = (j + 1) (ca sum a + cb sum b) with y of any length, b may
 * be NULL; and tapes whose arena holds NaN. */
#ifndef OSS_TESTS_MIX_OP_H
#define OSS_TESTS_MIX_OP_H

#include <string.h>

#include "support/suite.h"
#include "tape/tape.h"

static inline void add_mixed(oss_tape *tape, oss_tensor *in, float scale, const oss_tensor *out) {
    bool accumulate;
    float *grad = oss_tape_grad(tape, in, &accumulate);
    if (grad == NULL) {
        return;
    }
    float sum = 0;
    for (int32_t j = 0; j < out->dim[0]; j++) {
        sum += (float)(j + 1) * out->grad[j];
    }
    for (int32_t i = 0; i < in->dim[0]; i++) {
        grad[i] = accumulate ? grad[i] + scale * sum : scale * sum;
    }
}

static inline void mix_backward(oss_tape *tape, const oss_node *node) {
    float *scratch = oss_tape_take(tape, 5, sizeof *scratch); /* given back by the tape */
    if (scratch != NULL) {
        memset(scratch, 0xFF, 5 * sizeof *scratch); /* NaN: harm to a gradient would show */
    }
    add_mixed(tape, node->in[0], node->f[0], node->out);
    add_mixed(tape, node->in[1], node->f[1], node->out);
}

static const oss_op mix_op = {"mix", mix_backward};

static inline oss_tensor *mix(oss_tape *tape, oss_tensor *a, oss_tensor *b, float ca, float cb,
                              int32_t length) {
    bool needs_grad = a->needs_grad || (b != NULL && b->needs_grad);
    oss_tensor *y = oss_tape_tensor(tape, 1, &length, needs_grad);
    if (oss_tape_live(tape)) {
        float sum = 0;
        for (int32_t i = 0; i < a->dim[0]; i++) {
            sum += ca * a->data[i];
        }
        for (int32_t i = 0; b != NULL && i < b->dim[0]; i++) {
            sum += cb * b->data[i];
        }
        for (int32_t j = 0; j < length; j++) {
            y->data[j] = (float)(j + 1) * sum;
        }
    }
    oss_tape_record(tape, &(oss_node){.op = &mix_op, .in = {a, b}, .out = y, .f = {ca, cb}});
    return y;
}

static inline oss_tape *make_tape(int32_t nodes, size_t bytes) {
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, nodes), OSS_OK);
    if (bytes > 0) {
        ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), bytes), OSS_OK);
    }
    return tape;
}

static inline void spoil_arena(oss_tape *tape) {
    oss_arena *arena = oss_tape_arena(tape);
    oss_arena_rewind(arena, 0);
    float *all = oss_arena_take(arena, arena->size_bytes, 1);
    ck_assert_ptr_nonnull(all);
    memset(all, 0xFF, arena->size_bytes);
    oss_tape_reset(tape, true);
}

#endif
