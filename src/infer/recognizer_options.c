#include "infer/recognizer_options.h"

#include <math.h>
#include <stddef.h>

#include "audio/raw.h"
#include "base/fail.h"
#include "infer/options.h"

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
    oss_raw raw;
    return options->raw == NULL ? OSS_OK : oss_raw_parse(&raw, options->raw, "raw");
}

oss_status oss_recognizer_read_options(oss_recognizer_options *out, const oss_recognizer_options *given) {
    /* The first version's options ended with keep_level. */
    enum { FIRST_BYTES = offsetof(oss_recognizer_options, keep_level) + sizeof(int32_t) };
    oss_recognizer_options options;
    oss_status status =
        oss_options_copy(&options, given, sizeof options, FIRST_BYTES, "oss_recognizer_options");
    if (status == OSS_OK) {
        status = check_options(&options);
    }
    if (status == OSS_OK) {
        *out = options;
    }
    return status;
}
