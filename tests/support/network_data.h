/* Test data that scripts/golden/reference.py makes too, so that neither weights nor waveforms are stored. */
#ifndef OSS_TESTS_NETWORK_DATA_H
#define OSS_TESTS_NETWORK_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "model/params.h"
#include "support/golden.h"

uint32_t oss_network_name_seed(const char *name); /* FNV-1a */
/* Matrices and kernels: uniform with variance 1 / fan-in; biases: within 0.1; norms: 1 +- 0.2. */
void oss_network_fill_param(float *out, const oss_param *param);
/* Noise whose loudness is a sawtooth. */
void oss_network_fill_audio(float *out, int32_t samples, uint32_t utterance_id);
void oss_network_fill_labels(int32_t *out, int32_t count, uint32_t utterance_id, int32_t vocab);

/* got[count] against golden tensors "grad.NAME" (all entries, or entries floor(i * count / n)) and the norm
 * in "norm.NAME", both with `prefix` before; fails when a relative error exceeds `limit`. Returns the larger. */
double oss_network_check_gradient(const float *got, size_t count, const oss_golden *golden,
                                  const char *prefix, const char *name, double limit);

#endif
