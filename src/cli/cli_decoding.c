#include "cli/cli_decoding.h"

#include "base/fail.h"
#include "base/logger.h"
#include "infer/recognizer_internal.h"

static const double default_hotword_weight = 8.0, most = 1000.0;

/* ---- Options ---- */

/* `option` says something of what `of` names. */
static oss_status check_pair(const oss_cli_args *args, const char *option, const char *of, bool there) {
    return oss_cli_has(args, option) && !there
               ? oss_fail(OSS_EUSAGE, "%s goes with %s: give that too", option, of)
               : OSS_OK;
}

static oss_status check_pairs(const oss_cli_args *args, const char *lm) {
    static const char *const of_lm[] = {"--lm-weight", "--word-bonus", "--unknown-penalty", "--prior-weight",
                                        "--symbol-lm"};
    oss_status status = OSS_OK;
    for (size_t i = 0; i < sizeof of_lm / sizeof *of_lm && status == OSS_OK; i++) {
        status = check_pair(args, of_lm[i], "--lm", lm != NULL);
    }
    if (status == OSS_OK) {
        status = check_pair(args, "--hotword-weight", "--hotwords", oss_cli_has(args, "--hotwords"));
    }
    return status == OSS_OK
               ? check_pair(args, "--rescore-weight", "--rescore-lm", oss_cli_has(args, "--rescore-lm"))
               : status;
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

static oss_status read_numbers(const oss_cli_args *args, oss_decoding_options *out) {
    oss_status status =
        read_number(args, "--lm-weight", 0.0, most, OSS_DECODING_LM_WEIGHT, &out->lm_weight, out);
    if (status == OSS_OK) {
        status =
            read_number(args, "--word-bonus", -most, most, OSS_DECODING_WORD_BONUS, &out->word_bonus, out);
    }
    if (status == OSS_OK) {
        status = read_number(args, "--unknown-penalty", -most, most, OSS_DECODING_UNKNOWN_PENALTY,
                             &out->unknown_penalty, out);
    }
    if (status == OSS_OK) {
        status = read_number(args, "--prior-weight", 0.0, most, OSS_DECODING_PRIOR_WEIGHT, &out->prior_weight,
                             out);
    }
    return status == OSS_OK ? oss_cli_number(args, "--rescore-weight", 1e-6, most, &out->rescore_weight)
                            : status;
}

oss_status oss_cli_read_decoding(const oss_cli_args *args, oss_cli_decoding *out) {
    return oss_cli_read_decoding_with(args, oss_cli_value(args, "--lm"), out);
}

oss_status oss_cli_read_decoding_with(const oss_cli_args *args, const char *lm, oss_cli_decoding *out) {
    int64_t width = 0;
    *out = (oss_cli_decoding){.options = oss_decoding_options_init(),
                              .hotwords = oss_cli_value(args, "--hotwords"),
                              .hotword_weight = default_hotword_weight};
    out->options.lm = lm;
    out->options.symbol_lm = oss_cli_value(args, "--symbol-lm");
    out->options.rescore_lm = oss_cli_value(args, "--rescore-lm");
    oss_status status = check_pairs(args, lm);
    if (status == OSS_OK) {
        status = oss_cli_integer(args, "--beam", 1, 4096, 0, &width);
        out->options.beam_width = (int32_t)width;
    }
    if (status == OSS_OK) {
        status = read_numbers(args, &out->options);
    }
    return status == OSS_OK ? oss_cli_number(args, "--hotword-weight", -most, most, &out->hotword_weight)
                            : status;
}

oss_status oss_cli_read_n_best(const oss_cli_args *args, bool has_room, const char *how,
                               oss_cli_decoding *out) {
    int64_t count = 0;
    if (oss_cli_has(args, "--n-best") && !has_room) {
        return oss_fail(OSS_EUSAGE, "--n-best goes with %s: give that too", how);
    }
    oss_status status = oss_cli_integer(args, "--n-best", 1, 1000, 0, &count);
    if (status == OSS_OK) {
        out->options.n_best = (int32_t)count;
    }
    return status;
}

oss_status oss_cli_refuse_penalty(const char *lm) {
    return oss_fail(
        OSS_EUSAGE,
        "--unknown-penalty is of words, and %s is a language model of symbols, to which no word is "
        "unknown: leave it out",
        lm);
}

/* Who gave no --lm must be told where this one comes from. */
static oss_status explain_own_lm(const oss_cli_decoding *decoding, oss_status status) {
    return decoding->own_lm != NULL && (status == OSS_EINPUT || status == OSS_EIO)
               ? oss_fail(status,
                          "%s; it is taken because it lies beside the model: put the right one there, or say "
                          "--lm none",
                          oss_last_error())
               : status;
}

oss_status oss_cli_decode(const oss_cli_decoding *decoding, oss_recognizer *recognizer) {
    const oss_decoding_options *options = &decoding->options;
    oss_status status = explain_own_lm(decoding, oss_recognizer_set_decoding(recognizer, options));
    if (status == OSS_OK && decoding->own_lm != NULL) {
        oss_log_info("language model: %s", decoding->own_lm);
    }
    bool penalty = options->unknown_penalty != 0.0 || (options->zeros & OSS_DECODING_UNKNOWN_PENALTY) != 0;
    if (status == OSS_OK && penalty && !oss_recognizer_knows_words(recognizer)) {
        return oss_cli_refuse_penalty(options->lm);
    }
    return status == OSS_OK && decoding->hotwords != NULL
               ? oss_recognizer_load_hotwords(recognizer, decoding->hotwords, decoding->hotword_weight)
               : status;
}

/* ---- Results ---- */

oss_status oss_cli_get_decoding(const oss_cli_decoding *decoding, const oss_recognizer *recognizer,
                                oss_decoding_options *out) {
    oss_decoding_options used = oss_decoding_options_init();
    oss_status status = oss_recognizer_get_decoding(recognizer, &used);
    if (status == OSS_OK) {
        used.lm = decoding->options.lm;
        used.symbol_lm = decoding->options.symbol_lm;
        used.rescore_lm = decoding->options.rescore_lm;
        *out = used;
    }
    return status;
}

void oss_cli_add_decoding(oss_json *object, const oss_cli_decoding *decoding,
                          const oss_decoding_options *used) {
    oss_json *entry = oss_json_add_object(object, "decoding");
    oss_json_add_integer(entry, "beam", used->beam_width);
    if (used->lm != NULL) {
        oss_json_add_string(entry, "lm", used->lm);
        oss_json_add_number(entry, "lm_weight", used->lm_weight);
        oss_json_add_number(entry, "word_bonus", used->word_bonus);
        oss_json_add_number(entry, "unknown_penalty", used->unknown_penalty);
        oss_json_add_number(entry, "prior_weight", used->prior_weight);
    }
    if (used->symbol_lm != NULL) {
        oss_json_add_string(entry, "symbol_lm", used->symbol_lm);
    }
    if (decoding->hotwords != NULL) {
        oss_json_add_string(entry, "hotwords", decoding->hotwords);
        oss_json_add_number(entry, "hotword_weight", decoding->hotword_weight);
    }
    if (used->rescore_lm != NULL) {
        oss_json_add_string(entry, "rescore_lm", used->rescore_lm);
        oss_json_add_number(entry, "rescore_weight", used->rescore_weight);
    }
}
