#include "batch/labels.h"

#include <string.h>

#include "base/mem.h"
#include "support/rows.h"
#include "support/suite.h"

/* 12.5 frames a second and one sub-frame: n frames need (n - 1) * 8 hops and a sample. */
static int64_t samples_for(int32_t frames) {
    return (int64_t)(frames - 1) * 8 * 160 + 1;
}

static const char one_subframe[] = "{\"train_csv\": \"t.csv\", \"ctc_subframes\": 1}";

typedef struct fixture {
    oss_config *config;
    oss_manifest rows;
    oss_vocab *vocab;
    oss_label_report report;
} fixture;

static fixture make(const char *json) {
    return (fixture){.config = oss_rows_config(json)};
}

static oss_status encode(fixture *f, bool drop) {
    if (f->vocab == NULL) {
        ck_assert_int_eq(oss_labels_vocabulary(&f->vocab, &f->rows, f->config), OSS_OK);
    }
    return oss_labels_encode(&f->rows, f->vocab, f->config, drop, &f->report);
}

static void clear(fixture *f) {
    oss_free(f->report.unknown_list);
    oss_vocab_free(f->vocab);
    oss_manifest_deinit(&f->rows);
    oss_config_free(f->config);
}

static const char eighty[] =
    "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdeffhhj";

START_TEST(test_infeasible_rows_are_named_with_numbers) {
    fixture f = make(one_subframe);
    ck_assert_int_eq(strlen(eighty), 80);
    oss_rows_add(&f.rows, 1, "aab", NULL, samples_for(4));
    oss_rows_add(&f.rows, 7, eighty, NULL, samples_for(77));
    oss_rows_add(&f.rows, 8, eighty, NULL, samples_for(82));
    oss_rows_add(&f.rows, 9, "aab", NULL, samples_for(3));
    ck_assert_int_eq(encode(&f, true), OSS_OK);
    ck_assert_int_eq(f.rows.rows, 2);
    ck_assert_int_eq(f.rows.row[0].csv.number, 1);
    ck_assert_int_eq(f.rows.row[1].csv.number, 8);
    ck_assert_int_eq(f.rows.skippeds, 2);
    ck_assert_int_eq(f.rows.by_reason[OSS_SKIP_INFEASIBLE], 2);
    ck_assert_int_eq(f.report.infeasible_rows, 2);
    const char *message = f.rows.skipped[0].message;
    ck_assert_msg(
        strstr(message, "t.csv row 7 (r7.wav): needs 82 frames (80 characters and 2 repeats), has 77 in 6.08 "
                        "seconds: raise ctc_subframes above 1") != NULL,
        "%s", message);
    ck_assert_ptr_nonnull(strstr(f.rows.skipped[1].message, "(3 characters and 1 repeat)"));
    clear(&f);
}
END_TEST

START_TEST(test_subframes_make_room) {
    fixture f = make("{\"train_csv\": \"t.csv\", \"ctc_subframes\": 2}");
    oss_rows_add(&f.rows, 1, eighty, NULL, samples_for(41));
    oss_rows_add(&f.rows, 2, eighty, NULL, samples_for(40));
    ck_assert_int_eq(encode(&f, true), OSS_OK);
    ck_assert_int_eq(f.rows.rows, 1);
    ck_assert_int_eq(f.rows.row[0].csv.number, 1);
    clear(&f);
}
END_TEST

START_TEST(test_policy_error_names_the_first_few) {
    fixture f = make("{\"train_csv\": \"t.csv\", \"ctc_subframes\": 1, \"infeasible\": \"error\"}");
    oss_rows_add(&f.rows, 1, "ab", NULL, samples_for(2));
    for (int64_t number = 2; number <= 6; number++) {
        oss_rows_add(&f.rows, number, "abc", NULL, samples_for(2));
    }
    ck_assert_int_eq(encode(&f, true), OSS_EINPUT);
    const char *message = oss_last_error();
    ck_assert_msg(
        strstr(message,
               "5 rows cannot be used and \"infeasible\" is \"error\": t.csv row 2 (r2.wav): needs 3 "
               "frames") != NULL,
        "%s", message);
    ck_assert_ptr_nonnull(strstr(message, "; and 2 more. Mend them, or set infeasible=skip"));
    clear(&f);
}
END_TEST

START_TEST(test_nothing_fits) {
    fixture f = make(one_subframe);
    oss_rows_add(&f.rows, 3, "abc", NULL, samples_for(2));
    ck_assert_int_eq(encode(&f, true), OSS_EINPUT);
    ck_assert_ptr_nonnull(
        strstr(oss_last_error(), "no transcript fits its recording; the first: t.csv row 3"));
    clear(&f);
}
END_TEST

START_TEST(test_empty_transcripts_are_kept) {
    fixture f = make(one_subframe);
    oss_rows_add(&f.rows, 1, "", NULL, samples_for(1));
    oss_rows_add(&f.rows, 2, "ab", NULL, samples_for(9));
    ck_assert_int_eq(encode(&f, true), OSS_OK);
    ck_assert_int_eq(f.rows.rows, 2);
    ck_assert_int_eq(f.report.empty_rows, 1);
    ck_assert_int_eq(f.rows.row[0].labels, 0);
    clear(&f);
}
END_TEST

/* The held-out set may hold characters that training never saw, and rows that do not fit. */
START_TEST(test_held_out_rows_stay) {
    fixture f = make("{\"train_csv\": \"t.csv\", \"ctc_subframes\": 1, \"infeasible\": \"error\"}");
    const char *const symbols[] = {"<blank>", "<UNK>", "a", "b"};
    ck_assert_int_eq(oss_vocab_from_symbols(&f.vocab, symbols, 4), OSS_OK);
    oss_rows_add(&f.rows, 1,
                 "ab\xC3\xA9"
                 "b\xC3\xA9",
                 NULL, samples_for(20));
    oss_rows_add(&f.rows, 2, "abz", NULL, samples_for(1));
    ck_assert_int_eq(encode(&f, false), OSS_OK);
    ck_assert_int_eq(f.rows.rows, 2);
    ck_assert_int_eq(f.report.infeasible_rows, 1);
    ck_assert_int_eq(f.report.unknown_rows, 2);
    ck_assert_int_eq(f.report.unknown_characters, 3);
    ck_assert_str_eq(f.report.unknown_list, "'\xC3\xA9' U+00E9, 'z' U+007A");
    ck_assert_int_eq(f.rows.row[0].label[2], OSS_VOCAB_UNK);
    clear(&f);
}
END_TEST

START_TEST(test_vocabulary_is_of_these_rows_only) {
    fixture f = make(one_subframe);
    oss_rows_add(&f.rows, 1, "ba a", NULL, samples_for(20));
    ck_assert_int_eq(encode(&f, true), OSS_OK);
    ck_assert_int_eq(oss_vocab_size(f.vocab), 5);
    ck_assert_str_eq(oss_vocab_symbol(f.vocab, 2), " ");
    ck_assert_str_eq(oss_vocab_symbol(f.vocab, 4), "b");
    ck_assert_int_eq(f.rows.row[0].label[0], 4);
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("labels");
    TCase *all = tcase_create("labels");
    tcase_add_test(all, test_infeasible_rows_are_named_with_numbers);
    tcase_add_test(all, test_subframes_make_room);
    tcase_add_test(all, test_policy_error_names_the_first_few);
    tcase_add_test(all, test_nothing_fits);
    tcase_add_test(all, test_empty_transcripts_are_kept);
    tcase_add_test(all, test_held_out_rows_stay);
    tcase_add_test(all, test_vocabulary_is_of_these_rows_only);
    suite_add_tcase(suite, all);
    return suite;
}
