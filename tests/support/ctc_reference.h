/* CTC as the paper writes it (Graves et al. 2006), with logarithms in double and every state of every frame:
 * slow, plain, and with nothing in common with kernel/ctc.c. */
#ifndef OSS_TESTS_CTC_REFERENCE_H
#define OSS_TESTS_CTC_REFERENCE_H

#include <stdint.h>

/* p[T,V] = softmax of the rows of x */
void oss_ref_softmax(double *p, const float *x, int32_t t, int32_t v);

/* Returns -ln p(label | x), x[T,V]; want[T,V] = softmax - posterior. T >= 1, and the labels must fit. */
double oss_ref_ctc(double *want, const float *x, int32_t t, int32_t v, const int32_t *label, int32_t labels);

#endif
