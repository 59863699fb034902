/* What ops compute with: an array of floats, or of bf16, with its gradient. */
#ifndef OSS_TAPE_TENSOR_H
#define OSS_TAPE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/linear.h"

enum { OSS_MAX_RANK = 4 };

typedef struct oss_tensor {
    float *data;             /* row-major; NULL while measuring, and when there is only `half` */
    float *grad;             /* same shape; NULL until backward (parameters: the caller's block) */
    struct oss_tensor *base; /* a reshape: whose memory this is; NULL otherwise */
    /* A weight as the products of forward and of the input's gradient read it (kernel/linear.h), laid out
     * by the caller once for many passes; NULL: the op does it for itself. */
    const float *packed, *packed_back;
    uint16_t *half; /* the data in bf16 (kernel/bf16.h, an even number of columns), once has_half; or NULL */
    int32_t rank;
    int32_t dim[OSS_MAX_RANK];
    bool has_half;
    oss_k_format format; /* a weight: in which its products take their numbers */
    bool needs_grad;
    bool grad_written;  /* first writer stores, later writers add */
    bool caller_grad;   /* a parameter: the gradient is in the caller's memory */
    bool grad_planned;  /* the tape's: backward reaches it */
    size_t grad_offset; /* the tape's: place of an activation's gradient, in bytes */
} oss_tensor;

size_t oss_tensor_count(const oss_tensor *tensor);
/* Product of all dimensions but the first: floats in a row. */
size_t oss_tensor_row(const oss_tensor *tensor);
/* The tensor that owns the memory. */
oss_tensor *oss_tensor_base(oss_tensor *tensor);

#endif
