/* Rules that the ops on packed sequences share. */
#ifndef OSS_OP_SEQ_CHECK_H
#define OSS_OP_SEQ_CHECK_H

#include "kernel/attention.h"
#include "tape/tape.h"

/* Fails the tape unless x has this rank and as many rows as the sequences together. */
static inline void oss_check_packed(oss_tape *tape, const char *op, const oss_tensor *x, oss_seq seq,
                                    int32_t rank) {
    if (x->rank != rank || x->dim[0] != seq.start[seq.count]) {
        oss_tape_fail_shape(tape, op, x, NULL, "its rows must be the sum of the utterances' lengths");
    }
}

static inline int32_t oss_seq_length(oss_seq seq, int32_t b) {
    return seq.start[b + 1] - seq.start[b];
}

static inline int32_t oss_seq_longest(oss_seq seq) {
    int32_t longest = 0;
    for (int32_t b = 0; b < seq.count; b++) {
        int32_t length = oss_seq_length(seq, b);
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Utterance b's of reach[B]; NULL of NULL: all is seen. */
static inline const oss_attention_reach *oss_reach_of(const oss_attention_reach *reach, int32_t b) {
    return reach == NULL ? NULL : &reach[b];
}

/* Row start[b] of a packed array with `row` floats in a row. */
static inline float *oss_seq_rows(float *data, oss_seq seq, int32_t b, size_t row) {
    return data + (size_t)seq.start[b] * row;
}

#endif
