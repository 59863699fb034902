/* What `ossicle score` prints and writes. */
#ifndef OSS_CLI_SCORE_REPORT_H
#define OSS_CLI_SCORE_REPORT_H

#include "score/confusions.h"
#include "score/scoreboard.h"
#include "score/significance.h"

typedef struct oss_score_report {
    const oss_scoreboard *board;
    const oss_score_pairs *pairs;
    const oss_transcripts *reference, *hypothesis; /* hypothesis[board->systems] */
    bool by_levenshtein;                           /* what counts is Levenshtein's, and `other` sclite's */
    bool keeps_case;                               /* else errors are shown in capitals */
    const oss_bootstrap *bootstrap;                /* NULL: none */
    const oss_mapsswe *mapsswe;                    /* NULL: one system */
    int32_t confusions;                            /* of each kind; 0: none */
    bool alignments;
} oss_score_report;

/* "sclite's" and "Levenshtein's", each with its costs: of what counts, or of the other. */
const char *oss_score_rule_name(const oss_score_report *report, bool other);

/* On standard output. */
oss_status oss_score_print_text(const oss_score_report *report);
oss_status oss_score_print_alignments(const oss_score_report *report, int32_t system);
oss_status oss_score_print_confusions(const oss_score_report *report, int32_t system);
oss_status oss_score_print_json(const oss_score_report *report);
/* One page without scripts or anything from elsewhere. */
oss_status oss_score_write_html(const oss_score_report *report, const char *path);

/* An error's word in capitals, where case does not count; *out is the caller's (oss_free). */
oss_status oss_score_show_error(char **out, const oss_score_report *report, const char *word);

#endif
