/* Confidences learnt from words that are known to be right or wrong, and how good they are. */
#ifndef OSS_CONVERT_CONFIDENCE_FIT_H
#define OSS_CONVERT_CONFIDENCE_FIT_H

#include "decode/confidence.h"

typedef struct oss_judged_word {
    double feature[OSS_CONFIDENCE_FEATURES];
    bool right;
    int64_t row; /* where it is from: words of one row are held out together */
} oss_judged_word;

/* Words of each kind that a fit needs at least. */
enum { OSS_CONFIDENCE_LEAST_WORDS = 20 };

/* Logistic regression with a little ridge on features of mean 0 and deviation 1, by Newton's method (Hastie, Tibshirani,
 * Friedman, The Elements of Statistical Learning, 4.4): the weights that make word[words] likeliest. OSS_EINPUT: too few
 * words that are right, or wrong; OSS_ENOMEM. */
oss_status oss_confidence_fit(oss_confidence_weights *out, const oss_judged_word *word, int64_t words);

/* probability[words]: of each word by weights that were fitted to the words of other rows, four fifths of all; so they tell
 * what such weights are worth on words that they do not know. Fails as the fit does. */
oss_status oss_confidence_cross_validate(double *probability, const oss_judged_word *word, int64_t words);

/* ---- How good probabilities are ---- */

enum { OSS_CONFIDENCE_BINS = 15 };

/* Expected calibration error (Naeini, Cooper, Hauskrecht 2015): over OSS_CONFIDENCE_BINS bins of equal width, the mean of
 * |part that is right - mean probability|, weighted by their words. words >= 1. */
double oss_confidence_error(const double *probability, const oss_judged_word *word, int64_t words);

/* The part of all pairs of a right and a wrong word of which the right one has the higher probability, equal ones counted
 * half: the area under the ROC. NaN when there is no pair. OSS_ENOMEM. */
oss_status oss_confidence_auc(double *out, const double *probability, const oss_judged_word *word,
                              int64_t words);

#endif
