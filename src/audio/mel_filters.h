/* The tables of a mel plan, computed in double and rounded once. */
#ifndef OSS_AUDIO_MEL_FILTERS_H
#define OSS_AUDIO_MEL_FILTERS_H

#include <stdint.h>

#include "kernel/mel_bank.h"
#include "ossicle/status.h"

/* w[n] = (1 - cos(2 pi i / n)) / 2: the periodic Hann window; w[1] = 1. */
void oss_mel_make_window(float *w, int32_t n);

/* Filter m rises from point m to point m + 1 and falls to point m + 2, of bins + 2 points that are equally
 * spaced on the mel scale mel = 2595 log10(1 + f/700) from 0 to sample_rate // 2 (HTK; torchaudio's
 * melscale_fbanks without norm). Its weight at line k, f = k * (sample_rate // 2) / (n_fft / 2), is max(0,
 * min(rising, falling)). Deinit frees. */
oss_status oss_mel_bank_init(oss_mel_bank *bank, int32_t sample_rate_hz, int32_t n_fft, int32_t bins);
void oss_mel_bank_deinit(oss_mel_bank *bank);

#endif
