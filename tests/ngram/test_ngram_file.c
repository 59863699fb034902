/* Our own files: what is written is read again; damage is found; a file that is meant to harm does none. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"
#include "ngram/codebook.h"
#include "ngram/ngram_image.h"
#include "ngram/pack.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;

static void make_folder(void) {
    folder = oss_tempdir_make();
}

static void remove_folder(void) {
    oss_tempdir_remove(folder);
}

static const char *const tokens[] = {"<unk>", "<s>", "</s>", "a", "b", "c"};
static const float unigram[] = {-3.0f, -9.0f, -1.5f, -1.0f, -2.0f, -2.5f},
                   back1[] = {0, -0.5f, 0, -0.25f, 0.5f, 0};
static const uint32_t two[] = {1, 3, 1, 4, 3, 2, 3, 4, 4, 3};
static const float bigram[] = {-0.5f, -0.75f, -0.3f, -0.2f, -0.1f}, back2[] = {-0.125f, 0, 0, -0.375f, 0};
static const uint32_t three[] = {1, 3, 4, 3, 4, 3};
static const float trigram[] = {-0.05f, -0.07f};

static oss_ngram_parts make_parts(void) {
    return (oss_ngram_parts){.order = 3,
                             .token = tokens,
                             .list = {{.count = 6, .ln_p = unigram, .ln_backoff = back1},
                                      {.count = 5, .token = two, .ln_p = bigram, .ln_backoff = back2},
                                      {.count = 2, .token = three, .ln_p = trigram}}};
}

static oss_ngram *pack(void) {
    oss_ngram *ngram = NULL;
    oss_ngram_parts parts = make_parts();
    parts.is_of_symbols = true;
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

/* Every pair of tokens after <s>, so that all of the file is read. */
static void rate_all(const oss_ngram *ngram, float *out, int32_t tries) {
    for (int32_t i = 0; i < tries; i++) {
        oss_ngram_state state = oss_ngram_begin(ngram);
        for (int32_t k = 0, rest = i; k < 3; k++, rest /= 6) {
            out[i] = oss_ngram_score(ngram, &state, (uint32_t)(rest % 6), &state);
        }
    }
}

enum { TRIES = 216 };

START_TEST(test_written_and_read_again) {
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm"), *copy = oss_tempdir_path(folder, "copy.olm");
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    ck_assert_msg(oss_ngram_load(&again, path) == OSS_OK, "%s", oss_last_error());
    float before[TRIES], after[TRIES];
    rate_all(ngram, before, TRIES);
    rate_all(again, after, TRIES);
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert(oss_ngram_is_of_symbols(again));
    ck_assert(!oss_ngram_get_tuning(again).tuned);
    ck_assert_int_eq(oss_ngram_save(again, copy), OSS_OK);
    long bytes, copied;
    char *first = oss_tempdir_read(path, &bytes), *second = oss_tempdir_read(copy, &copied);
    ck_assert_int_eq(bytes, oss_ngram_bytes(ngram));
    ck_assert_int_eq(bytes, copied);
    ck_assert(memcmp(first, second, (size_t)bytes) == 0);
    ck_assert(memcmp(first, "OSSLM", 5) == 0);
    free(first);
    free(second);
    free(path);
    free(copy);
    oss_ngram_free(ngram);
    oss_ngram_free(again);
}
END_TEST

START_TEST(test_values) {
    oss_ngram *ngram = pack();
    oss_ngram_state state = oss_ngram_begin(ngram);
    ck_assert_float_eq(oss_ngram_score(ngram, &state, 3, &state), -0.5f);
    ck_assert_float_eq(oss_ngram_score(ngram, &state, 4, &state), -0.05f);
    ck_assert_float_eq(oss_ngram_score(ngram, &state, 5, &state), -0.375f + 0.5f - 2.5f);
    oss_ngram_free(ngram);
}
END_TEST

/* ---- Damage ---- */

START_TEST(test_every_bit_counts) {
    oss_ngram *ngram = pack(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    long bytes;
    char *file = oss_tempdir_read(path, &bytes);
    for (long bit = 0; bit < bytes * 8; bit += bit < 4096 ? 1 : 101) {
        file[bit / 8] ^= (char)(1 << bit % 8);
        oss_tempdir_write(path, file, bytes);
        ck_assert_msg(oss_ngram_load(&again, path) == OSS_EINPUT, "bit %ld", bit);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "model.olm:"));
        file[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (long cut = 8; cut < bytes; cut += cut < 300 ? 1 : 97) {
        oss_tempdir_write(path, file, cut);
        ck_assert_int_eq(oss_ngram_load(&again, path), OSS_EINPUT);
    }
    ck_assert_ptr_null(again);
    free(file);
    free(path);
    oss_ngram_free(ngram);
}
END_TEST

static void use_all(const oss_ngram *ngram) {
    float ln_p[TRIES];
    const uint32_t count = (uint32_t)oss_ngram_count(ngram, 1);
    rate_all(ngram, ln_p, TRIES);
    for (int32_t i = 0; i < TRIES; i++) {
        ck_assert(ln_p[i] <= 0.0f); /* and no NaN */
    }
    for (uint32_t i = 0; i < count && i < 100; i++) {
        size_t bytes;
        const char *text = oss_ngram_token(ngram, i, &bytes);
        ck_assert_uint_eq(oss_hash(text, bytes), oss_hash(text, bytes)); /* all of it is there */
        (void)oss_ngram_find(ngram, text, bytes);
    }
    char *path = oss_tempdir_path(folder, "harm.arpa");
    oss_status status = oss_ngram_write_arpa(ngram, path);
    ck_assert(status == OSS_OK || status == OSS_EINPUT);
    free(path);
}

enum { PAIRS = 36 };

/* All pairs, and one of three words for each: places in a level have 6 bits, of which 63 is far outside. */
static oss_ngram *pack_pairs(void) {
    static uint32_t pair[PAIRS][2], triple[PAIRS][3];
    static float ln_p[PAIRS];
    oss_ngram *ngram = NULL;
    for (uint32_t i = 0; i < PAIRS; i++) {
        pair[i][0] = triple[i][0] = i / 6;
        pair[i][1] = triple[i][1] = i % 6;
        triple[i][2] = i * 5 % 6;
        ln_p[i] = -0.01f * (float)(i * i % 37);
    }
    oss_ngram_parts parts = make_parts();
    parts.list[1] = (oss_ngram_list){.count = PAIRS, .token = *pair, .ln_p = ln_p, .ln_backoff = ln_p};
    parts.list[2] = (oss_ngram_list){.count = PAIRS, .token = *triple, .ln_p = ln_p};
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

/* Whoever writes a file writes its sum too. Sanitizers tell of what is read outside. */
START_TEST(test_a_right_sum_of_wrong_bytes) {
    oss_ngram *ngram = pack_pairs(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    long bytes;
    char *file = oss_tempdir_read(path, &bytes), *harm = malloc((size_t)bytes);
    int32_t taken = 0;
    oss_faults_install();
    oss_faults_fail_from(OSS_CALL_MAP, 1, ENODEV); /* of a heap block sanitizers know the end */
    for (uint64_t i = 0; i < 3000; i++) {
        memcpy(harm, file, (size_t)bytes);
        for (uint32_t k = 0; k <= i % 5; k++) {
            uint64_t drawn = oss_rng_u64(11, OSS_RNG_TEST, i, k);
            /* The head and what is behind the tables of numbers, more than those. */
            long place = drawn % 3 == 0 ? (long)(drawn / 64 % 128) : bytes - 1 - (long)(drawn / 64 % 400);
            place = drawn % 16 == 1 ? (long)(drawn / 64 % (uint64_t)bytes) : place;
            harm[place] ^= (char)(1 << drawn / 8 % 8);
        }
        uint64_t sum = oss_hash(harm + 24, (size_t)bytes - 24);
        memcpy(harm + 16, &sum, sizeof sum);
        oss_tempdir_write(path, harm, bytes);
        if (oss_ngram_load(&again, path) == OSS_OK) {
            taken++;
            use_all(again);
            oss_ngram_free(again);
        }
    }
    oss_faults_clear();
    oss_faults_remove();
    ck_assert_int_gt(taken, 300);
    free(harm);
    free(file);
    free(path);
    oss_ngram_free(ngram);
}
END_TEST

/* Numbers that a right sum vouches for, and that would make every score of a word none. */
START_TEST(test_numbers_that_are_none) {
    static const struct {
        double value;
        long place;
        bool is_float;
        const char *message;
    } wrong[] = {
        {NAN, 128, true, "byte 128: no logarithm of a probability or back-off"},
        {0.5, 132, true, "byte 132: no logarithm of a probability or back-off"}, /* a probability above 1 */
        {INFINITY, 128 + 4 * OSS_NGRAM_BOOK, true, ": no logarithm of a probability or back-off"},
        {NAN, 40, false, "byte 40: a tuning that is no number"},
        {-INFINITY, 48, false, "byte 40: a tuning that is no number"},
    };
    oss_ngram *ngram = pack_pairs(), *again = NULL;
    char *path = oss_tempdir_path(folder, "model.olm");
    ck_assert_int_eq(oss_ngram_save(ngram, path), OSS_OK);
    oss_ngram_free(ngram);
    long bytes;
    char *file = oss_tempdir_read(path, &bytes), *harm = malloc((size_t)bytes);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const float single = (float)wrong[i].value;
        memcpy(harm, file, (size_t)bytes);
        memcpy(harm + wrong[i].place, wrong[i].is_float ? (const void *)&single : &wrong[i].value,
               wrong[i].is_float ? sizeof single : sizeof wrong[i].value);
        uint64_t sum = oss_hash(harm + 24, (size_t)bytes - 24);
        memcpy(harm + 16, &sum, sizeof sum);
        oss_tempdir_write(path, harm, bytes);
        ck_assert_int_eq(oss_ngram_load(&again, path), OSS_EINPUT);
        ck_assert_msg(strstr(oss_last_error(), wrong[i].message) != NULL &&
                          strstr(oss_last_error(), "model.olm") != NULL,
                      "%s", oss_last_error());
    }
    free(harm);
    free(file);
    free(path);
}
END_TEST

/* ---- What is not packed ---- */

static void refuse(const oss_ngram_parts *parts, const char *message) {
    oss_ngram *ngram = NULL;
    ck_assert_int_eq(oss_ngram_pack(&ngram, parts), OSS_EINPUT);
    ck_assert_ptr_null(ngram);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "%s", oss_last_error());
}

START_TEST(test_what_is_not_packed) {
    oss_ngram_parts parts = make_parts();
    static const char *const unsorted[] = {"<unk>", "<s>", "</s>", "b", "a", "c"};
    parts.token = unsorted;
    refuse(&parts, "token 4, \"a\"");
    static const char *const unnamed[] = {"a", "<s>", "</s>", "b", "c", "d"};
    parts.token = unnamed;
    refuse(&parts, "token 0, \"a\"");
    parts = make_parts();
    static const uint32_t descending[] = {1, 3, 1, 4, 3, 4, 3, 2, 4, 3};
    parts.list[1].token = descending;
    refuse(&parts, "n-gram 4 of 5 of order 2: not behind");
    static const uint32_t outside[] = {1, 3, 1, 4, 3, 2, 3, 4, 4, 6};
    parts.list[1].token = outside;
    refuse(&parts, "n-gram 5 of 5 of order 2: a token that is none");
    parts = make_parts();
    static const uint32_t hanging[] = {1, 3, 4, 3, 3, 3};
    parts.list[2].token = hanging;
    refuse(&parts, "n-gram 2 of 2 of order 3: its tokens but the last are no n-gram");
    parts = make_parts();
    static const float above[] = {-0.05f, 0.07f}, none[] = {NAN, -1.0f};
    parts.list[2].ln_p = above;
    refuse(&parts, "n-gram 2 of 2 of order 3: its probability is above 1");
    parts.list[2].ln_p = none;
    refuse(&parts, "n-gram 1 of 2 of order 3");
    parts = make_parts();
    parts.order = 7;
    refuse(&parts, "orders 1 to 6");
}
END_TEST

/* ---- Tables of values ---- */

enum { MANY = 200000 };

START_TEST(test_few_values_are_exact) {
    float x[255], book[OSS_CODEBOOK_VALUES];
    for (int i = 0; i < 255; i++) {
        x[i] = -0.001f * (float)(i * i) - 1.0f;
    }
    ck_assert_int_eq(oss_codebook_fit(book, x, 255, 0.0f), OSS_OK);
    for (int i = 0; i < 255; i++) {
        ck_assert_float_eq(book[oss_codebook_find(book, x[i])], x[i]);
    }
    ck_assert_float_eq(book[oss_codebook_find(book, 0.0f)], 0.0f);
    ck_assert_int_eq(oss_codebook_fit(book, NULL, 0, 0.0f), OSS_OK);
    ck_assert_float_eq(book[oss_codebook_find(book, 7.0f)], 0.0f);
}
END_TEST

/* Values as those of a model are: most within 8, a few far out. */
START_TEST(test_many_values_are_near) {
    static float x[MANY];
    float book[OSS_CODEBOOK_VALUES];
    double squares = 0.0, most = 0.0;
    for (int i = 0; i < MANY; i++) {
        x[i] = (float)(-2.0 - 1.5 * fabs(oss_rng_normal(3, OSS_RNG_TEST, (uint64_t)i, 0)));
    }
    x[77] = -150.0f;
    x[78] = -229.0f;
    ck_assert_int_eq(oss_codebook_fit(book, x, MANY, 0.0f), OSS_OK);
    for (int i = 0; i < MANY; i++) {
        double error = fabs(book[oss_codebook_find(book, x[i])] - x[i]);
        squares += error * error;
        most = fmax(most, error);
    }
    for (int i = 1; i < OSS_CODEBOOK_VALUES; i++) {
        ck_assert_float_le(book[i - 1], book[i]);
    }
    ck_assert_float_eq(book[oss_codebook_find(book, 0.0f)], 0.0f);
    ck_assert_msg(sqrt(squares / MANY) < 0.01, "%g", sqrt(squares / MANY));
    ck_assert_msg(most < 0.2, "%g", most);
}
END_TEST

/* ---- Memory and disk ---- */

static oss_status make_all(const char *arpa, const char *path) {
    oss_ngram *ngram = NULL, *again = NULL;
    const oss_ngram_tuning tuning = {.tuned = true, .lm_weight = 1.0};
    oss_status status = oss_ngram_load(&ngram, arpa);
    if (status == OSS_OK) {
        status = oss_ngram_save(ngram, path);
    }
    if (status == OSS_OK) {
        status = oss_ngram_save_tuning(path, &tuning);
    }
    if (status == OSS_OK) {
        status = oss_ngram_load(&again, path);
    }
    if (status == OSS_OK) {
        status = oss_ngram_write_arpa(again, arpa);
    }
    oss_ngram_free(ngram);
    oss_ngram_free(again);
    return status;
}

START_TEST(test_failures) {
    const oss_call kind = _i == 0 ? OSS_CALL_ANY_HEAP : OSS_CALL_ANY_FILE;
    oss_ngram *ngram = pack();
    char *arpa = oss_tempdir_path(folder, "model.arpa"), *path = oss_tempdir_path(folder, "model.olm");
    ck_assert_int_eq(oss_ngram_write_arpa(ngram, arpa), OSS_OK);
    oss_ngram_free(ngram);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(kind, k, _i == 0 ? ENOMEM : EIO);
        oss_status status = make_all(arpa, path);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
            ck_assert_int_gt(k, 10);
            break;
        }
        /* Closing what was read, or mapping it, may fail and lose nothing. */
        ck_assert(status == (_i == 0 ? OSS_ENOMEM : OSS_EIO) || (_i == 1 && status == OSS_OK));
    }
    oss_faults_remove();
    ck_assert_int_eq(oss_tempdir_count(folder), 2);
    free(arpa);
    free(path);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("ngram_file");
    TCase *all = tcase_create("ngram_file");
    tcase_add_checked_fixture(all, make_folder, remove_folder);
    tcase_add_test(all, test_written_and_read_again);
    tcase_add_test(all, test_values);
    tcase_add_test(all, test_every_bit_counts);
    tcase_add_test(all, test_a_right_sum_of_wrong_bytes);
    tcase_add_test(all, test_numbers_that_are_none);
    tcase_add_test(all, test_what_is_not_packed);
    tcase_add_test(all, test_few_values_are_exact);
    tcase_add_test(all, test_many_values_are_near);
    tcase_add_loop_test(all, test_failures, 0, 2);
    tcase_set_timeout(all, 120);
    suite_add_tcase(suite, all);
    return suite;
}
