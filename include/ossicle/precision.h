#ifndef OSSICLE_PRECISION_H
#define OSSICLE_PRECISION_H

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers that matrix products and convolutions multiply; sums are float32. bf16 has 8 bits of precision;
 * products of it are nearly twice as fast where the processor has AVX512_BF16, and slower elsewhere. */
typedef enum oss_precision { OSS_PRECISION_FP32 = 0, OSS_PRECISION_BF16 = 1 } oss_precision;

#ifdef __cplusplus
}
#endif
#endif
