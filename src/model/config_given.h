/* Which keys of a config were set, for code that fills in what was left open. */
#ifndef OSS_MODEL_CONFIG_GIVEN_H
#define OSS_MODEL_CONFIG_GIVEN_H

#include "model/config.h"

/* Whether the key, by its name or alias, has a value of its own, from a file, a model or oss_config_set, and not its
 * default. */
bool oss_config_is_given(const oss_config *config, const char *key);

#endif
