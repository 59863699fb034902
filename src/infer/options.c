#include "infer/options.h"

#include <string.h>

#include "base/fail.h"
#include "ossicle/version.h"

oss_status oss_options_copy(void *out, const void *given, size_t size, size_t first, const char *type) {
    const unsigned char *byte = given;
    size_t given_size = *(const size_t *)given;
    if (given_size < first) {
        return oss_fail(OSS_EUSAGE, "the size of the options is %zu: set it to sizeof(%s)", given_size, type);
    }
    for (size_t i = size; i < given_size; i++) {
        if (byte[i] != 0) {
            return oss_fail(
                OSS_EUSAGE,
                "an option is set that this version of libossicle (%s) does not have: take a newer one",
                oss_version());
        }
    }
    memset(out, 0, size);
    memcpy(out, given, given_size < size ? given_size : size);
    return OSS_OK;
}
