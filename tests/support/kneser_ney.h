/* Interpolated modified Kneser-Ney smoothing by its formulas (Chen and Goodman 1998), over all n-grams that there could be. */
#ifndef OSS_TESTS_KNESER_NEY_H
#define OSS_TESTS_KNESER_NEY_H

#include "support/arpa_table.h"

enum { OSS_KN_SENTENCES = 400, OSS_KN_LENGTH = 16 };

/* Tokens as in arpa_table.h, each sentence with <s> before and </s> after it. */
typedef struct oss_kn_text {
    int token[OSS_KN_SENTENCES][OSS_KN_LENGTH], length[OSS_KN_SENTENCES], sentences;
} oss_kn_text;

/* Those below are of this text; n-grams of order n that came at most cutoff[n - 1] times are cut off. */
void oss_kn_count(const oss_kn_text *text, int order, const int *cutoff);
/* p(token[n - 1] | those before), with so many tokens in the vocabulary, <s> not counted. */
double oss_kn_p(const int *token, int n, int tokens);
double oss_kn_raw(int n, int cell);
double oss_kn_discount(int n, int count); /* count: 1 to 3 */
int oss_kn_power(int n);                  /* cells of order n */

#endif
