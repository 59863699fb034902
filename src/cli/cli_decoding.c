#include "cli/cli_decoding.h"

#include "base/fail.h"

static const double default_hotword_weight = 8.0, most = 1000.0;

/* ---- Options ---- */

/* `option` says something of what `of` names. */
static oss_status check_pair(const oss_cli_args *args, const char *option, const char *of) {
    return oss_cli_has(args, option) && !oss_cli_has(args, of)
               ? oss_fail(OSS_EUSAGE, "%s goes with %s: give that too", option, of)
               : OSS_OK;
}

static oss_status check_pairs(const oss_cli_args *args) {
    static const char *const pair[][2] = {{"--lm-weight", "--lm"},
                                          {"--word-bonus", "--lm"},
                                          {"--unknown-penalty", "--lm"},
                                          {"--hotword-weight", "--hotwords"},
                                          {"--rescore-weight", "--rescore-lm"}};
    oss_status status = OSS_OK;
    for (size_t i = 0; i < sizeof pair / sizeof *pair && status == OSS_OK; i++) {
        status = check_pair(args, pair[i][0], pair[i][1]);
    }
    return status;
}

/* A number whose 0 means 0. */
static oss_status read_number(const oss_cli_args *args, const char *option, double low, double high,
                              oss_decoding_number number, double *value, oss_decoding_options *out) {
    oss_status status = oss_cli_number(args, option, low, high, value);
    if (status == OSS_OK && oss_cli_has(args, option) && *value == 0.0) {
        out->zeros |= number;
    }
    return status;
}

oss_status oss_cli_read_decoding(const oss_cli_args *args, oss_decoding_options *out) {
    int64_t width = 0;
    oss_status status = check_pairs(args);
    if (status == OSS_OK) {
        status = oss_cli_integer(args, "--beam", 1, 4096, 0, &width);
        out->beam_width = (int32_t)width;
    }
    if (status == OSS_OK) {
        status = read_number(args, "--lm-weight", 0.0, most, OSS_DECODING_LM_WEIGHT, &out->lm_weight, out);
    }
    if (status == OSS_OK) {
        status =
            read_number(args, "--word-bonus", -most, most, OSS_DECODING_WORD_BONUS, &out->word_bonus, out);
    }
    if (status == OSS_OK) {
        status = read_number(args, "--unknown-penalty", -most, most, OSS_DECODING_UNKNOWN_PENALTY,
                             &out->unknown_penalty, out);
    }
    if (status == OSS_OK) {
        status = oss_cli_number(args, "--rescore-weight", 1e-6, most, &out->rescore_weight);
    }
    out->lm = oss_cli_value(args, "--lm");
    out->rescore_lm = oss_cli_value(args, "--rescore-lm");
    return status;
}

oss_status oss_cli_n_best(const oss_cli_args *args, bool printed, const char *how, int32_t *out) {
    int64_t count = 0;
    if (oss_cli_has(args, "--n-best") && !printed) {
        return oss_fail(OSS_EUSAGE, "--n-best goes with %s: give that too", how);
    }
    oss_status status = oss_cli_integer(args, "--n-best", 1, 1000, 0, &count);
    if (status == OSS_OK) {
        *out = (int32_t)count;
    }
    return status;
}

oss_status oss_cli_load_hotwords(const oss_cli_args *args, oss_recognizer *recognizer) {
    const char *path = oss_cli_value(args, "--hotwords");
    double weight = default_hotword_weight;
    oss_status status = oss_cli_number(args, "--hotword-weight", -most, most, &weight);
    return status == OSS_OK && path != NULL ? oss_recognizer_load_hotwords(recognizer, path, weight) : status;
}

oss_status oss_cli_decode(const oss_cli_args *args, int32_t n_best, oss_recognizer *recognizer) {
    oss_decoding_options options = oss_decoding_options_init();
    options.n_best = n_best;
    oss_status status = oss_cli_read_decoding(args, &options);
    if (status == OSS_OK) {
        status = oss_recognizer_set_decoding(recognizer, &options);
    }
    return status == OSS_OK ? oss_cli_load_hotwords(args, recognizer) : status;
}

/* ---- Results ---- */

void oss_cli_add_decoding(oss_json *object, const oss_cli_args *args, const oss_decoding_options *used) {
    oss_json *decoding = oss_json_add_object(object, "decoding");
    oss_json_add_integer(decoding, "beam", used->beam_width);
    if (used->lm != NULL) {
        oss_json_add_string(decoding, "lm", used->lm);
        oss_json_add_number(decoding, "lm_weight", used->lm_weight);
        oss_json_add_number(decoding, "word_bonus", used->word_bonus);
        oss_json_add_number(decoding, "unknown_penalty", used->unknown_penalty);
    }
    if (used->rescore_lm != NULL) {
        oss_json_add_string(decoding, "rescore_lm", used->rescore_lm);
        oss_json_add_number(decoding, "rescore_weight", used->rescore_weight);
    }
    if (oss_cli_has(args, "--hotwords")) {
        oss_json_add_string(decoding, "hotwords", oss_cli_value(args, "--hotwords"));
    }
}
