/* The tables of a mel plan, computed in double and rounded once. */
#ifndef OSS_AUDIO_MEL_FILTERS_H
#define OSS_AUDIO_MEL_FILTERS_H

#include <stdint.h>

#include "kernel/mel_bank.h"
#include "ossicle/status.h"

/* Where a warp by `factor` moves the frequency hz of 0..top_hz: two straight lines, of which the first has the slope
 * `factor`, meet at the cut-off F = 0.6 top_hz (4800 Hz at 16 kHz), or so much lower that they do at F, and end at top_hz:
 *
 *     hz factor                                                             where hz <= F min(factor, 1) / factor
 *     top_hz - (top_hz - F min(factor, 1)) / (top_hz - F min(factor, 1) / factor) (top_hz - hz)         elsewhere
 *
 * (Jaitly & Hinton: "Vocal tract length perturbation (VTLP) improves speech recognition", ICML 2013 workshop.) Rises
 * for every factor above 0; a factor of 1 gives hz itself. */
double oss_mel_warp_hz(double hz, double factor, double top_hz);

/* w[n] = (1 - cos(2 pi i / n)) / 2: the periodic Hann window; w[1] = 1. */
void oss_mel_make_window(float *w, int32_t n);

/* Filter m rises from point m to point m + 1 and falls to point m + 2, of bins + 2 points that are equally
 * spaced on the mel scale mel = 2595 log10(1 + f/700) from 0 to sample_rate // 2 (HTK; torchaudio's
 * melscale_fbanks without norm). Its weight at line k, f = k * (sample_rate // 2) / (n_fft / 2), is max(0,
 * min(rising, falling)). Before that every point is moved by oss_mel_warp_hz; 1 leaves it. Deinit frees. */
oss_status oss_mel_bank_init(oss_mel_bank *bank, int32_t sample_rate_hz, int32_t n_fft, int32_t bins,
                             double warp);
void oss_mel_bank_deinit(oss_mel_bank *bank);

#endif
