/* How sure a word is: the probability that it is right, by a logistic function of what the network's posteriors show
 * (Jiang 2005, Speech Communication 45, is a survey; features, then a calibration on labelled speech). */
#ifndef OSS_DECODE_CONFIDENCE_H
#define OSS_DECODE_CONFIDENCE_H

#include "decode/path_words.h"

/* Sums and means of a word's symbols, natural logarithms. The spaces next to it are taken with it: half of the errors
 * are of where a word ends. */
typedef enum oss_confidence_feature {
    OSS_CONFIDENCE_COST, /* sum of -ln p of the best symbol, frame by frame, from the space before to the one behind */
    OSS_CONFIDENCE_DOUBT,      /* sum of entropies of the same frames */
    OSS_CONFIDENCE_ENTROPY,    /* mean over symbols of the least entropy of their frames */
    OSS_CONFIDENCE_PEAKS,      /* sum over symbols of ln of their probability */
    OSS_CONFIDENCE_WEAKEST,    /* the least of these */
    OSS_CONFIDENCE_SPACES,     /* the same of the spaces next to the word, 0 when there are none */
    OSS_CONFIDENCE_LENGTH,     /* ln of the number of symbols */
    OSS_CONFIDENCE_OF_NETWORK, /* those are what the network says */
    OSS_CONFIDENCE_POSTERIOR =
        OSS_CONFIDENCE_OF_NETWORK, /* logit of the word's posterior in a search; 0: none */
    OSS_CONFIDENCE_FEATURES
} oss_confidence_feature;

const char *oss_confidence_feature_name(oss_confidence_feature feature);

typedef struct oss_confidence_weights {
    double bias;
    double weight[OSS_CONFIDENCE_FEATURES];
} oss_confidence_weights;

/* All but the posterior, which is 0. */
void oss_confidence_features(double feature[OSS_CONFIDENCE_FEATURES], const oss_best_path *path,
                             const oss_vocab *vocab, const oss_path_word *word);

/* ln(p / (1 - p)) of a posterior 0 to 1, which is taken for nearer to 0.5 by 0.001: a list of hypotheses is never all of them. */
double oss_confidence_logit(double posterior);

/* 1 / (1 + exp(-(bias + sum weight feature))), in [0, 1] for finite weights. */
double oss_confidence(const oss_confidence_weights *weights, const double feature[OSS_CONFIDENCE_FEATURES]);

/* The least probability of a word's symbols: what is known without weights. */
float oss_confidence_plain(const oss_best_path *path, const oss_path_word *word);

#endif
