#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/program.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder, *file, *model;

static void setup(void) {
    folder = oss_tempdir_make();
    file = oss_tempdir_path(folder, "text");
    model = oss_tempdir_path(folder, "model.arpa");
}

static void teardown(void) {
    free(file);
    free(model);
    oss_tempdir_remove(folder);
}

static void write_text(const char *text) {
    oss_tempdir_write(file, text, (long)strlen(text));
}

static void expect(int code, const oss_program_run *run, const char *out, const char *err) {
    oss_program_expect(run, code);
    if (out != NULL) {
        oss_program_expect_out(run, out);
    }
    if (err != NULL) {
        oss_program_expect_err(run, err);
    }
}

#define EXPECT(code, out, err, ...)                                                                          \
    do {                                                                                                     \
        oss_program_run run_ = oss_run_ossicle("lm", "build", __VA_ARGS__);                                  \
        expect(code, &run_, out, err);                                                                       \
        oss_program_run_deinit(&run_);                                                                       \
    } while (0)

static void expect_in_model(const char *part, bool is_there) {
    char *text = oss_tempdir_read(model, NULL);
    ck_assert_ptr_nonnull(text);
    ck_assert_msg((strstr(text, part) != NULL) == is_there, "%s in:\n%s", part, text);
    free(text);
}

START_TEST(a_small_text_gives_a_model_that_is_known_by_hand) {
    write_text("A b\n\n  a\tB  \n");
    EXPECT(0, "2-grams     3, discounts 0.5000 1.0000 1.5000", "order 2: the text does not have", "--order",
           "2", file, "-o", model);
    /* Adjusted counts of a, b, </s>: 1 each; half of each is taken off and shared by 4 tokens: 0.5 / 3 + 0.5 / 4.
     * Bigrams came twice: 1 is taken off, so (2 - 1) / 2 + 1 / 2 * 7 / 24. */
    char *text = oss_tempdir_read(model, NULL);
    ck_assert_str_eq(text,
                     "\\data\\\nngram 1=5\nngram 2=3\n\n\\1-grams:\n-0.90309\t<unk>\t0\n-99\t<s>\t-0.30103\n"
                     "-0.535113\t</s>\n-0.535113\ta\t-0.30103\n-0.535113\tb\t-0.30103\n\n\\2-grams:\n"
                     "-0.18988\t<s> a\n-0.18988\ta b\n-0.18988\tb </s>\n\n\\end\\\n");
    free(text);
}
END_TEST

START_TEST(texts_come_from_csvs_and_programs) {
    write_text("wav,text\nx.wav,One two\ny.wav,two\n");
    EXPECT(0, "sentences   2\ntokens      3,", NULL, "--csv", file, "-o", model);
    EXPECT(3, NULL, "there is no column words", "--csv", file, "--column", "words", "-o", model);
    char command[512];
    (void)snprintf(command, sizeof command, "xz -k %s && gzip -k %s", file, file);
    ck_assert_int_eq(system(command), 0);
    char *xz = oss_tempdir_path(folder, "text.xz"), *gz = oss_tempdir_path(folder, "text.gz");
    const char *path = getenv("PATH");
    char kept[4096];
    (void)snprintf(kept, sizeof kept, "%s", path == NULL ? "/usr/bin:/bin" : path);
    EXPECT(0, "sentences   6\n", NULL, xz, gz, "-o", model);
    ck_assert_int_eq(setenv("PATH", folder, 1), 0); /* where there is none of them */
    EXPECT(2, NULL, "text.xz: compressed, and there is no program xz here: install xz-utils", xz, "-o",
           model);
    EXPECT(2, NULL, "text.gz: compressed, and there is no program gzip here: install gzip", gz, "-o", model);
    ck_assert_int_eq(setenv("PATH", kept, 1), 0);
    oss_tempdir_write(gz, "not so", 6);
    EXPECT(3, NULL, "text.gz: gzip: ", gz, "-o", model);
    free(xz);
    free(gz);
}
END_TEST

START_TEST(characters_have_a_name_for_the_space) {
    write_text("ab a_\n");
    EXPECT(0, "tokens      5, 1 of them unknown", NULL, "--characters", file, "-o", model);
    expect_in_model("\tb _\t", true);
    expect_in_model("\ta <unk>\t", true);
    EXPECT(0, "tokens      5, 1 of them unknown", NULL, "--characters", "--format", "own", file, "-o", model);
    oss_program_run run = oss_run_ossicle("lm", "info", model);
    oss_program_expect_out(&run, "tokens      symbols");
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(marks_of_sentences_in_the_text_are_left_out) {
    write_text("<s> a b </s>\n<unk> a\n");
    EXPECT(0, "tokens      4, 1 of them unknown", "stood 2 times", file, "-o", model);
}
END_TEST

START_TEST(lines_that_are_no_text_are_left_out) {
    oss_tempdir_write(file, "a b\n\xff\xfe\nc\0d\na c\n", 14);
    EXPECT(1, "sentences   2\n", "text:2: left out: ", file, "-o", model);
    EXPECT(1, "sentences   2\n", "text:3: left out: a byte of 0", file, "-o", model);
}
END_TEST

START_TEST(nothing_to_estimate_from_is_said) {
    write_text("\n \n");
    EXPECT(3, NULL, "no sentence in the text", file, "-o", model);
    EXPECT(3, NULL, "no sentence in the text", "-o", model);
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
}
END_TEST

START_TEST(options_that_make_no_sense_are_refused) {
    write_text("a b\n");
    EXPECT(2, NULL, "--order", "--order", "7", file, "-o", model);
    EXPECT(2, NULL, "the first is 0", "--cutoff", "1 2", file, "-o", model);
    EXPECT(2, NULL, "kept more easily", "--cutoff", "0 2 1", file, "-o", model);
    EXPECT(2, NULL, "not a list of counts", "--cutoff", "0 x", file, "-o", model);
    EXPECT(2, NULL, "more counts than orders", "--cutoff", "0 0 0 0", file, "-o", model);
    EXPECT(2, NULL, "not a number above 0", "--prune", "-1", file, "-o", model);
    EXPECT(2, NULL, "--vocab", "--vocab", file, "--min-count", "2", file, "-o", model);
    EXPECT(2, NULL, "give --csv too", "--column", "text", file, "-o", model);
    EXPECT(2, NULL, "more than the model may have", "--max-ngrams", "2", file, "-o", model);
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
}
END_TEST

START_TEST(cutoffs_hold_for_longer_orders) {
    write_text("a b\na b\na c\n");
    EXPECT(0, "2-grams     3,", "the model is of order 2", "--cutoff", "0 1 4", file, "-o", model);
    expect_in_model("\ta b\t", false); /* the highest order has no back-off */
    expect_in_model("\ta b\n", true);
    expect_in_model("a c", false);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("lm_build");
    TCase *tcase = tcase_create("lm_build");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_small_text_gives_a_model_that_is_known_by_hand);
    tcase_add_test(tcase, texts_come_from_csvs_and_programs);
    tcase_add_test(tcase, characters_have_a_name_for_the_space);
    tcase_add_test(tcase, marks_of_sentences_in_the_text_are_left_out);
    tcase_add_test(tcase, lines_that_are_no_text_are_left_out);
    tcase_add_test(tcase, nothing_to_estimate_from_is_said);
    tcase_add_test(tcase, options_that_make_no_sense_are_refused);
    tcase_add_test(tcase, cutoffs_hold_for_longer_orders);
    suite_add_tcase(suite, tcase);
    return suite;
}
