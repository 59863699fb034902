/* What mel_bank_lanes.c gives per ISA to mel_bank.c. Contract: mel_bank.h. */
#ifndef OSS_KERNEL_MEL_BANK_TABLE_H
#define OSS_KERNEL_MEL_BANK_TABLE_H

#include "kernel/mel_bank.h"

typedef struct oss_mel_bank_table {
    void (*forward)(const oss_mel_bank *bank, float *mel, const float *spectrum, int32_t frames, float floor,
                    float *scratch);
    void (*column_sums)(double *sum, const float *x, int32_t rows, int32_t c);
    void (*column_squares)(double *sum, const float *x, const double *mean, int32_t rows, int32_t c);
    void (*column_normalize)(float *y, const float *shift, const float *scale, int32_t rows, int32_t c);
} oss_mel_bank_table;

/* What training alone needs: a table of its own, so that a linker leaves it out with what calls it. */
typedef struct oss_mel_bank_bwd_table {
    void (*backward)(const oss_mel_bank *bank, float *spectrum, const float *dmel, int32_t frames,
                     float floor, float *scratch);
    void (*column_dots)(double *sum, const float *x, const float *y, int32_t rows, int32_t c);
    void (*column_normalize_bwd)(float *dx, const float *dy, const float *y, const double *a, const double *b,
                                 const float *scale, int32_t rows, int32_t c);
} oss_mel_bank_bwd_table;

#endif
