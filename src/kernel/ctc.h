/* Connectionist temporal classification (Graves, Fernandez, Gomez, Schmidhuber 2006). */
#ifndef OSS_KERNEL_CTC_H
#define OSS_KERNEL_CTC_H

#include <stddef.h>
#include <stdint.h>

enum { OSS_CTC_BLANK = 0 };

typedef struct oss_ctc_result {
    double
        nll; /* -ln p(labels | logits), natural log; +inf when no path fits; NaN when a logit is not finite */
    double max_imbalance; /* largest |sum over symbols of a frame's posterior - 1|; 0 when infeasible or
                             without gradient */
} oss_ctc_result;

/* Grows as T L for short utterances and as sqrt(T) L for long ones. */
size_t oss_k_ctc_scratch_bytes(int32_t t, int32_t v, int32_t labels);

/* logits[T,V] unnormalised (softmax inside); label[L] in 1..V-1, L >= 0. dlogits[T,V] = grad_scale * (softmax
 * - posterior), stored; NULL: loss only; not the logits' own memory. Infeasible or not finite: dlogits is all
 * zeros. alpha and beta are doubles with an exponent of their own, so that neither T nor the spread of the
 * logits costs precision; a logit more than 1e9 below the largest of its frame counts as 1e9 below.
 * scratch[oss_k_ctc_scratch_bytes] is 64-byte aligned. */
oss_ctc_result oss_k_ctc(float *dlogits, const float *logits, int32_t t, int32_t v, const int32_t *label,
                         int32_t labels, double grad_scale, void *scratch);

#endif
