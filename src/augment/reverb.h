/* Rooms: a recording convolved with the response of one. The direct sound stays where it was, so words keep
 * their times; the end stays where it was, what rings on beyond it is cut; the energy stays what it was.
 *
 *     y[i] = g sum_{j < L} h[j] x[i - j],  h[0] the direct sound,  g such that sum y^2 = sum x^2
 *
 * Convolution runs over the Fourier transforms of blocks that overlap and are added. */
#ifndef OSS_AUGMENT_REVERB_H
#define OSS_AUGMENT_REVERB_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_reverb oss_reverb; /* plans; read-only once made, shared by threads */

/* For responses of at most max_taps, which is limited to OSS_REVERB_MAX_TAPS. */
enum { OSS_REVERB_MAX_TAPS = 49152 };
oss_status oss_reverb_create(oss_reverb **out, int32_t max_taps);
void oss_reverb_free(oss_reverb *reverb);
int32_t oss_reverb_max_taps(const oss_reverb *reverb);
/* Floats of work for any call below; 64-byte aligned. */
int64_t oss_reverb_work_floats(const oss_reverb *reverb);

/* y[n] in place. h[taps], 1 <= taps <= max_taps. */
void oss_reverb_apply(float *y, int64_t n, const float *h, int32_t taps, const oss_reverb *reverb,
                      float *work);

/* Taps of a synthetic response: until the tail is 60 dB down, at least 1. */
int32_t oss_reverb_taps(double rt60_s, int32_t rate_hz);
/* h[oss_reverb_taps(rt60_s, rate_hz)] = 1, then from 2.5 ms on white noise under an envelope that falls by
 * 60 dB in rt60_s, scaled so that 10 log10(1 / sum of the tail's squares) = drr_db. A function of seed and
 * key. */
void oss_reverb_make(float *h, double rt60_s, double drr_db, int32_t rate_hz, uint64_t seed, uint32_t key);

#endif
