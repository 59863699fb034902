/* What a search takes of the heap, counted at the heap itself: docs/decoding.md promises less than 4 MiB. */
#include <malloc.h>
#include <stdlib.h>

#include "base/sys.h"
#include "decode/beam_cases.h"

enum { V = 5, MINUTE = 1500, PROMISED_BYTES = 4 << 20 };

static oss_sys_heap plain;
static size_t held, most;

static void *count_block(void *block) {
    held += malloc_usable_size(block);
    most = held > most ? held : most;
    return block;
}

static void *count_alloc(size_t alignment, size_t bytes) {
    return count_block(plain.alloc(alignment, bytes));
}

static void *count_resize(void *block, size_t bytes) {
    held -= malloc_usable_size(block);
    return count_block(plain.resize(block, bytes));
}

static void count_release(void *block) {
    held -= malloc_usable_size(block);
    plain.release(block);
}

static const int32_t width[] = {16, 64, 256};

/* Every symbol is likely on every row, and nothing is pruned but by the width: the most that there can be. */
START_TEST(all_of_it_is_below_what_is_promised) {
    beam_kit kit = oss_beam_kit(oss_beam_characters(), true, true, true);
    float *logits = malloc(sizeof *logits * MINUTE * V);
    ck_assert_ptr_nonnull(logits);
    oss_fill_f32(logits, (size_t)MINUTE * V, 3, 1.0);
    const oss_beam_options options = oss_beam_wide(width[_i]);
    const oss_beam_models models = {kit.vocab, kit.lexicon, kit.words, kit.symbols, kit.hotwords, NULL};
    oss_beam *beam = NULL;
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    plain = oss_heap;
    held = most = 0;
    oss_heap = (oss_sys_heap){.alloc = count_alloc, .resize = count_resize, .release = count_release};
    ck_assert_int_eq(oss_beam_create(&beam, &models, &options), OSS_OK);
    for (int32_t minute = 0; minute < 2; minute++) {
        ck_assert_int_eq(oss_beam_add(beam, logits, MINUTE), OSS_OK);
    }
    /* What it says that it has is what it has, but for tables of the vocabulary and what malloc rounds up. */
    ck_assert_uint_le(oss_beam_bytes(beam), held);
    ck_assert_uint_ge(oss_beam_bytes(beam) + 4096, held);
    ck_assert_int_eq(oss_beam_best(beam, true, 32, &best, &count), OSS_OK);
    ck_assert_msg(most < PROMISED_BYTES, "%zu bytes at a width of %d", most, (int)width[_i]);
    oss_hypotheses_free(best, count);
    oss_beam_free(beam);
    ck_assert_uint_eq(held, 0);
    oss_heap = plain;
    free(logits);
    oss_beam_kit_free(&kit);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("beam's memory");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, all_of_it_is_below_what_is_promised, 0, (int)(sizeof width / sizeof *width));
    suite_add_tcase(suite, tests);
    return suite;
}
