/* What ctc_lanes.c gives per ISA to ctc.c: one frame's work. The arithmetic is explained in ctc_lanes.c.
 *
 * States are kept as two rows instead of one interleaved row, so that neighbours in memory obey the same
 * rule: blank i, i in 0..L, stands before label i; label i in 0..L-1. Rows have OSS_CTC_PAD numbers before i
 * = 0 and at least that many after the last. */
#ifndef OSS_KERNEL_CTC_TABLE_H
#define OSS_KERNEL_CTC_TABLE_H

#include <stdint.h>

enum { OSS_CTC_PAD = 8 }; /* doubles in the widest register */

/* Numbers with a wide exponent: significand * 2^exponent. */
typedef struct oss_ctc_wide {
    double significand;
    double exponent; /* an integer */
} oss_ctc_wide;

typedef struct oss_ctc_row {
    double *blank, *blank_exp; /* [-PAD .. L + PAD) */
    double *label, *label_exp;
} oss_ctc_row;

/* What label i emits in this frame; the blank's is one number. */
typedef struct oss_ctc_emission {
    double *label, *label_exp;
    oss_ctc_wide blank;
} oss_ctc_emission;

/* States `low` to `high` (both included, blanks and labels alike) can be on a path from the first frame to
 * the last. */
typedef struct oss_ctc_band {
    int32_t low, high;
} oss_ctc_band;

typedef struct oss_ctc_table {
    /* significand[k] 2^exponent[k] = e^(x[k] - max x), k < v; rows are readable and writable up to the next
     * multiple of PAD. p[v] = softmax when not NULL. Returns sum_k e^(x[k] - max x). */
    double (*exponentiate)(double *significand, double *exponent, float *p, const float *x, int32_t v);
    /* alpha of this frame from that of the frame before. skip[i] is 0 where label i may follow label i-1
     * directly, else OSS_CTC_NEVER. */
    void (*step_alpha)(const oss_ctc_row *now, const oss_ctc_row *before, const oss_ctc_emission *emit,
                       const double *skip, oss_ctc_band band);
    /* next: beta times emission of the frame after, replaced by those of this frame. posterior[i] of label i;
     * returns the posterior of all blanks together. total = p(labels). */
    double (*step_beta)(double *posterior, const oss_ctc_row *next, const oss_ctc_row *alpha,
                        const oss_ctc_emission *emit, const double *skip, oss_ctc_band band,
                        oss_ctc_wide total);
    /* dx[k] = scale * (dx[k] - posterior[k]), k < v; dx comes in as the softmax */
    void (*subtract)(float *dx, const double *posterior, int32_t v, double scale);
} oss_ctc_table;

/* The exponent of zero: so low that adding such a number to any other changes nothing, and stays so when
 * multiplied. */
#define OSS_CTC_NEVER (-1e18)

#endif
