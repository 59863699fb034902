#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/sys.h"
#include "support/faults.h"
#include "support/suite.h"

START_TEST(test_checked_arithmetic) {
    size_t out = 7;
    ck_assert(oss_mul_size(3, 5, &out));
    ck_assert_uint_eq(out, 15);
    ck_assert(oss_mul_size(SIZE_MAX, 1, &out));
    ck_assert_uint_eq(out, SIZE_MAX);
    out = 7;
    ck_assert(!oss_mul_size(SIZE_MAX / 2 + 1, 2, &out));
    ck_assert(!oss_add_size(SIZE_MAX, 1, &out));
    ck_assert_uint_eq(out, 7);
    ck_assert(oss_add_size(SIZE_MAX - 1, 1, &out));
    ck_assert_uint_eq(out, SIZE_MAX);
}
END_TEST

START_TEST(test_blocks) {
    int *zero = oss_alloc_zero(100, sizeof *zero);
    ck_assert_ptr_nonnull(zero);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(zero[i], 0);
    }
    for (size_t bytes = 1; bytes < 5000; bytes = bytes * 3 + 1) {
        char *aligned = oss_alloc_aligned(bytes, 1);
        ck_assert_ptr_nonnull(aligned);
        ck_assert_uint_eq((uintptr_t)aligned % 64, 0);
        memset(aligned, 1, bytes);
        oss_free(aligned);
    }
    char *first = oss_alloc(0, 8);
    char *second = oss_alloc(8, 0);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_ne(first, second);
    char *grown = oss_resize(NULL, 4, 1);
    ck_assert_ptr_nonnull(grown);
    memcpy(grown, "abc", 4);
    grown = oss_resize(grown, 100000, 1);
    ck_assert_str_eq(grown, "abc");
    oss_free(grown);
    oss_free(first);
    oss_free(second);
    oss_free(zero);
    oss_free(NULL);
}
END_TEST

START_TEST(test_sizes_that_overflow) {
    ck_assert_ptr_null(oss_alloc(SIZE_MAX / 4, 8));
    ck_assert(strstr(oss_last_error(), "out of memory") != NULL);
    ck_assert_ptr_null(oss_alloc(SIZE_MAX, 1));
    ck_assert_ptr_null(oss_alloc_zero(SIZE_MAX / 2 + 2, 2));
    ck_assert_ptr_null(oss_alloc_aligned(SIZE_MAX - 8, 1));
    char *block = oss_alloc(4, 1);
    memcpy(block, "abc", 4);
    ck_assert_ptr_null(oss_resize(block, SIZE_MAX / 2, 4));
    ck_assert_str_eq(block, "abc");
    oss_free(block);
}
END_TEST

START_TEST(test_short_memory_is_reported) {
    oss_faults_install();
    void *(*const alloc[])(size_t, size_t) = {oss_alloc, oss_alloc_zero, oss_alloc_aligned};
    for (int i = 0; i < 3; i++) {
        (void)oss_fail(OSS_EIO, "another message");
        oss_faults_fail(OSS_CALL_ALLOC, 1, ENOMEM);
        ck_assert_ptr_null(alloc[i](10, 3));
        ck_assert(oss_faults_clear());
        ck_assert_str_eq(oss_last_error(), "out of memory: no block of 30 bytes to be had");
    }
    char *text = oss_strdup("text");
    oss_faults_fail(OSS_CALL_RESIZE, 1, ENOMEM);
    ck_assert_ptr_null(oss_resize(text, 1000, 1));
    oss_faults_clear();
    ck_assert_str_eq(text, "text");
    oss_faults_fail(OSS_CALL_ALLOC, 1, ENOMEM);
    ck_assert_ptr_null(oss_strdup("x"));
    oss_faults_clear();
    oss_free(text);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

static size_t asked_bytes; /* of the last heap call */

static void *remember_alloc(size_t alignment, size_t bytes) {
    asked_bytes = bytes;
    return alignment == 0 ? malloc(bytes) : NULL;
}

/* The C library is asked neither for nothing (its answer may be NULL) nor for more than an object can be. */
START_TEST(test_what_the_heap_is_asked_for) {
    oss_heap.alloc = remember_alloc;
    void *block = oss_alloc(0, 4);
    ck_assert_uint_eq(asked_bytes, 1);
    oss_free(block);
    asked_bytes = 0;
    ck_assert_ptr_null(oss_alloc(SIZE_MAX / 2 + 1, 1));
    ck_assert_ptr_null(oss_alloc_aligned(SIZE_MAX, 1));
    ck_assert_uint_eq(asked_bytes, 0);
}
END_TEST

START_TEST(test_copies_of_text) {
    char *part = oss_strndup("abcdef", 3);
    char *empty = oss_strdup("");
    ck_assert_str_eq(part, "abc");
    ck_assert_str_eq(empty, "");
    oss_free(part);
    oss_free(empty);
}
END_TEST

/* ---- arena ---- */

START_TEST(test_arena_pieces) {
    oss_arena arena;
    ck_assert_int_eq(oss_arena_init(&arena, 1000), OSS_OK);
    ck_assert(oss_arena_is_live(&arena));
    char *a = oss_arena_take(&arena, 10, 1);
    char *b = oss_arena_take(&arena, 3, 8);
    char *none = oss_arena_take(&arena, 0, 8);
    ck_assert_uint_eq((uintptr_t)a % 64, 0);
    ck_assert_ptr_eq(b, a + 64);
    ck_assert_ptr_eq(none, a + 128);
    ck_assert_uint_eq(arena.used_bytes, 128);
    memset(a, 1, 10);
    memset(b, 2, 24);
    size_t mark = arena.used_bytes;
    char *scratch = oss_arena_take(&arena, 500, 1);
    ck_assert_ptr_nonnull(scratch);
    oss_arena_rewind(&arena, mark);
    ck_assert_ptr_eq(oss_arena_take(&arena, 1, 1), scratch);
    ck_assert_uint_eq(arena.peak_bytes, 128 + 500);
    ck_assert_int_eq(a[9], 1);
    ck_assert_int_eq(b[23], 2);
    oss_arena_deinit(&arena);
    ck_assert(!oss_arena_is_live(&arena));
}
END_TEST

START_TEST(test_arena_fits_to_the_last_byte) {
    oss_arena arena;
    ck_assert_int_eq(oss_arena_init(&arena, 128), OSS_OK);
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 64, 1));
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 64, 1));
    ck_assert(!arena.overflowed);
    ck_assert_ptr_null(oss_arena_take(&arena, 1, 1));
    ck_assert(arena.overflowed);
    oss_arena_deinit(&arena);
}
END_TEST

START_TEST(test_arena_overflow_sticks_and_counts) {
    oss_arena arena;
    ck_assert_int_eq(oss_arena_init(&arena, 256), OSS_OK);
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 100, 1));
    size_t mark = arena.used_bytes;
    ck_assert_ptr_null(oss_arena_take(&arena, 1000, 1));
    ck_assert(arena.overflowed && !oss_arena_is_live(&arena));
    oss_arena_rewind(&arena, mark);
    ck_assert_ptr_null(
        oss_arena_take(&arena, 1, 1)); /* would fit, but shapes and arithmetic are out of step now */
    ck_assert(arena.overflowed);
    ck_assert_uint_eq(arena.peak_bytes, 128 + 1000);
    oss_arena_rewind(&arena, 0);
    ck_assert(oss_arena_is_live(&arena));
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 1, 1));
    ck_assert_int_eq(oss_arena_reserve(&arena, arena.peak_bytes), OSS_OK);
    ck_assert_uint_eq(arena.used_bytes, 0);
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 100, 1));
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 1000, 1));
    oss_arena_deinit(&arena);
}
END_TEST

/* A fixed pattern of takes and rewinds; returns whether every take gave memory. */
static bool use_arena(oss_arena *arena) {
    bool all = true;
    for (size_t i = 1; i < 40; i++) {
        size_t mark = arena->used_bytes;
        all = oss_arena_take(arena, i * 7 % 13, i) != NULL && all;
        if (i % 5 == 0) {
            oss_arena_rewind(arena, mark);
        }
    }
    return all;
}

START_TEST(test_measuring_equals_use) {
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    ck_assert(!use_arena(&measure));
    ck_assert(!measure.overflowed);
    oss_arena arena;
    ck_assert_int_eq(oss_arena_init(&arena, measure.peak_bytes), OSS_OK);
    ck_assert(use_arena(&arena));
    ck_assert_uint_eq(arena.peak_bytes, measure.peak_bytes);
    ck_assert_uint_eq(arena.used_bytes, measure.used_bytes);
    oss_arena_deinit(&arena);
    ck_assert_int_eq(oss_arena_init(&arena, measure.peak_bytes - 1), OSS_OK);
    ck_assert(!use_arena(&arena));
    ck_assert(arena.overflowed);
    ck_assert_uint_eq(arena.peak_bytes, measure.peak_bytes);
    oss_arena_deinit(&arena);
}
END_TEST

START_TEST(test_arena_sizes_that_overflow) {
    oss_arena arena;
    oss_arena_init_measuring(&arena);
    ck_assert_ptr_null(oss_arena_take(&arena, SIZE_MAX / 2, 3));
    ck_assert_uint_eq(arena.peak_bytes, SIZE_MAX);
    ck_assert_ptr_null(oss_arena_take(&arena, 10, 1));
    ck_assert_uint_eq(arena.peak_bytes, SIZE_MAX);
    ck_assert_int_eq(oss_arena_reserve(&arena, arena.peak_bytes), OSS_ENOMEM);
    ck_assert_int_eq(oss_arena_init(&arena, 100), OSS_OK);
    ck_assert_ptr_null(oss_arena_take(&arena, SIZE_MAX, 8));
    ck_assert(arena.overflowed);
    oss_arena_deinit(&arena);
}
END_TEST

START_TEST(test_arena_without_memory) {
    oss_faults_install();
    oss_arena arena;
    oss_faults_fail(OSS_CALL_ALLOC, 1, ENOMEM);
    ck_assert_int_eq(oss_arena_init(&arena, 100), OSS_ENOMEM);
    oss_faults_clear();
    ck_assert_ptr_null(oss_arena_take(&arena, 1, 1));
    ck_assert_uint_eq(arena.used_bytes, 1);
    oss_arena_deinit(&arena);
    ck_assert_int_eq(oss_arena_init(&arena, 100), OSS_OK);
    oss_faults_fail(OSS_CALL_ALLOC, 1, ENOMEM);
    ck_assert_int_eq(oss_arena_reserve(&arena, 1000), OSS_ENOMEM);
    oss_faults_clear();
    ck_assert_uint_eq(arena.size_bytes, 100); /* still what it was */
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP);
    ck_assert_int_eq(oss_arena_reserve(&arena, 50), OSS_OK);
    oss_arena_rewind(&arena, 0);
    ck_assert_ptr_nonnull(oss_arena_take(&arena, 100, 1));
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), calls); /* large enough already: no heap call */
    oss_arena_deinit(&arena);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

/* ---- strbuf ---- */

START_TEST(test_strbuf_grows) {
    oss_strbuf buffer = {0};
    for (int i = 0; i < 1000; i++) {
        oss_strbuf_printf(&buffer, "%d,", i);
    }
    oss_strbuf_append(&buffer, "end");
    oss_strbuf_append_bytes(&buffer, "\0x", 2);
    ck_assert(oss_strbuf_ok(&buffer));
    ck_assert_uint_eq(buffer.length, 2890 + 1000 + 5);
    char *text = oss_strbuf_take(&buffer);
    ck_assert(strncmp(text, "0,1,2,3,", 8) == 0);
    ck_assert_str_eq(text + 2890 + 1000 - 4, "999,end");
    ck_assert_mem_eq(text + 2890 + 1000 + 3, "\0x", 3);
    oss_free(text);
    ck_assert_uint_eq(buffer.length, 0);
    text = oss_strbuf_take(&buffer); /* of an empty buffer: an empty string */
    ck_assert_str_eq(text, "");
    oss_free(text);
}
END_TEST

START_TEST(test_strbuf_clear_keeps_memory) {
    oss_strbuf buffer = {0};
    oss_strbuf_clear(&buffer);
    oss_strbuf_append(&buffer, "some text that is there");
    const char *data = buffer.data;
    oss_strbuf_clear(&buffer);
    ck_assert_str_eq(buffer.data, "");
    oss_strbuf_append(&buffer, "other");
    ck_assert_ptr_eq(buffer.data, data);
    ck_assert_str_eq(buffer.data, "other");
    oss_strbuf_deinit(&buffer);
    oss_strbuf_deinit(&buffer);
}
END_TEST

START_TEST(test_strbuf_failure_sticks) {
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_strbuf buffer = {0};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        for (int i = 0; i < 100; i++) {
            oss_strbuf_append(&buffer, "0123456789");
            oss_strbuf_printf(&buffer, "%d", 7);
        }
        bool fired = oss_faults_clear();
        ck_assert(oss_strbuf_ok(&buffer) == !fired);
        char *text = oss_strbuf_take(&buffer);
        ck_assert((text == NULL) == fired);
        ck_assert(!fired || strstr(oss_last_error(), "out of memory") != NULL);
        oss_free(text);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            ck_assert_int_gt(k, 4);
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

START_TEST(test_faults_count_and_fail) {
    oss_faults_install();
    oss_faults_fail(OSS_CALL_ALLOC, 2, ENOMEM);
    void *first = oss_alloc(1, 1);
    void *second = oss_alloc(1, 1);
    void *third = oss_alloc(1, 1);
    ck_assert(first != NULL && second == NULL && third != NULL);
    ck_assert(oss_faults_clear());
    ck_assert(!oss_faults_clear());
    oss_faults_fail_from(OSS_CALL_ANY_HEAP, 1, ENOMEM);
    ck_assert_ptr_null(oss_alloc(1, 1));
    ck_assert_ptr_null(oss_resize(first, 2, 1));
    oss_faults_clear();
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ALLOC), 4);
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 5);
    ck_assert_int_eq(oss_faults_blocks(), 2);
    oss_free(first);
    oss_free(third);
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/mem, base/arena, base/strbuf");
    TCase *mem = tcase_create("mem");
    tcase_add_test(mem, test_checked_arithmetic);
    tcase_add_test(mem, test_blocks);
    tcase_add_test(mem, test_sizes_that_overflow);
    tcase_add_test(mem, test_short_memory_is_reported);
    tcase_add_test(mem, test_what_the_heap_is_asked_for);
    tcase_add_test(mem, test_copies_of_text);
    tcase_add_test(mem, test_faults_count_and_fail);
    suite_add_tcase(suite, mem);
    TCase *arena = tcase_create("arena");
    tcase_add_test(arena, test_arena_pieces);
    tcase_add_test(arena, test_arena_fits_to_the_last_byte);
    tcase_add_test(arena, test_arena_overflow_sticks_and_counts);
    tcase_add_test(arena, test_measuring_equals_use);
    tcase_add_test(arena, test_arena_sizes_that_overflow);
    tcase_add_test(arena, test_arena_without_memory);
    suite_add_tcase(suite, arena);
    TCase *strbuf = tcase_create("strbuf");
    tcase_add_test(strbuf, test_strbuf_grows);
    tcase_add_test(strbuf, test_strbuf_clear_keeps_memory);
    tcase_add_test(strbuf, test_strbuf_failure_sticks);
    suite_add_tcase(suite, strbuf);
    return suite;
}
