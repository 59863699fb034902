#include "infer/recognizer_options.h"

#include <math.h>
#include <stddef.h>

#include "base/fail.h"
#include "ossicle/version.h"

/* Structs of the public interface grow at their end and say how long they were when the program was compiled. What this
 * library does not know must be zero, or the program asked for something that it does not get. */
static oss_status copy_options(oss_recognizer_options *out, const oss_recognizer_options *given) {
    const unsigned char *byte = (const unsigned char *)given;
    if (given->size < sizeof *given) {
        return oss_fail(OSS_EUSAGE,
                        "the size of the options is %zu: set it to sizeof(oss_recognizer_options)",
                        given->size);
    }
    for (size_t i = sizeof *given; i < given->size; i++) {
        if (byte[i] != 0) {
            return oss_fail(
                OSS_EUSAGE,
                "an option is set that this version of libossicle (%s) does not have: take a newer one",
                oss_version());
        }
    }
    *out = *given;
    return OSS_OK;
}

static oss_status check_options(const oss_recognizer_options *options) {
    if (options->precision != OSS_PRECISION_FP32 && options->precision != OSS_PRECISION_BF16 &&
        options->precision != OSS_PRECISION_INT8) {
        return oss_fail(OSS_EUSAGE,
                        "precision %d is none of OSS_PRECISION_FP32, OSS_PRECISION_BF16, OSS_PRECISION_INT8",
                        (int)options->precision);
    }
    if (!(options->chunk_seconds >= 0) || isnan(options->left_seconds)) {
        return oss_fail(OSS_EUSAGE, "chunks of %g s with %g s before them: give seconds, or 0 for no chunks",
                        options->chunk_seconds, options->left_seconds);
    }
    return OSS_OK;
}

oss_status oss_recognizer_read_options(oss_recognizer_options *out, const oss_recognizer_options *given) {
    oss_status status = copy_options(out, given);
    return status == OSS_OK ? check_options(out) : status;
}
