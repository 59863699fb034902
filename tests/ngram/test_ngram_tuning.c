/* What `ossicle tune` finds, kept in files of our own; their versions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ngram/pack.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void make_folder(void) {
    folder = oss_tempdir_make();
}

static void remove_folder(void) {
    oss_tempdir_remove(folder);
}

static oss_ngram *pack(void) {
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "a", "b"};
    static const float unigram[] = {-3.0f, -9.0f, -1.5f, -1.0f, -2.0f}, back[] = {0, -0.5f, 0, -0.25f, 0};
    static const uint32_t two[] = {1, 3, 3, 4};
    static const float bigram[] = {-0.5f, -0.2f};
    const oss_ngram_parts parts = {.order = 2,
                                   .token = tokens,
                                   .list = {{.count = 5, .ln_p = unigram, .ln_backoff = back},
                                            {.count = 2, .token = two, .ln_p = bigram}}};
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

START_TEST(test_tuning) {
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    oss_ngram_tuning tuning = {.tuned = true, .lm_weight = 0.7, .word_bonus = -1.5};
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    ck_assert_msg(oss_ngram_save_tuning(path, &tuning) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(oss_ngram_load(&again, path), OSS_OK);
    ck_assert(oss_ngram_get_tuning(again).tuned);
    ck_assert_double_eq(oss_ngram_get_tuning(again).lm_weight, 0.7);
    ck_assert_double_eq(oss_ngram_get_tuning(again).word_bonus, -1.5);
    oss_ngram_state state = oss_ngram_begin(again);
    ck_assert_float_eq(oss_ngram_score(again, &state, 3, &state), -0.5f);
    ck_assert_float_eq(oss_ngram_score(again, &state, 4, &state), -0.2f);
    ck_assert_int_eq(oss_tempdir_count(folder), 1);
    tuning.lm_weight = NAN;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_EUSAGE);
    oss_tempdir_write(path, "\\data\\\n", 7); /* an ARPA file has no place for it */
    tuning.lm_weight = 1.0;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "an ARPA file has no room for weights"));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "ossicle lm convert"));
    free(path);
    oss_ngram_free(ngram);
    oss_ngram_free(again);
}
END_TEST

static uint32_t version_at(const char *path) {
    uint32_t version;
    long bytes;
    char *file = oss_tempdir_read(path, &bytes);
    memcpy(&version, file + 8, sizeof version);
    free(file);
    return version;
}

/* A file that has no penalty is one of version 1, which programs of before read. */
START_TEST(test_tuned_penalty) {
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm"), *copy = oss_tempdir_path(folder, "copy.olm");
    oss_ngram_tuning tuning = {.tuned = true, .lm_weight = 0.7, .word_bonus = -1.5, .unknown_penalty = -6.5};
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    ck_assert_uint_eq(version_at(path), 1);
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_OK);
    ck_assert_uint_eq(version_at(path), 1);
    ck_assert_int_eq(oss_ngram_load(&again, path), OSS_OK);
    ck_assert(oss_ngram_get_tuning(again).tuned && !oss_ngram_get_tuning(again).has_penalty);
    oss_ngram_free(again);
    tuning.has_penalty = true;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_OK);
    ck_assert_uint_eq(version_at(path), 2);
    ck_assert_msg(oss_ngram_load(&again, path) == OSS_OK, "%s", oss_last_error());
    ck_assert(oss_ngram_get_tuning(again).has_penalty);
    ck_assert_double_eq(oss_ngram_get_tuning(again).unknown_penalty, -6.5);
    ck_assert_double_eq(oss_ngram_get_tuning(again).lm_weight, 0.7);
    ck_assert_int_eq(oss_ngram_save(again, copy), OSS_OK);
    ck_assert_uint_eq(version_at(copy), 2);
    tuning.unknown_penalty = INFINITY;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_EUSAGE);
    tuning.has_penalty = false;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_OK);
    ck_assert_uint_eq(version_at(path), 1);
    free(path);
    free(copy);
    oss_ngram_free(ngram);
    oss_ngram_free(again);
}
END_TEST

/* Likewise one without a weight of priors is of a version before. */
START_TEST(test_tuned_prior_weight) {
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    oss_ngram_tuning tuning = {
        .tuned = true, .has_penalty = true, .unknown_penalty = -6.5, .prior_weight = 0.55};
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_OK);
    ck_assert_uint_eq(version_at(path), 3);
    ck_assert_msg(oss_ngram_load(&again, path) == OSS_OK, "%s", oss_last_error());
    ck_assert_double_eq(oss_ngram_get_tuning(again).prior_weight, 0.55);
    ck_assert_double_eq(oss_ngram_get_tuning(again).unknown_penalty, -6.5);
    oss_ngram_free(again);
    tuning.prior_weight = -0.1;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_EUSAGE);
    tuning.prior_weight = NAN;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_EUSAGE);
    long bytes;
    char *file = oss_tempdir_read(path, &bytes);
    const double wrong[] = {-0.5, NAN, INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(file + 120, &wrong[i], sizeof wrong[i]);
        const uint64_t sum = oss_hash(file + 24, (size_t)bytes - 24);
        memcpy(file + 16, &sum, sizeof sum);
        oss_tempdir_write(path, file, bytes);
        ck_assert_int_eq(oss_ngram_load(&again, path), OSS_EINPUT);
        ck_assert_msg(strstr(oss_last_error(), "byte 120: a prior_weight") != NULL, "%s", oss_last_error());
    }
    free(file);
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    tuning.prior_weight = 0.0;
    ck_assert_int_eq(oss_ngram_save_tuning(path, &tuning), OSS_OK);
    ck_assert_uint_eq(version_at(path), 2);
    free(path);
    oss_ngram_free(ngram);
}
END_TEST

/* Versions and flags that this program does not know, with a right sum: nothing is guessed. */
START_TEST(test_later_versions) {
    static const struct {
        uint32_t version, flags;
        const char *message;
    } later[] = {{4, 0, "version 4 of the language model's form; this Ossicle reads 1 to 3"},
                 {0, 0, "version 0 of"},
                 {1, 4, "the flags at offset 36 are 0x4, which version 1 does not have"},
                 {2, 8, "the flags at offset 36 are 0x8, which version 2 does not have"},
                 {3, 16, "the flags at offset 36 are 0x10, which version 3 does not have"}};
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    long bytes;
    char *file = oss_tempdir_read(path, &bytes);
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        memcpy(file + 8, &later[i].version, 4);
        memcpy(file + 36, &later[i].flags, 4);
        uint64_t sum = oss_hash(file + 24, (size_t)bytes - 24);
        memcpy(file + 16, &sum, sizeof sum);
        oss_tempdir_write(path, file, bytes);
        ck_assert_int_eq(oss_ngram_load(&again, path), OSS_EINPUT);
        ck_assert_msg(strstr(oss_last_error(), later[i].message) != NULL, "%s", oss_last_error());
    }
    free(file);
    free(path);
    oss_ngram_free(ngram);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("ngram_tuning");
    TCase *all = tcase_create("ngram_tuning");
    tcase_add_checked_fixture(all, make_folder, remove_folder);
    tcase_add_test(all, test_tuning);
    tcase_add_test(all, test_tuned_penalty);
    tcase_add_test(all, test_tuned_prior_weight);
    tcase_add_test(all, test_later_versions);
    suite_add_tcase(suite, all);
    return suite;
}
