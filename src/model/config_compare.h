/* Where two configs differ. */
#ifndef OSS_MODEL_CONFIG_COMPARE_H
#define OSS_MODEL_CONFIG_COMPARE_H

#include "model/config.h"

/* Calls differ(context, key, a's value, b's value) for every front end, network and text key whose values
 * differ, in the order of the keys; values are JSON. Ends with the first call that does not return OSS_OK,
 * and returns that. */
oss_status oss_config_compare(const oss_model_config *a, const oss_model_config *b,
                              oss_status (*differ)(void *context, const char *key, const char *in_a,
                                                   const char *in_b),
                              void *context);

/* The same for every key of two configs. */
oss_status oss_config_compare_all(const oss_config *a, const oss_config *b,
                                  oss_status (*differ)(void *context, const char *key, const char *in_a,
                                                       const char *in_b),
                                  void *context);

#endif
