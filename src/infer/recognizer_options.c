#include "infer/recognizer_options.h"

#include <math.h>

#include "audio/raw.h"
#include "base/fail.h"
#include "base/options.h"

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
    oss_status status =
        oss_options_copy(out, given, sizeof *out, OSS_OPTIONS_UP_TO(oss_recognizer_options, keep_level),
                         "oss_recognizer_options");
    return status == OSS_OK ? check_options(out) : status;
}
