#include "ossicle/version.h"

const char *oss_version(void) {
    return OSS_VERSION;
}
