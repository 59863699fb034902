#include "torture/results.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void keep(oss_results *results, const oss_result_row *row) {
    results->row = realloc(results->row, (size_t)(results->rows + 1) * sizeof *results->row);
    ck_assert_ptr_nonnull(results->row);
    results->row[results->rows++] = *row;
}

/* campaign, unit, tried, lost, CPU seconds, the first loss; a line that was cut short is of a unit to be done again. */
static bool read_row(oss_result_row *row, const char *line) {
    *row = (oss_result_row){0};
    return strchr(line, '\n') != NULL &&
           sscanf(line, "%79[^\t]\t%119[^\t]\t%" SCNd64 "\t%" SCNd64 "\t%lf\t%1199[^\n]", row->campaign,
                  row->unit, &row->tally.tried, &row->tally.lost, &row->cpu_seconds, row->tally.first) >= 5;
}

void oss_results_load(oss_results *results, const char *path) {
    char line[2000];
    *results = (oss_results){.path = path};
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        oss_result_row row;
        if (read_row(&row, line)) {
            keep(results, &row);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

void oss_results_free(oss_results *results) {
    free(results->row);
    *results = (oss_results){0};
}

const oss_result_row *oss_results_find(const oss_results *results, const char *campaign, const char *unit) {
    for (int32_t i = 0; i < results->rows; i++) {
        if (strcmp(results->row[i].campaign, campaign) == 0 && strcmp(results->row[i].unit, unit) == 0) {
            return &results->row[i];
        }
    }
    return NULL;
}

void oss_results_add(oss_results *results, const oss_result_row *row) {
    oss_result_row kept = *row;
    for (char *c = kept.tally.first; *c != '\0'; c++) {
        *c = (char)(*c == '\n' || *c == '\t' ? ' ' : *c);
    }
    FILE *file = fopen(results->path, "a");
    ck_assert_msg(file != NULL, "cannot write %s", results->path);
    fprintf(file, "%s\t%s\t%" PRId64 "\t%" PRId64 "\t%.3f\t%s\n", kept.campaign, kept.unit, kept.tally.tried,
            kept.tally.lost, kept.cpu_seconds, kept.tally.first[0] == '\0' ? "-" : kept.tally.first);
    ck_assert_int_eq(fclose(file), 0);
    keep(results, &kept);
}

/* Of all rows of the campaign that row `from` begins; false when an earlier row was of it. */
static bool add_up(const oss_results *results, int32_t from, oss_result_row *out) {
    *out = results->row[from];
    for (int32_t i = 0; i < results->rows; i++) {
        const oss_result_row *row = &results->row[i];
        if (i == from || strcmp(row->campaign, out->campaign) != 0) {
            continue;
        }
        if (i < from) {
            return false;
        }
        out->tally.tried += row->tally.tried;
        out->tally.lost += row->tally.lost;
        out->cpu_seconds += row->cpu_seconds;
    }
    return true;
}

static void print_row(const oss_result_row *row, FILE *out) {
    fprintf(out, "| %s | %" PRId64 " | %" PRId64 " | %.3f |\n", row->campaign, row->tally.tried,
            row->tally.lost, row->cpu_seconds / 3600);
}

int64_t oss_results_print(const oss_results *results, FILE *out) {
    oss_result_row sum, all = {.campaign = "all"};
    fprintf(out, "| what was tried | how often | lost | CPU-hours |\n|---|---:|---:|---:|\n");
    for (int32_t i = 0; i < results->rows; i++) {
        if (add_up(results, i, &sum)) {
            print_row(&sum, out);
            all.tally.tried += sum.tally.tried;
            all.tally.lost += sum.tally.lost;
            all.cpu_seconds += sum.cpu_seconds;
        }
    }
    print_row(&all, out);
    for (int32_t i = 0; i < results->rows; i++) {
        const oss_result_row *row = &results->row[i];
        if (row->tally.lost > 0) {
            fprintf(out, "\nlost: %s: %s: %" PRId64 "; the first: %s\n", row->campaign, row->unit,
                    row->tally.lost, row->tally.first);
        }
    }
    return all.tally.lost;
}
