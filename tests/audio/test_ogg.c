/* Links of Ogg, and looking through a source. */
#include "audio/ogg.h"

#include <string.h>

#include "support/fill.h"
#include "support/suite.h"

static char bytes[1 << 17];
static size_t count;
static oss_source source;
static oss_window window;

static void set_up(void) {
    count = 0;
    memset(bytes, 0, sizeof bytes);
}

static void rewind_window(void) {
    oss_source_memory(&source, bytes, count);
    oss_window_init(&window, &source);
}

/* A page of one body of 255 * segments + 10 bytes. */
static void put_page(int flags, const char *body, int segments) {
    char *at = bytes + count;
    memcpy(at, "OggS", 4);
    at[5] = (char)flags;
    at[26] = (char)(segments + 1);
    memset(at + 27, 0xff, (size_t)segments);
    at[27 + segments] = 10;
    memcpy(at + 28 + segments, body, strlen(body));
    count += 28 + (size_t)segments * 256 + 10;
}

static void assert_link(int64_t from, int64_t begin, int64_t end, bool cut) {
    oss_ogg_link link;
    rewind_window();
    ck_assert(oss_ogg_find(&link, &window, from, (int64_t)count));
    ck_assert_int_eq(link.begin_bytes, begin);
    ck_assert_int_eq(link.end_bytes, end);
    ck_assert(link.cut == cut);
}

START_TEST(test_links) {
    oss_ogg_link link;
    put_page(2, "\1vorbis", 0);
    put_page(0, "audio OggS", 200); /* the magic within a page is none */
    put_page(4, "audio", 3);
    int64_t second = (int64_t)count;
    put_page(2, "fishead", 0); /* two streams side by side: one link */
    put_page(2, "OpusHead", 0);
    put_page(0, "audio", 100);
    int64_t end = (int64_t)count;
    assert_link(0, 0, second, false);
    assert_link(second, second, end, false);
    rewind_window();
    ck_assert(!oss_ogg_find(&link, &window, end, end));
    for (int64_t left = end - 1; left > end - 200; left--) {
        count = (size_t)left;
        assert_link(second, second, end - (28 + 100 * 256 + 10), true);
    }
}
END_TEST

/* What is no page is passed over, and is no end. */
START_TEST(test_damage) {
    put_page(2, "\1vorbis", 0);
    put_page(0, "audio", 2);
    count += 77;
    put_page(0, "audio", 2);
    int64_t end = (int64_t)count;
    assert_link(0, 0, end, false);
    count += 500; /* nothing but zeros */
    assert_link(0, 0, end, false);
}
END_TEST

START_TEST(test_codecs_are_named) {
    static const char *const cases[][2] = {
        {"\177FLAC\1\0", "Ogg FLAC"}, {"Speex   1", "Ogg Speex"}, {"\1vorbis", NULL}, {"OpusHead", NULL}};
    for (size_t i = 0; i < 4; i++) {
        oss_ogg_link link;
        set_up();
        put_page(2, cases[i][0], 0);
        rewind_window();
        ck_assert(oss_ogg_find(&link, &window, 0, (int64_t)count));
        ck_assert(cases[i][1] == NULL ? link.foreign == NULL : strcmp(link.foreign, cases[i][1]) == 0);
    }
}
END_TEST

/* Wherever a pattern lies against the window's edges, and only the first one. */
START_TEST(test_window_finds) {
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(oss_fill_bits(1, i) % 3 == 0 ? 'O' : 'g');
    }
    for (int64_t at = OSS_WINDOW_BYTES - 6; at < 2 * OSS_WINDOW_BYTES + 6; at += at % 50 == 0 ? 50 : 1) {
        char kept[5];
        count = sizeof bytes;
        memcpy(kept, bytes + at, 5);
        memcpy(bytes + at, "OggSx", 5);
        rewind_window();
        ck_assert_int_eq(oss_window_find(&window, 0, (int64_t)count, "OggSx", 5), at);
        ck_assert_int_eq(oss_window_find(&window, at, at + 5, "OggSx", 5), at);
        ck_assert_int_eq(oss_window_find(&window, at + 1, (int64_t)count, "OggSx", 5), -1);
        ck_assert_int_eq(oss_window_find(&window, 0, at + 4, "OggSx", 5), -1);
        ck_assert_mem_eq(oss_window_at(&window, at, 5), "OggSx", 5);
        ck_assert_mem_eq(oss_window_at(&window, 0, 3), bytes, 3);
        memcpy(bytes + at, kept, 5);
    }
    count = 10;
    rewind_window();
    ck_assert_ptr_nonnull(oss_window_at(&window, 0, 10));
    ck_assert_ptr_null(oss_window_at(&window, 0, 11));
    ck_assert_ptr_null(oss_window_at(&window, INT64_MAX / 2, 1));
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/ogg, audio/window");
    TCase *tests = tcase_create("ogg");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_links);
    tcase_add_test(tests, test_damage);
    tcase_add_test(tests, test_codecs_are_named);
    tcase_add_test(tests, test_window_finds);
    suite_add_tcase(suite, tests);
    return suite;
}
