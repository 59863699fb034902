#ifndef OSSICLE_PRECISION_H
#define OSSICLE_PRECISION_H

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers that matrix products and convolutions multiply. bf16 has 8 bits of precision and float32 sums; its products
 * are nearly twice as fast where the processor has AVX512_BF16, and no faster than fp32 elsewhere. int8, for inference
 * alone, has a scale for each output of a layer and for each row of its input, and exact sums; the first convolution
 * and attention have 16 bits. It is more than twice as fast as fp32 where the processor has AVX512_VNNI. From the same
 * features it gives the same bits on every instruction set, and a row's numbers depend on no other row but through
 * attention. */
typedef enum oss_precision {
    OSS_PRECISION_FP32 = 0,
    OSS_PRECISION_BF16 = 1,
    OSS_PRECISION_INT8 = 2
} oss_precision;

#ifdef __cplusplus
}
#endif
#endif
