#include "convert/confidence_fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/mem.h"

enum { TERMS = 1 + OSS_CONFIDENCE_FEATURES, STEPS = 50, FOLDS = 5 };

/* Of the mean loss: as if each weight of a standardised feature were known to be about 0, give or take 30. */
static const double ridge = 1e-3;

/* ---- Features of mean 0 and deviation 1 ---- */

typedef struct standard {
    double mean[OSS_CONFIDENCE_FEATURES], scale[OSS_CONFIDENCE_FEATURES];
} standard;

/* Words of rows that are not held out; fold < 0: all. */
static bool is_held_out(const oss_judged_word *word, int32_t fold) {
    return fold >= 0 && word->row % FOLDS == fold;
}

static standard standardise(const oss_judged_word *word, int64_t words, int32_t fold) {
    standard s = {0};
    double count = 0.0, squares[OSS_CONFIDENCE_FEATURES] = {0};
    for (int64_t i = 0; i < words; i++) {
        if (is_held_out(&word[i], fold)) {
            continue;
        }
        count += 1.0;
        for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
            double off = word[i].feature[k] - s.mean[k];
            s.mean[k] += off / count;
            squares[k] += off * (word[i].feature[k] - s.mean[k]);
        }
    }
    for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        double deviation = sqrt(squares[k] / count);
        s.scale[k] = deviation > 1e-9 ? 1.0 / deviation : 0.0; /* one that never changes has no weight */
    }
    return s;
}

static void make_terms(double term[TERMS], const oss_judged_word *word, const standard *s) {
    term[0] = 1.0;
    for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        term[k + 1] = (word->feature[k] - s->mean[k]) * s->scale[k];
    }
}

/* ---- Newton's method ---- */

typedef struct newton {
    double gradient[TERMS];
    double curvature[TERMS][TERMS]; /* lower triangle */
} newton;

static double logistic(double x) {
    return 1.0 / (1.0 + exp(-x));
}

static void add_word(newton *n, const double term[TERMS], const double weight[TERMS], bool right) {
    double sum = 0.0;
    for (int32_t i = 0; i < TERMS; i++) {
        sum += weight[i] * term[i];
    }
    double p = logistic(sum);
    for (int32_t i = 0; i < TERMS; i++) {
        n->gradient[i] += (p - (right ? 1.0 : 0.0)) * term[i];
        for (int32_t j = 0; j <= i; j++) {
            n->curvature[i][j] += p * (1.0 - p) * term[i] * term[j];
        }
    }
}

/* x = curvature^-1 gradient, by Cholesky's factors; the ridge keeps it positive definite. */
static void solve(double x[TERMS], newton *n) {
    for (int32_t i = 0; i < TERMS; i++) {
        for (int32_t j = 0; j <= i; j++) {
            double sum = n->curvature[i][j];
            for (int32_t k = 0; k < j; k++) {
                sum -= n->curvature[i][k] * n->curvature[j][k];
            }
            n->curvature[i][j] = i == j ? sqrt(sum) : sum / n->curvature[j][j];
        }
    }
    for (int32_t i = 0; i < TERMS; i++) {
        x[i] = n->gradient[i];
        for (int32_t k = 0; k < i; k++) {
            x[i] -= n->curvature[i][k] * x[k];
        }
        x[i] /= n->curvature[i][i];
    }
    for (int32_t i = TERMS - 1; i >= 0; i--) {
        for (int32_t k = i + 1; k < TERMS; k++) {
            x[i] -= n->curvature[k][i] * x[k];
        }
        x[i] /= n->curvature[i][i];
    }
}

/* The largest change of a weight. */
static double take_step(double weight[TERMS], const oss_judged_word *word, int64_t words, int32_t fold,
                        const standard *s) {
    newton n = {0};
    double count = 0.0;
    for (int64_t i = 0; i < words; i++) {
        if (!is_held_out(&word[i], fold)) {
            double term[TERMS];
            make_terms(term, &word[i], s);
            add_word(&n, term, weight, word[i].right);
            count += 1.0;
        }
    }
    for (int32_t i = 0; i < TERMS; i++) {
        double pull = (i == 0 ? 1e-6 : ridge) * count;
        n.gradient[i] += pull * weight[i];
        n.curvature[i][i] += pull;
    }
    double step[TERMS], largest = 0.0;
    solve(step, &n);
    for (int32_t i = 0; i < TERMS; i++) {
        weight[i] -= step[i];
        largest = fmax(largest, fabs(step[i]));
    }
    return largest;
}

static oss_status check_words(const oss_judged_word *word, int64_t words, int32_t fold) {
    int64_t right = 0, wrong = 0;
    for (int64_t i = 0; i < words; i++) {
        if (!is_held_out(&word[i], fold)) {
            right += word[i].right;
            wrong += !word[i].right;
        }
    }
    if (right < OSS_CONFIDENCE_LEAST_WORDS || wrong < OSS_CONFIDENCE_LEAST_WORDS) {
        return oss_fail(
            OSS_EINPUT,
            "%lld words are right and %lld wrong: confidences are learnt from at least %d of each; "
            "give more rows",
            (long long)right, (long long)wrong, OSS_CONFIDENCE_LEAST_WORDS);
    }
    return OSS_OK;
}

static oss_status fit(oss_confidence_weights *out, const oss_judged_word *word, int64_t words, int32_t fold) {
    oss_status status = check_words(word, words, fold);
    if (status != OSS_OK) {
        return status;
    }
    standard s = standardise(word, words, fold);
    double weight[TERMS] = {0};
    for (int32_t step = 0; step < STEPS && take_step(weight, word, words, fold, &s) > 1e-9; step++) {
    }
    out->bias = weight[0];
    for (int32_t k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        out->weight[k] = weight[k + 1] * s.scale[k];
        out->bias -= out->weight[k] * s.mean[k];
    }
    return OSS_OK;
}

oss_status oss_confidence_fit(oss_confidence_weights *out, const oss_judged_word *word, int64_t words) {
    return fit(out, word, words, -1);
}

oss_status oss_confidence_cross_validate(double *probability, const oss_judged_word *word, int64_t words) {
    for (int32_t fold = 0; fold < FOLDS; fold++) {
        oss_confidence_weights weights;
        oss_status status = fit(&weights, word, words, fold);
        if (status != OSS_OK) {
            return status;
        }
        for (int64_t i = 0; i < words; i++) {
            if (is_held_out(&word[i], fold)) {
                probability[i] = oss_confidence(&weights, word[i].feature);
            }
        }
    }
    return OSS_OK;
}

/* ---- How good probabilities are ---- */

double oss_confidence_error(const double *probability, const oss_judged_word *word, int64_t words) {
    double sure[OSS_CONFIDENCE_BINS] = {0}, right[OSS_CONFIDENCE_BINS] = {0};
    for (int64_t i = 0; i < words; i++) {
        int32_t bin = (int32_t)(probability[i] * OSS_CONFIDENCE_BINS);
        bin = bin < OSS_CONFIDENCE_BINS ? bin : OSS_CONFIDENCE_BINS - 1;
        sure[bin] += probability[i];
        right[bin] += word[i].right ? 1.0 : 0.0;
    }
    double sum = 0.0;
    for (int32_t bin = 0; bin < OSS_CONFIDENCE_BINS; bin++) {
        sum += fabs(right[bin] - sure[bin]);
    }
    return sum / (double)words;
}

typedef struct ranked {
    double probability;
    bool right;
} ranked;

static int compare_ranked(const void *a, const void *b) {
    double x = ((const ranked *)a)->probability, y = ((const ranked *)b)->probability;
    return (x > y) - (x < y);
}

/* Pairs that are in order, equal ones counted half, by Mann and Whitney's sum: rising item[words]. */
static double count_pairs(const ranked *item, int64_t words) {
    double pairs = 0.0, wrong_below = 0.0;
    for (int64_t begin = 0, end = 0; begin < words; begin = end) {
        double right = 0.0, wrong = 0.0;
        for (end = begin; end < words && item[end].probability <= item[begin].probability; end++) {
            right += item[end].right ? 1.0 : 0.0;
            wrong += item[end].right ? 0.0 : 1.0;
        }
        pairs += right * (wrong_below + 0.5 * wrong);
        wrong_below += wrong;
    }
    return pairs;
}

oss_status oss_confidence_auc(double *out, const double *probability, const oss_judged_word *word,
                              int64_t words) {
    ranked *item = oss_alloc((size_t)words, sizeof *item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    double right = 0.0;
    for (int64_t i = 0; i < words; i++) {
        item[i] = (ranked){probability[i], word[i].right};
        right += word[i].right ? 1.0 : 0.0;
    }
    qsort(item, (size_t)words, sizeof *item, compare_ranked);
    *out = count_pairs(item, words) / (right * ((double)words - right));
    oss_free(item);
    return OSS_OK;
}
