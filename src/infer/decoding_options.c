#include "infer/decoding_options.h"

#include <math.h>

#include "base/fail.h"
#include "base/options.h"

static const double default_rescore_weight = 0.5;

static oss_status check_numbers(const oss_decoding_options *options) {
    const struct {
        const char *name, *what;
        double value;
        bool allowed;
    } number[] = {
        {"lm_weight", "a number from 0", options->lm_weight, options->lm_weight >= 0},
        {"word_bonus", "a number", options->word_bonus, true},
        {"unknown_penalty", "a number", options->unknown_penalty, true},
        {"prior_weight", "a number from 0", options->prior_weight, options->prior_weight >= 0},
        {"beam_prune_logp", "a number below 0", options->beam_prune_logp, options->beam_prune_logp <= 0},
        {"token_min_logp", "a number below 0", options->token_min_logp, options->token_min_logp <= 0},
        {"rescore_weight", "a number above 0", options->rescore_weight, options->rescore_weight >= 0},
    };
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        if (!isfinite(number[i].value) || !number[i].allowed) {
            return oss_fail(OSS_EUSAGE, "%s is %g: choose %s", number[i].name, number[i].value,
                            number[i].what);
        }
    }
    return OSS_OK;
}

static oss_status check_options(const oss_decoding_options *options) {
    const uint64_t known = OSS_DECODING_LM_WEIGHT | OSS_DECODING_WORD_BONUS | OSS_DECODING_UNKNOWN_PENALTY |
                           OSS_DECODING_PRIOR_WEIGHT;
    if (options->beam_width < 0 || options->beam_width > OSS_BEAM_WIDTH_MOST) {
        return oss_fail(OSS_EUSAGE, "a beam of %d: choose a width from 1 to %d, or 0 for the default",
                        options->beam_width, OSS_BEAM_WIDTH_MOST);
    }
    if (options->n_best < 0 || options->n_best > OSS_N_BEST_MOST) {
        return oss_fail(OSS_EUSAGE, "the %d best hypotheses: choose 1 to %d, or 0 for none", options->n_best,
                        OSS_N_BEST_MOST);
    }
    if ((options->zeros & ~known) != 0) {
        return oss_fail(OSS_EUSAGE,
                        "zeros is %#llx: it names numbers that this version of libossicle does not have",
                        (unsigned long long)options->zeros);
    }
    if (options->symbol_lm != NULL && options->lm == NULL) {
        return oss_fail(OSS_EUSAGE, "symbol_lm spells what lm does not know: give lm too, or %s as lm alone",
                        options->symbol_lm);
    }
    return check_numbers(options);
}

oss_status oss_decoding_read_options(oss_decoding_options *out, const oss_decoding_options *given) {
    oss_decoding_options read;
    oss_status status = oss_options_copy(
        &read, given, sizeof read, OSS_OPTIONS_UP_TO(oss_decoding_options, zeros), "oss_decoding_options");
    if (status == OSS_OK) {
        status = check_options(&read);
    }
    if (status == OSS_OK) {
        read.size = sizeof read;
        *out = read;
    }
    return status;
}

bool oss_decoding_searches(const oss_decoding_options *options) {
    return options->beam_width > 0 || options->n_best > 0 || options->lm != NULL ||
           options->rescore_lm != NULL;
}

static void fill(double *value, double with, bool zero_is_meant) {
    *value = *value == 0.0 && !zero_is_meant ? with : *value;
}

void oss_decoding_fill_in(oss_decoding_options *options, const oss_ngram_tuning *tuning) {
    const oss_beam_options known = oss_beam_defaults();
    const uint64_t zeros = options->zeros;
    options->beam_width = options->beam_width > 0 ? options->beam_width : OSS_BEAM_WIDTH_DEFAULT;
    fill(&options->lm_weight, tuning->tuned ? tuning->lm_weight : known.lm_weight,
         (zeros & OSS_DECODING_LM_WEIGHT) != 0);
    fill(&options->word_bonus, tuning->tuned ? tuning->word_bonus : known.word_bonus,
         (zeros & OSS_DECODING_WORD_BONUS) != 0);
    fill(&options->unknown_penalty, tuning->has_penalty ? tuning->unknown_penalty : known.unknown_penalty,
         (zeros & OSS_DECODING_UNKNOWN_PENALTY) != 0);
    fill(&options->prior_weight, tuning->prior_weight, (zeros & OSS_DECODING_PRIOR_WEIGHT) != 0);
    fill(&options->beam_prune_logp, known.beam_prune_logp, false);
    fill(&options->token_min_logp, known.token_min_logp, false);
    fill(&options->rescore_weight, default_rescore_weight, false);
    options->zeros = (options->lm_weight == 0.0 ? OSS_DECODING_LM_WEIGHT : 0U) |
                     (options->word_bonus == 0.0 ? OSS_DECODING_WORD_BONUS : 0U) |
                     (options->unknown_penalty == 0.0 ? OSS_DECODING_UNKNOWN_PENALTY : 0U) |
                     (options->prior_weight == 0.0 ? OSS_DECODING_PRIOR_WEIGHT : 0U);
}

oss_beam_options oss_decoding_beam_options(const oss_decoding_options *options) {
    return (oss_beam_options){.width = options->beam_width,
                              .lm_weight = options->lm_weight,
                              .word_bonus = options->word_bonus,
                              .unknown_penalty = options->unknown_penalty,
                              .prior_weight = options->prior_weight,
                              .beam_prune_logp = options->beam_prune_logp,
                              /* Lists would be short of what differs early in an utterance. */
                              .prune_history = options->n_best == 0 && options->rescore_lm == NULL,
                              .token_min_logp = options->token_min_logp};
}
