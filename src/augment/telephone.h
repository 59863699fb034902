/* The band of a telephone line: 300 to 3400 Hz, and the 8 bits a sample of ITU-T G.711. */
#ifndef OSS_AUGMENT_TELEPHONE_H
#define OSS_AUGMENT_TELEPHONE_H

#include <stdbool.h>
#include <stdint.h>

/* y[n] in place through Butterworth filters, a high-pass of order 4 at 300 Hz and a low-pass of order 8 at
 * 3400 Hz (bilinear transform, 3 dB down at both; at rates up to 7000 Hz without the low-pass). mu_law: each
 * sample then becomes the nearest that G.711's mu-law has, and the low-pass runs once more, as the receiver
 * of a line that carries 8000 samples a second would. */
void oss_telephone_apply(float *y, int64_t n, int32_t rate_hz, bool mu_law);

/* The value that G.711's mu-law keeps of x: 255 of them, steps in proportion to their size; beyond 1 as 1. */
float oss_telephone_mu_law(float x);

#endif
