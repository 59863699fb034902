/* A model file of which any bit is another, or any byte at the end is gone. With the sum as it was each is refused. Whoever means
 * harm writes the sum anew: then what is taken all the same is a model, which is saved and read again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/sys.h"
#include "support/models.h"
#include "support/rewrite.h"
#include "support/suite.h"
#include "support/tempdir.h"

enum { RANDOM_FLIPS = 1500 };

static char *folder, *path, *good;
static size_t good_bytes, header_bytes;

static int skip_sync(int fd) {
    (void)fd;
    return 0;
}

static void set_up(void) {
    const oss_network_sizes sizes = oss_network_least();
    oss_model *model = oss_models_create(&sizes);
    long bytes = 0;
    uint64_t header = 0;
    oss_file.fsync = skip_sync;
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "model.safetensors");
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    good = oss_tempdir_read(path, &bytes);
    memcpy(&header, good, sizeof header);
    good_bytes = (size_t)bytes;
    header_bytes = 8 + (size_t)header;
    oss_model_free(model);
}

static void tear_down(void) {
    free(good);
    free(path);
    oss_tempdir_remove(folder);
}

/* A block that ends where the file does, so that sanitizers see what is read beyond. */
static char *copy(size_t bytes) {
    char *block = malloc(bytes + 1), *exact = realloc(block, bytes == 0 ? 1 : bytes);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, good, bytes);
    return exact;
}

static void assert_refused(const char *bytes, size_t count, size_t place) {
    oss_model *model = NULL;
    oss_status status = oss_model_load_memory(&model, bytes, count, "it");
    ck_assert_msg(status == OSS_EINPUT && model == NULL, "%zu: status %d", place, status);
    ck_assert_msg(strncmp(oss_last_error(), "it: ", 4) == 0, "%zu: %s", place, oss_last_error());
}

/* Frees the bytes. True: they are a model. */
static bool is_harmless(char *bytes, size_t count, size_t place) {
    oss_model *model = NULL, *again = NULL;
    (void)oss_rewrite_sum(bytes, count);
    oss_status status = oss_model_load_memory(&model, bytes, count, "it");
    free(bytes);
    if (status != OSS_OK) {
        ck_assert_msg(status == OSS_EINPUT && model == NULL, "%zu: status %d: %s", place, status,
                      oss_last_error());
        return false;
    }
    ck_assert_msg(oss_model_save(model, path) == OSS_OK && oss_model_load(&again, path) == OSS_OK, "%zu: %s",
                  place, oss_last_error());
    ck_assert(memcmp(model->value, again->value, model->params->floats * sizeof(float)) == 0);
    oss_model_free(again);
    oss_model_free(model);
    return true;
}

START_TEST(test_every_truncation) {
    for (size_t bytes = 0; bytes < good_bytes; bytes++) {
        char *cut = copy(bytes);
        assert_refused(cut, bytes, bytes);
        (void)oss_rewrite_sum(cut, bytes);
        assert_refused(cut, bytes, bytes);
        free(cut);
    }
}
END_TEST

START_TEST(test_every_bit_of_the_header) {
    char *flipped = copy(good_bytes);
    for (size_t bit = 0; bit < 8 * header_bytes; bit++) {
        flipped[bit / 8] = (char)(flipped[bit / 8] ^ 1 << bit % 8);
        assert_refused(flipped, good_bytes, bit);
        flipped[bit / 8] = good[bit / 8];
    }
    free(flipped);
}
END_TEST

/* In eighths, which run as tests of their own. */
START_TEST(test_every_bit_of_the_header_with_its_sum) {
    int32_t taken = 0;
    for (size_t bit = (size_t)_i; bit < 8 * header_bytes; bit += 8) {
        char *flipped = copy(good_bytes);
        flipped[bit / 8] = (char)(flipped[bit / 8] ^ 1 << bit % 8);
        taken += is_harmless(flipped, good_bytes, bit);
    }
    ck_assert_int_lt(taken, (int32_t)header_bytes / 2);
}
END_TEST

START_TEST(test_random_bits_with_their_sum) {
    int32_t taken = 0;
    for (uint64_t i = 0; i < RANDOM_FLIPS; i++) {
        char *flipped = copy(good_bytes);
        for (uint32_t k = 0; k <= i % 8; k++) {
            size_t bit = (size_t)(oss_rng_u64(5, OSS_RNG_TEST, i, k) % (8 * good_bytes));
            flipped[bit / 8] = (char)(flipped[bit / 8] ^ 1 << bit % 8);
        }
        taken += is_harmless(flipped, good_bytes, (size_t)i);
    }
    ck_assert_int_gt(taken, 0); /* of a value another value */
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model_damage");
    TCase *all = tcase_create("model_damage");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, test_every_truncation);
    tcase_add_test(all, test_every_bit_of_the_header);
    tcase_add_loop_test(all, test_every_bit_of_the_header_with_its_sum, 0, 8);
    tcase_add_test(all, test_random_bits_with_their_sum);
    suite_add_tcase(suite, all);
    return suite;
}
