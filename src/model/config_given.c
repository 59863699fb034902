#include "model/config_given.h"

#include <string.h>

#include "model/config_internal.h"

bool oss_config_is_given(const oss_config *config, const char *key) {
    int32_t index = oss_config_find(key, strlen(key));
    return index >= 0 && config->given[index];
}
