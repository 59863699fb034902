/* What the tests of int8 share: every path (each ISA, the instruction) and rows of integers. */
#ifndef OSS_TESTS_KERNEL_INT8_CASES_H
#define OSS_TESTS_KERNEL_INT8_CASES_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/int8.h"
#include "support/exact.h"
#include "support/isa.h"

/* ---- paths: the ISAs, and the instruction beside AVX-512 ---- */

enum { NATIVE = OSS_BUILT_ISAS, PATHS = OSS_BUILT_ISAS + 1 };

/* False when this machine lacks the path. */
static inline bool use_path(int path) {
    oss_cpu_hide_vnni(path != NATIVE);
    return path == NATIVE ? oss_cpu_force(OSS_ISA_AVX512) && oss_cpu_has_vnni()
                          : oss_cpu_force((oss_isa)path);
}

/* Fills out[count] on every path, and asks for the same bytes from each. */
static inline void check_paths(void (*fill)(float *out, void *context), void *context, float *first,
                               size_t count) {
    float *other = oss_exact_floats(count);
    ck_assert(use_path(OSS_ISA_GENERIC));
    fill(first, context);
    for (int path = 1; path < PATHS; path++) {
        if (use_path(path)) {
            fill(other, context);
            ck_assert_msg(memcmp(first, other, count * sizeof *first) == 0, "path %d gives other bits", path);
        }
    }
    free(other);
}

static inline double gelu(double x) {
    return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
}

/* ---- rows ---- */

typedef struct rows_case {
    const float *x;
    int32_t rows, columns, pad;
    bool gelu;
} rows_case;

static inline void fill_rows(float *out, void *context) {
    const rows_case *c = context;
    (c->gelu ? oss_k_int8_quantize_gelu : oss_k_int8_quantize)(out, c->x, c->rows, c->columns, c->pad);
}

static inline uint8_t *make_rows(const float *x, int32_t rows, int32_t columns, int32_t pad,
                                 bool through_gelu) {
    size_t bytes = (size_t)rows * oss_int8_row_bytes(columns, pad);
    rows_case c = {x, rows, columns, pad, through_gelu};
    float *out = oss_exact_floats(bytes / sizeof(float));
    check_paths(fill_rows, &c, out, bytes / sizeof(float));
    return (uint8_t *)out;
}

static inline oss_int8_head head_of(const uint8_t *row) {
    oss_int8_head head;
    memcpy(&head, row, sizeof head);
    return head;
}

/* What integer i of a row stands for, i from -pad on. */
static inline double value_at(const uint8_t *row, int32_t pad, int32_t i) {
    oss_int8_head head = head_of(row);
    return (double)head.scale * (row[OSS_INT8_HEAD_BYTES + pad + i] - head.zero);
}

#endif
