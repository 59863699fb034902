/* Tables of 256 values that stand for many. Within src/ngram only. */
#ifndef OSS_NGRAM_CODEBOOK_H
#define OSS_NGRAM_CODEBOOK_H

#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_CODEBOOK_VALUES = 256 };

/* book[256], ascending: `exact`, and values near to those of x[count], all finite. Up to 255 different ones other than
 * `exact` are in it as they are; of more, 255 that leave a small mean square of what is lost (Lloyd 1982, "Least squares
 * quantization in PCM"). x NULL: all are `exact`. Out of memory: OSS_ENOMEM. */
oss_status oss_codebook_fit(float book[OSS_CODEBOOK_VALUES], const float *x, int64_t count, float exact);
/* The place of the value nearest to x. */
uint32_t oss_codebook_find(const float book[OSS_CODEBOOK_VALUES], float x);

#endif
