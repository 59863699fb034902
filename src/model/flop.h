/* Operations that the definition of the network needs, whatever a machine does. */
#ifndef OSS_MODEL_FLOP_H
#define OSS_MODEL_FLOP_H

#include <stdint.h>

#include "model/config.h"

/* Multiply-add = 2; convolutions, linear layers and attention products of one utterance; head included
 * for vocab > 0. */
double oss_flop_forward(const oss_model_config *config, int64_t samples, int32_t vocab);
double oss_flop_training(const oss_model_config *config, int64_t samples, int32_t vocab);

#endif
