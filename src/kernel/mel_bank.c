#include "kernel/mel_bank.h"

#include "kernel/cpu.h"
#include "kernel/mel_bank_table.h"

OSS_CPU_DECLARE_TABLES(oss_mel_bank_table, mel_bank);
static const oss_mel_bank_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(mel_bank);

static const oss_mel_bank_table *get_table(void) {
    return tables[oss_cpu_isa()];
}

/* Lines and bins of MAX_LANES frames side by side, both rounded up to whole squares. */
size_t oss_k_mel_bank_scratch_floats(const oss_mel_bank *bank) {
    const size_t lanes = OSS_MEL_BANK_MAX_LANES;
    return lanes * ((size_t)(bank->last_line - bank->first_line) + lanes + (size_t)bank->bins + lanes);
}

void oss_k_mel_bank_fwd(const oss_mel_bank *bank, float *mel, const float *re, const float *im,
                        int32_t frames, float floor, float *scratch) {
    get_table()->forward(bank, mel, re, im, frames, floor, scratch);
}

void oss_k_mel_bank_bwd(const oss_mel_bank *bank, float *re, float *im, const float *dmel, int32_t frames,
                        float *scratch) {
    get_table()->backward(bank, re, im, dmel, frames, scratch);
}

void oss_k_window(float *y, const float *x, const float *w, int32_t n) {
    get_table()->window(y, x, w, n);
}

void oss_k_column_sums(double *sum, const float *x, int32_t rows, int32_t c) {
    get_table()->column_sums(sum, x, rows, c);
}

void oss_k_column_squares(double *sum, const float *x, const double *mean, int32_t rows, int32_t c) {
    get_table()->column_squares(sum, x, mean, rows, c);
}

void oss_k_column_normalize(float *y, const float *shift, const float *scale, int32_t rows, int32_t c) {
    get_table()->column_normalize(y, shift, scale, rows, c);
}
