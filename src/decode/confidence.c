#include "decode/confidence.h"

#include <math.h>

static const char *const name[OSS_CONFIDENCE_FEATURES] = {"cost",    "doubt",  "entropy", "peaks",
                                                          "weakest", "spaces", "length",  "posterior"};

const char *oss_confidence_feature_name(oss_confidence_feature feature) {
    return name[feature];
}

static double log_probability(const oss_best_path_symbol *symbol) {
    return log((double)symbol->probability);
}

/* A space next to the word, when the path has that symbol and it is one. */
static void add_space(double *feature, const oss_best_path *path, const oss_vocab *vocab, int64_t symbol) {
    if (symbol < 0 || symbol >= path->symbols || !oss_path_is_space(path, vocab, symbol)) {
        return;
    }
    const oss_best_path_symbol *space = &path->symbol[symbol];
    feature[OSS_CONFIDENCE_COST] += (double)space->cost;
    feature[OSS_CONFIDENCE_DOUBT] += (double)space->doubt;
    feature[OSS_CONFIDENCE_SPACES] = fmin(feature[OSS_CONFIDENCE_SPACES], log_probability(space));
}

void oss_confidence_features(double feature[OSS_CONFIDENCE_FEATURES], const oss_best_path *path,
                             const oss_vocab *vocab, const oss_path_word *word) {
    for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        feature[k] = 0.0;
    }
    for (int32_t i = 0; i < word->symbols; i++) {
        const oss_best_path_symbol *symbol = &path->symbol[word->first + i];
        double peak = log_probability(symbol);
        feature[OSS_CONFIDENCE_COST] += (double)symbol->cost;
        feature[OSS_CONFIDENCE_DOUBT] += (double)symbol->doubt;
        feature[OSS_CONFIDENCE_ENTROPY] += (double)symbol->entropy / word->symbols;
        feature[OSS_CONFIDENCE_PEAKS] += peak;
        feature[OSS_CONFIDENCE_WEAKEST] = fmin(feature[OSS_CONFIDENCE_WEAKEST], peak);
    }
    feature[OSS_CONFIDENCE_LENGTH] = log((double)word->symbols);
    add_space(feature, path, vocab, word->first - 1);
    add_space(feature, path, vocab, word->first + word->symbols);
}

double oss_confidence_logit(double posterior) {
    const double within = 0.001 + 0.998 * fmin(fmax(posterior, 0.0), 1.0);
    return log(within / (1.0 - within));
}

double oss_confidence(const oss_confidence_weights *weights, const double feature[OSS_CONFIDENCE_FEATURES]) {
    double sum = weights->bias;
    for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        sum += weights->weight[k] * feature[k];
    }
    return isnan(sum) ? 0.0 : 1.0 / (1.0 + exp(-sum));
}

float oss_confidence_plain(const oss_best_path *path, const oss_path_word *word) {
    float least = 1.0F;
    for (int32_t i = 0; i < word->symbols; i++) {
        least = fminf(least, path->symbol[word->first + i].probability);
    }
    return least;
}
