/* Resampling by any factor in [0.5, 2], for speed perturbation: good (70 dB) and fast (thousands of times
 * real time on one core). Files are brought to the model's rate by audio_file.h instead, once and better.
 *
 *     y[i] = sum_j x[j] h_c(i factor - j),  h_c(t) = c sinc(c t) kaiser(t)
 *
 * The low-pass ends at the lower of the two Nyquist frequencies: its stop band begins there, its pass band
 * ends at 0.86 of it (Kaiser's window for 70 dB over 64 samples; Smith: "Digital audio resampling", 2002).
 * For factors above 1 the filter is that of the next of some eighths of an octave, which takes up to 9 % more
 * of the band. */
#ifndef OSS_AUGMENT_SPEED_H
#define OSS_AUGMENT_SPEED_H

#include <stdint.h>

#include "ossicle/status.h"

#define OSS_SPEED_MIN 0.5
#define OSS_SPEED_MAX 2.0

typedef struct oss_speed_bank oss_speed_bank; /* filters; read-only once made, shared by threads */

/* For factors from 0.5 to max_factor, which is at most 2. */
oss_status oss_speed_create(oss_speed_bank **out, double max_factor);
void oss_speed_free(oss_speed_bank *bank);

/* round(samples / factor), at least 1 for samples >= 1 */
int64_t oss_speed_length(int64_t samples, double factor);

/* y[oss_speed_length(samples, factor)] = x[samples] at `factor` times its speed; outside x is silence.
 * factor 1 copies. y and x do not overlap; factor is within what the bank was made for. */
void oss_speed_change(float *y, const float *x, int64_t samples, double factor, const oss_speed_bank *bank);

#endif
