/* The alignment of a reference with a hypothesis: which word stands for which. */
#ifndef OSS_SCORE_WORD_PATH_H
#define OSS_SCORE_WORD_PATH_H

#include "score/word_net.h"

typedef enum oss_word_edit_kind {
    OSS_WORD_CORRECT,
    OSS_WORD_SUBSTITUTED,
    OSS_WORD_DELETED,
    OSS_WORD_INSERTED
} oss_word_edit_kind;

/* Arcs of both nets, -1: none. An optional word that is not there is correct, with an arc on its own side only. */
typedef struct oss_word_edit {
    oss_word_edit_kind kind;
    int32_t reference, hypothesis;
} oss_word_edit;

typedef struct oss_word_path {
    oss_word_edit *edit; /* [edits], in the order of the text; @ is left out */
    int32_t edits;
} oss_word_path;

/* What an alignment minimises the sum of. */
typedef struct oss_word_costs {
    int32_t substitution, insertion, deletion;
    double null_gap;     /* @ against nothing */
    double null_pair;    /* @ against @ */
    double null_word;    /* @ against a word */
    double optional_gap; /* an optional word against nothing */
    bool in_floats;      /* sums are rounded to single precision */
    bool
        deletes_first; /* where a deletion costs what an insertion does: the deletion (substitutions come before both) */
} oss_word_costs;

/* sclite's: a substitution 4, a gap 3, and small ones for @ and optional words; so a substitution beats a deletion with an
 * insertion, but two substitutions do not beat one deletion, one insertion and a correct word. It can so count more errors
 * than there need be. Sums in single precision, and ties, are sclite's too: its counts come from them. */
extern const oss_word_costs oss_word_costs_sclite;
/* Levenshtein's: the fewest errors, and among these what text/edit_distance.h prefers. */
extern const oss_word_costs oss_word_costs_levenshtein;

/* Zero-initialise *path; free with oss_word_path_deinit. OSS_EINPUT: the utterance is too long (2^34 pairs of words; with
 * alternatives, optional words, fragments or @ 2^25). Memory: of plain texts about 6 bytes times the words of
 * the hypothesis and the square root of those of the reference; of others 8 bytes for each pair of words. */
oss_status oss_word_path_init(oss_word_path *path, const oss_word_net *reference,
                              const oss_word_net *hypothesis, const oss_score_words *words,
                              const oss_word_costs *costs);
void oss_word_path_deinit(oss_word_path *path);

typedef struct oss_word_counts {
    int64_t correct, substituted, deleted, inserted;
} oss_word_counts;
oss_word_counts oss_word_path_counts(const oss_word_path *path);
/* Of the reference: correct ones, substitutions and deletions. */
int64_t oss_word_counts_words(const oss_word_counts *counts);
int64_t oss_word_counts_errors(const oss_word_counts *counts);
void oss_word_counts_add(oss_word_counts *sum, const oss_word_counts *more);
/* Errors a word; without words 1 when there are errors, else 0 (as oss_edits_rate). */
double oss_word_counts_rate(const oss_word_counts *counts);

#endif
