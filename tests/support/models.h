/* Model files for tests: small networks with known weights. */
#ifndef OSS_TESTS_MODELS_H
#define OSS_TESTS_MODELS_H

#include "model/model_file.h"
#include "support/network.h"

/* A model of these sizes with the weights of support/network_data.h. Its symbols: <blank>, <UNK>, a space,
 * "a", "b" and so on; sizes->vocab of them, at most 30; 0: no head. The test fails when anything fails. */
oss_model *oss_models_create(const oss_network_sizes *sizes);

/* Makes the model say the same thing at every frame: sub-frame j of each says symbol[j] (count =
 * ctc_subframes). */
void oss_models_say(oss_model *model, const char *const *symbol, int32_t count);

/* The values of one parameter. */
float *oss_models_value(oss_model *model, const char *name, size_t *out_count);

#endif
