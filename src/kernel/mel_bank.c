#include "kernel/mel_bank.h"

#include "base/contract.h"
#include "kernel/cpu.h"
#include "kernel/fft.h"
#include "kernel/mel_bank_table.h"

OSS_CPU_DECLARE_TABLES(oss_mel_bank_table, mel_bank);
static const oss_mel_bank_table *const tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(mel_bank);
OSS_CPU_DECLARE_TABLES(oss_mel_bank_bwd_table, mel_bank_bwd);
static const oss_mel_bank_bwd_table *const bwd_tables[OSS_ISA_COUNT] = OSS_CPU_TABLES(mel_bank_bwd);

static const oss_mel_bank_table *get_table(void) {
    return tables[oss_cpu_isa()];
}

static const oss_mel_bank_bwd_table *get_bwd_table(void) {
    return bwd_tables[oss_cpu_isa()];
}

/* Lines, whether a filter uses them or not, bins and bins again of MAX_LANES frames side by side, all rounded up to whole
 * squares. */
size_t oss_k_mel_bank_scratch_floats(const oss_mel_bank *bank) {
    OSS_CONTRACT(bank->bins > 0 && bank->first_line >= 0 && bank->last_line <= bank->lines);
    const size_t lanes = OSS_FFT_MAX_LANES;
    return lanes * ((size_t)bank->lines + lanes + 2 * ((size_t)bank->bins + lanes));
}

void oss_k_mel_bank_fwd(const oss_mel_bank *bank, float *mel, const float *spectrum, int32_t frames,
                        float floor, float *scratch) {
    OSS_CONTRACT(frames >= 0 && frames <= OSS_FFT_MAX_LANES);
    OSS_CONTRACT(floor >= 0.0f);
    OSS_CONTRACT(oss_is_aligned(scratch, 64));
    get_table()->forward(bank, mel, spectrum, frames, floor, scratch);
}

void oss_k_mel_bank_bwd(const oss_mel_bank *bank, float *spectrum, const float *dmel, int32_t frames,
                        float floor, float *scratch) {
    OSS_CONTRACT(frames >= 0 && frames <= OSS_FFT_MAX_LANES);
    OSS_CONTRACT(floor >= 0.0f);
    OSS_CONTRACT(oss_is_aligned(scratch, 64));
    get_bwd_table()->backward(bank, spectrum, dmel, frames, floor, scratch);
}

void oss_k_column_sums(double *sum, const float *x, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0 && sum != NULL);
    get_table()->column_sums(sum, x, rows, c);
}

void oss_k_column_squares(double *sum, const float *x, const double *mean, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0 && sum != NULL && mean != NULL);
    get_table()->column_squares(sum, x, mean, rows, c);
}

void oss_k_column_normalize(float *y, const float *shift, const float *scale, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0);
    OSS_CONTRACT(shift != NULL && scale != NULL);
    get_table()->column_normalize(y, shift, scale, rows, c);
}

void oss_k_column_dots(double *sum, const float *x, const float *y, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0 && sum != NULL);
    get_bwd_table()->column_dots(sum, x, y, rows, c);
}

void oss_k_column_normalize_bwd(float *dx, const float *dy, const float *y, const double *a, const double *b,
                                const float *scale, int32_t rows, int32_t c) {
    OSS_CONTRACT(rows >= 0 && c > 0);
    OSS_CONTRACT(a != NULL && b != NULL && scale != NULL);
    OSS_CONTRACT(oss_is_same_or_apart(dx, dy, (size_t)rows * (size_t)c));
    get_bwd_table()->column_normalize_bwd(dx, dy, y, a, b, scale, rows, c);
}
