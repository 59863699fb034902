/* All pairs aligned and counted: what reports are made of. */
#ifndef OSS_SCORE_SCOREBOARD_H
#define OSS_SCORE_SCOREBOARD_H

#include "score/score_pairs.h"
#include "score/word_path.h"

typedef struct oss_scoreboard_options {
    oss_notation reference, hypothesis[OSS_SCORE_MOST_SYSTEMS];
    const oss_word_costs *costs; /* of the alignments that are shown and counted */
    const oss_word_costs *other; /* only counted */
} oss_scoreboard_options;

/* One utterance by one system. */
typedef struct oss_scored_text {
    oss_word_net net;   /* of the hypothesis */
    oss_word_path path; /* with the reference */
    oss_word_counts counts, other;
    int64_t characters,
        character_errors; /* of the reference as the path takes it: words with single spaces, code points */
} oss_scored_text;

typedef struct oss_scored_utterance {
    const oss_transcript_line *reference;
    int32_t speaker; /* number; -1: not known */
    oss_word_net net;
    oss_scored_text text[OSS_SCORE_MOST_SYSTEMS];
} oss_scored_utterance;

/* Sums over utterances. */
typedef struct oss_score_sums {
    int64_t utterances, wrong_utterances;
    oss_word_counts counts, other;
    int64_t characters, character_errors;
} oss_score_sums;

typedef struct oss_scoreboard {
    oss_score_words words;
    oss_scored_utterance *utterance; /* [utterances] in the order of the reference */
    int32_t utterances, systems;
    const char **speaker; /* [speakers] in the order in which they come; the transcripts' */
    int32_t speakers;
    oss_score_sums sum[OSS_SCORE_MOST_SYSTEMS];
    oss_score_sums *by_speaker; /* [systems, speakers] */
    int64_t bracketed;          /* words of the reference in round brackets that count as they stand */
} oss_scoreboard;

/* Zero-initialise; free with oss_scoreboard_deinit, after failure too. The pairs must outlive it. OSS_EINPUT: an utterance is
 * named with its file, line and id; `name`: files of the reference and the hypotheses. */
oss_status oss_scoreboard_init(oss_scoreboard *board, const oss_score_pairs *pairs, int32_t systems,
                               const char *const *name, const oss_scoreboard_options *options);
void oss_scoreboard_deinit(oss_scoreboard *board);

/* Errors in characters for each of the reference; as oss_word_counts_rate. */
double oss_score_sums_cer(const oss_score_sums *sums);
/* One utterance as sums. */
oss_score_sums oss_scored_text_sums(const oss_scored_text *text);
void oss_score_sums_add(oss_score_sums *to, const oss_score_sums *more);

/* The words of an edit; "" for none. An optional word is shown in its brackets: written to buffer, whose text it is. */
const char *oss_scored_word(const oss_scoreboard *board, const oss_word_net *net, int32_t arc,
                            oss_strbuf *buffer);

#endif
