/* How sure an error rate is, and whether two systems differ. */
#ifndef OSS_SCORE_SIGNIFICANCE_H
#define OSS_SCORE_SIGNIFICANCE_H

#include "score/scoreboard.h"

/* Utterances are drawn anew with replacement, as many as there are, and rates of the samples are sorted (Bisani & Ney,
 * "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004). Utterances count as independent
 * of each other, which those of one speaker are not: the interval is rather too narrow. The same draws for all systems. */
typedef struct oss_bootstrap {
    int32_t samples;
    double wer_low[OSS_SCORE_MOST_SYSTEMS], wer_high[OSS_SCORE_MOST_SYSTEMS]; /* 2.5 % and 97.5 % */
    double cer_low[OSS_SCORE_MOST_SYSTEMS], cer_high[OSS_SCORE_MOST_SYSTEMS];
    /* Of two systems: how much higher the WER of the second is, and the share of samples in which it is lower. */
    double difference, difference_low, difference_high, probability_of_improvement;
} oss_bootstrap;
/* samples at least 40: fewer have no 2.5 %. OSS_ENOMEM. */
oss_status oss_bootstrap_run(oss_bootstrap *out, const oss_scoreboard *board, int32_t samples, uint64_t seed);

/* Matched pairs sentence-segment word error test (Gillick & Cox, "Some statistical issues in the comparison of speech recognition
 * algorithms", ICASSP 1989), as NIST's sc_stats does it: a segment ends where two words in a row are right in both systems,
 * without an insertion in front of either, or with the utterance. An alternation is one word here. */
typedef struct oss_mapsswe {
    int64_t segments;
    double mean,
        deviation; /* of errors of the first system less those of the second, a segment; deviation over segments - 1 */
    double z, p; /* of equal means, two-sided; z: 0 when mean and deviation are, else NAN when deviation is */
} oss_mapsswe;
/* Of systems 0 and 1 of the board. OSS_ENOMEM. */
oss_status oss_mapsswe_run(oss_mapsswe *out, const oss_scoreboard *board);

#endif
