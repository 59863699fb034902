/* Which hypothesis belongs to which reference. */
#ifndef OSS_SCORE_SCORE_PAIRS_H
#define OSS_SCORE_SCORE_PAIRS_H

#include "score/transcripts.h"

enum { OSS_SCORE_MOST_SYSTEMS = 2 };

/* What becomes of utterances that are not in all files. */
typedef enum oss_score_missing {
    OSS_SCORE_MISSING_ERROR,
    OSS_SCORE_MISSING_EMPTY, /* without a hypothesis: nothing was recognised; without a reference: an error */
    OSS_SCORE_MISSING_SKIP   /* what all files have is scored */
} oss_score_missing;

typedef struct oss_score_pair {
    const oss_transcript_line *reference;
    const char *hypothesis[OSS_SCORE_MOST_SYSTEMS]; /* texts; "" of those that are missing */
} oss_score_pair;

typedef struct oss_score_pairs {
    oss_score_pair *pair; /* [pairs] in the order of the reference */
    int32_t pairs;
    int32_t ignored,
        skipped; /* segments that the reference leaves out; utterances left out for others' sake */
    int32_t missing[OSS_SCORE_MOST_SYSTEMS]; /* of `pair`: hypotheses that count as empty */
    int32_t unknown[OSS_SCORE_MOST_SYSTEMS]; /* ids of hypotheses that the reference has not: skipped */
    bool by_names[OSS_SCORE_MOST_SYSTEMS];   /* ids were the same only without folders and endings */
    char **owned;                            /* [owned_count] */
    int32_t owned_count;
} oss_score_pairs;

typedef struct oss_score_pairs_options {
    bool by_line; /* the first with the first, whatever their ids */
    oss_score_missing missing;
    oss_score_case letters;
} oss_score_pairs_options;

/* Pairs utterances by their ids. Words of a ctm go to the segments of a stm by their times, as sclite does it: each to the first
 * segment of its recording and channel that ends behind the word's middle, all that are left to the last one. A recording
 * without words in a ctm was silent: no error, whatever options->missing says. What stm and ctm have of a recording is joined
 * where the other side has no times. Ids that none of the other file has are tried without folders and endings.
 * The transcripts are joined in place, and must outlive the pairs. Zero-initialise; free with oss_score_pairs_deinit, after failure
 * too. OSS_EINPUT: ids that are missing, not known or there twice are named, with lines. */
oss_status oss_score_pairs_init(oss_score_pairs *pairs, oss_transcripts *reference,
                                oss_transcripts *hypothesis, int32_t hypotheses,
                                const oss_score_pairs_options *options);
void oss_score_pairs_deinit(oss_score_pairs *pairs);

#endif
