/* What was tried so far: a file of a line for each unit of work, which only grows. */
#ifndef OSS_TESTS_RESULTS_H
#define OSS_TESTS_RESULTS_H

#include <stdio.h>

#include "torture/torture.h"

typedef struct oss_result_row {
    char campaign[80], unit[120];
    oss_tally tally;
    double cpu_seconds;
} oss_result_row;

typedef struct oss_results {
    const char *path;
    oss_result_row *row;
    int32_t rows;
} oss_results;

void oss_results_load(oss_results *results, const char *path); /* none yet: empty */
void oss_results_free(oss_results *results);
/* NULL: it was not done. Until the next row is added. */
const oss_result_row *oss_results_find(const oss_results *results, const char *campaign, const char *unit);
void oss_results_add(oss_results *results, const oss_result_row *row); /* to the file too, at once */
/* In Markdown: a row for each campaign, and what was lost. Returns how much that was. */
int64_t oss_results_print(const oss_results *results, FILE *out);

#endif
