/* Rows without files, for the analysis by itself. */
#ifndef OSS_TESTS_CHECK_ROWS_H
#define OSS_TESTS_CHECK_ROWS_H

#include <stdio.h>
#include <string.h>

#include "check/check.h"
#include "support/rows.h"
#include "support/suite.h"

enum { MOST = 64, RATE = 16000 };

static const oss_check_source sources[] = {{"train.csv", OSS_CHECK_TRAIN}, {"dev.csv", OSS_CHECK_DEV}};
static char names[MOST][24], texts[MOST][80];
static oss_check_row rows[MOST];
static int32_t count;

static inline void begin(void) {
    memset(rows, 0, sizeof rows);
    count = 0;
}

/* A usable row of train with a sound of its own. */
static inline oss_check_row *add(const char *text, double seconds) {
    ck_assert_int_lt(count, MOST);
    (void)snprintf(texts[count], sizeof texts[count], "%s", text);
    (void)snprintf(names[count], sizeof names[count], "r%d.wav", count + 1);
    rows[count] = (oss_check_row){.csv.number = count + 1,
                                  .csv.line = count + 2,
                                  .csv.wav = names[count],
                                  .csv.path = names[count],
                                  .csv.text = texts[count],
                                  .usable = true,
                                  .sound.samples = (int64_t)(seconds * (double)RATE),
                                  .sound.source_rate_hz = RATE,
                                  .sound.measure = {.samples = (int64_t)(seconds * (double)RATE),
                                                    .peak = 0.5,
                                                    .deviation = 0.1,
                                                    .hash = (uint64_t)count + 1}};
    return &rows[count++];
}

static inline oss_check_report *check(const char *config_json) {
    oss_config *config = oss_rows_config(config_json);
    oss_check_report *report = NULL;
    const oss_check_input input = {.config = config, .source = sources, .row = rows, .rows = count};
    ck_assert_msg(oss_check_create(&report, &input) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    return report;
}

/* The first finding of a kind, which must be there. */
static inline const oss_check_finding *find(const oss_check_report *report, oss_check_kind kind) {
    for (int32_t i = 0; i < report->findings; i++) {
        if (report->finding[i].kind == kind) {
            return &report->finding[i];
        }
    }
    ck_abort_msg("no finding of kind %s", oss_check_kind_name(kind));
    return NULL;
}

#endif
