#include "batch/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support/rows.h"
#include "support/suite.h"

enum { MAX_ROWS = 400 };

typedef struct fixture {
    oss_config *config;
    oss_manifest train, dev;
    int32_t groups;
} fixture;

static fixture make(const char *split_by, double fraction) {
    char json[200];
    snprintf(json, sizeof json, "{\"train_csv\": \"t.csv\", \"split_by\": \"%s\", \"dev_fraction\": %.6f}",
             split_by, fraction);
    return (fixture){.config = oss_rows_config(json)};
}

static void clear(fixture *f) {
    oss_manifest_deinit(&f->train);
    oss_manifest_deinit(&f->dev);
    oss_config_free(f->config);
}

/* Texts repeat: row i says number i / 3; speakers take turns. */
static void add_rows(fixture *f, int32_t rows, int32_t speakers) {
    for (int32_t i = 0; i < rows; i++) {
        char text[32], speaker[32];
        snprintf(text, sizeof text, "text %d", i / 3);
        snprintf(speaker, sizeof speaker, "s%d", i % (speakers > 0 ? speakers : 1));
        oss_rows_add(&f->train, i + 1, text, speakers > 0 ? speaker : NULL, 16000);
    }
}

static void split(fixture *f) {
    oss_status status = oss_split(&f->train, &f->dev, f->config, &f->groups);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
}

static void assert_refused(fixture *f, const char *words) {
    int32_t rows = f->train.rows;
    ck_assert_int_eq(oss_split(&f->train, &f->dev, f->config, &f->groups), OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL, "%s", oss_last_error());
    ck_assert_int_eq(f->train.rows, rows);
    ck_assert_int_eq(f->dev.rows, 0);
}

static bool rises(const oss_manifest *manifest) {
    for (int32_t i = 1; i < manifest->rows; i++) {
        if (manifest->row[i].csv.number <= manifest->row[i - 1].csv.number) {
            return false;
        }
    }
    return true;
}

START_TEST(test_rows_are_counted_exactly) {
    for (int32_t rows = 2; rows < 60; rows++) {
        for (double fraction = 0.01; fraction < 0.99; fraction += 0.07) {
            fixture f = make("row", fraction);
            add_rows(&f, rows, 0);
            split(&f);
            int32_t wanted = (int32_t)lround(f.config->data.dev_fraction * rows);
            wanted = wanted < 1 ? 1 : wanted > rows - 1 ? rows - 1 : wanted;
            ck_assert_int_eq(f.dev.rows, wanted);
            ck_assert_int_eq(f.train.rows, rows - wanted);
            ck_assert(rises(&f.train) && rises(&f.dev));
            clear(&f);
        }
    }
}
END_TEST

START_TEST(test_equal_texts_stay_together) {
    for (double fraction = 0.02; fraction < 0.98; fraction += 0.06) {
        fixture f = make("text", fraction);
        add_rows(&f, 99, 0);
        split(&f);
        ck_assert_int_eq(f.groups, 33);
        ck_assert_int_gt(f.dev.rows, 0);
        ck_assert_int_gt(f.train.rows, 0);
        ck_assert_int_le(abs(f.dev.rows - (int32_t)(fraction * 99)), 3);
        for (int32_t i = 0; i < f.dev.rows; i++) {
            for (int32_t j = 0; j < f.train.rows; j++) {
                ck_assert_str_ne(f.dev.row[i].csv.text, f.train.row[j].csv.text);
            }
        }
        clear(&f);
    }
}
END_TEST

/* held_out[number] of a split of rows in a shuffled order, or with the first ones left out. */
static void mark_held_out(bool held_out[MAX_ROWS], const char *split_by, uint64_t shuffle, int32_t from) {
    fixture f = make(split_by, 0.2);
    int32_t order[MAX_ROWS];
    for (int32_t i = 0; i < 200; i++) {
        order[i] = i;
    }
    if (shuffle > 0) {
        oss_rng_shuffle(order, 200, shuffle, OSS_RNG_TEST, 0);
    }
    for (int32_t i = 0; i < 200; i++) {
        char text[32];
        snprintf(text, sizeof text, "text %d", order[i] / 3);
        if (order[i] >= from) {
            oss_rows_add(&f.train, order[i], text, NULL, 16000);
        }
    }
    split(&f);
    memset(held_out, 0, MAX_ROWS);
    for (int32_t i = 0; i < f.dev.rows; i++) {
        held_out[f.dev.row[i].csv.number] = true;
    }
    clear(&f);
}

START_TEST(test_order_of_rows_does_not_matter) {
    static const char *const split_by[] = {"text", "row"};
    bool first[MAX_ROWS], second[MAX_ROWS];
    mark_held_out(first, split_by[_i], 0, 0);
    for (uint64_t shuffle = 1; shuffle < 5; shuffle++) {
        mark_held_out(second, split_by[_i], shuffle, 0);
        ck_assert_mem_eq(first, second, MAX_ROWS);
    }
}
END_TEST

START_TEST(test_a_row_more_changes_little) {
    bool all[MAX_ROWS], fewer[MAX_ROWS];
    mark_held_out(all, "row", 0, 0);
    mark_held_out(fewer, "row", 0, 5);
    int32_t moved = 0;
    for (int32_t i = 5; i < 200; i++) {
        moved += all[i] != fewer[i];
    }
    ck_assert_int_le(moved, 5);
}
END_TEST

START_TEST(test_speakers_are_not_divided) {
    fixture f = make("speaker", 0.3);
    add_rows(&f, 90, 9);
    split(&f);
    ck_assert_int_eq(f.groups, 9);
    ck_assert_int_eq(f.dev.rows, 30);
    for (int32_t i = 0; i < f.dev.rows; i++) {
        for (int32_t j = 0; j < f.train.rows; j++) {
            ck_assert_str_ne(f.dev.row[i].csv.speaker, f.train.row[j].csv.speaker);
        }
    }
    clear(&f);
}
END_TEST

START_TEST(test_too_few_groups) {
    fixture f = make("speaker", 0.3);
    add_rows(&f, 40, 4);
    assert_refused(&f, "4 speakers: split_by \"speaker\" needs at least 5");
    clear(&f);
    f = make("speaker", 0.3);
    add_rows(&f, 40, 0);
    assert_refused(&f, "t.csv row 1 (r1.wav) names no speaker");
    clear(&f);
    f = make("text", 0.3);
    add_rows(&f, 3, 0); /* three times the same text */
    assert_refused(&f, "3 rows with one and the same text: nothing can be held out. Set split_by to row");
    clear(&f);
    f = make("row", 0.3);
    add_rows(&f, 1, 0);
    assert_refused(&f, "nothing can be held out");
    clear(&f);
}
END_TEST

/* Two transcripts of a recording are not on both sides, and mending a transcript moves nothing. */
START_TEST(test_rows_are_recordings) {
    fixture f = make("row", 0.3), mended = make("row", 0.3);
    for (int64_t number = 0; number < 40; number++) {
        char text[32];
        oss_rows_add(&f.train, number, "first", NULL, 1);
        oss_rows_add(&f.train, number, "second", NULL, 1);
        snprintf(text, sizeof text, "mended %d", (int)number);
        oss_rows_add(&mended.train, number, text, NULL, 1);
    }
    split(&f);
    split(&mended);
    ck_assert_int_eq(f.groups, 40);
    ck_assert_int_eq(f.dev.rows, 24);
    ck_assert_int_eq(mended.dev.rows, 12);
    for (int32_t i = 0; i < 12; i++) {
        ck_assert_int_eq(f.dev.row[2 * i].csv.number, f.dev.row[2 * i + 1].csv.number);
        ck_assert_int_eq(f.dev.row[2 * i].csv.number, mended.dev.row[i].csv.number);
    }
    clear(&f);
    clear(&mended);
}
END_TEST

/* A text that most rows share is not held out when a tenth was asked for. */
START_TEST(test_a_large_group_stays) {
    for (int32_t tail = 1; tail < 12; tail++) {
        fixture f = make("text", 0.1);
        for (int32_t i = 0; i < 100; i++) {
            oss_rows_add(&f.train, i, "the same", NULL, 1);
        }
        for (int32_t i = 0; i < tail; i++) {
            char text[32];
            snprintf(text, sizeof text, "other %d", i);
            oss_rows_add(&f.train, 100 + i, text, NULL, 1);
        }
        split(&f);
        ck_assert_int_le(f.dev.rows, 12);
        ck_assert_int_ge(f.dev.rows, 1);
        clear(&f);
    }
}
END_TEST

START_TEST(test_nothing_asked_nothing_held_out) {
    fixture f = make("text", 0);
    add_rows(&f, 10, 0);
    split(&f);
    ck_assert_int_eq(f.train.rows, 10);
    ck_assert_int_eq(f.dev.rows, 0);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("split");
    TCase *all = tcase_create("split");
    tcase_add_test(all, test_rows_are_counted_exactly);
    tcase_add_test(all, test_equal_texts_stay_together);
    tcase_add_loop_test(all, test_order_of_rows_does_not_matter, 0, 2);
    tcase_add_test(all, test_a_row_more_changes_little);
    tcase_add_test(all, test_speakers_are_not_divided);
    tcase_add_test(all, test_too_few_groups);
    tcase_add_test(all, test_rows_are_recordings);
    tcase_add_test(all, test_a_large_group_stays);
    tcase_add_test(all, test_nothing_asked_nothing_held_out);
    suite_add_tcase(suite, all);
    return suite;
}
