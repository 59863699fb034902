#include "audio/container.h"

#include <stdlib.h>
#include <string.h>

#include "audio/part.h"
#include "support/encode.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char *folder;
static char *path;

static void make_folder(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "file");
}

static void remove_folder(void) {
    free(path);
    oss_tempdir_remove(folder);
}

static void assert_measured(const void *bytes, long count, int64_t declared, int64_t present) {
    oss_tempdir_write(path, bytes, count);
    oss_source source;
    ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
    oss_window window;
    oss_window_init(&window, &source);
    oss_container length = oss_container_measure(&window, 0);
    ck_assert_int_eq(length.declared_bytes, declared);
    if (declared >= 0) {
        ck_assert_int_eq(length.present_bytes, present);
    }
    oss_source_close(&source);
}

#define assert_bytes(text, declared, present)                                                                \
    assert_measured((text), (long)sizeof(text) - 1, (declared), (present))

START_TEST(test_wav) {
    assert_bytes("RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0................data\x08\0\0\0........", 8, 8);
    assert_bytes("RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0................data\x08\0\0\0......", 8, 6);
    assert_bytes("RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0................data\x08\0\0\0", 8, 0);
    assert_bytes("RIFX\0\0\0\x2cWAVEdata\0\0\x01\x02....", 258, 4);
    /* A chunk of odd length is padded to an even one. */
    assert_bytes("RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0data\x02\0\0\0....", 2, 4);
}
END_TEST

START_TEST(test_lengths_that_do_not_say) {
    assert_bytes("RIFF\0\0\0\0WAVEdata\0\0\0\0....", 0, 4);
    assert_bytes("RIFF\0\0\0\0WAVEdata\xff\xff\xff\xff....", -1, 0);
    assert_bytes("RIFF\0\0\0\0WAVEdata\0\0\xff\x7f....", -1, 0);
    assert_bytes("RIFF\0\0\0\0WAVEdata\xff\xff\xfe\x7f....", 0x7ffeffff, 4);
    assert_bytes(".snd\0\0\0\x18\xff\xff\xff\xff....", -1, 0);
}
END_TEST

/* Of an AU whose samples begin behind its end. */
START_TEST(test_nothing_is_there) {
    assert_bytes(".snd\0\0\0\x40\0\0\0\x02....", 2, 0);
    assert_bytes(".snd\0\0\0\x40\0\0\0\0....", 0, 0);
}
END_TEST

/* Places at the end of what 64 bits hold: sanitizers tell of a sum that is beyond. */
START_TEST(test_sizes_without_an_end) {
    static const unsigned char caf[] = "caff\0\1\0\0junk\x7f\xff\xff\xff\xff\xff\xff\xf0"
                                       "data";
    static const char rf64[] =
        "RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f"
        "........\0\0\0\0data\xff\xff\xff\xff....";
    assert_measured(caf, sizeof caf - 1, -1, 0);
    assert_measured(rf64, sizeof rf64 - 1, INT64_MAX, 4);
    oss_audio_part part;
    oss_source source;
    oss_source_memory(&source, rf64, sizeof rf64 - 1);
    oss_audio_part_first(&part, &source);
    ck_assert_int_eq(part.end_bytes, (int64_t)sizeof rf64 - 1);
}
END_TEST

START_TEST(test_rf64) {
    assert_bytes("RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0" /* riff, data, sample count, table */
                 "\0\0\0\0\0\0\0\0\x05\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                 "data\xff\xff\xff\xff....",
                 0x100000005, 4);
    assert_bytes("RF64\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff....", -1, 0); /* no ds64 */
}
END_TEST

START_TEST(test_aiff_and_au) {
    assert_bytes("FORM\0\0\0\x10"
                 "AIFFSSND\0\0\0\x0c\0\0\0\0\0\0\0\0abcd",
                 12, 12);
    assert_bytes("FORM\0\0\0\x10"
                 "AIFCCOMM\0\0\0\x02..SSND\0\0\0\x0c\0\0\0\0",
                 12, 4);
    assert_bytes(".snd\0\0\0\x0e\0\0\0\x04..abcd", 4, 4);
    assert_bytes("dns.\x0c\0\0\0\x05\0\0\0ab", 5, 2);
}
END_TEST

#define VOC "Creative Voice File\x1a\x1a\0\x14\x01\x1f\x11"

START_TEST(test_voc) {
    assert_bytes(VOC "\x01\x06\0\0\xc1\0abcd", 4, 4);
    assert_bytes(VOC "\x01\x06\0\0\xc1\0abcd\0", 4, 5);
    assert_bytes(VOC "\x01\x06\0\0\xc1\0abc", 4, 3);
    assert_bytes(VOC "\x05\x02\0\0hi\x09\x0e\0\0............ab", 2, 2); /* a text first */
    assert_bytes(VOC "\x01\x04\0\0\xc1\0ab\x02\x03\0\0cde\0", 9, 10);   /* its second block goes on */
    assert_bytes(VOC "\x01\x04\0\0\xc1\0ab\x02\x03\0\0cd", 9, 8);
    assert_bytes(VOC "\x05\x02\0\0hi\0", -1, 0);
    assert_bytes(VOC, -1, 0);
}
END_TEST

START_TEST(test_anything_else) {
    assert_bytes("", -1, 0);
    assert_bytes("RIFF", -1, 0);
    assert_bytes("RIFF\0\0\0\0AVI LIST", -1, 0);
    assert_bytes("fLaC............", -1, 0);
    assert_bytes("RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", -1, 0); /* a chunk past the end */
    assert_bytes("RIFF\0\0\0\0WAVEfmt ", -1, 0);
    char *chunks = calloc(12 + 8 * 5000, 1); /* of length 0: the walk ends */
    memcpy(chunks, "RIFF\0\0\0\0WAVE", 12);
    assert_measured(chunks, 12 + 8 * 5000, -1, 0);
    free(chunks);
}
END_TEST

/* Behind another, what a file says counts from its own beginning; its end is where its header says. */
START_TEST(test_behind_another) {
    const char bytes[] = "0123456789RIFF\x1a\0\0\0WAVEfmt \x02\0\0\0\x31\0data\x03\0\0\0abc\0.snd";
    oss_source source;
    oss_window window;
    oss_source_memory(&source, bytes, sizeof bytes - 1);
    oss_window_init(&window, &source);
    ck_assert(!oss_container_begins(&window, 0));
    ck_assert(oss_container_begins(&window, 10));
    oss_container found = oss_container_measure(&window, 10);
    ck_assert_int_eq(found.declared_bytes, 3);
    ck_assert_int_eq(found.present_bytes, 8);
    ck_assert_int_eq(found.first_sample_bytes, 40);
    ck_assert_int_eq(found.end_bytes, 44);
    ck_assert_int_eq(found.format_tag, OSS_CONTAINER_GSM610);
    ck_assert(!oss_container_begins(&window, 44)); /* four bytes are no header */
}
END_TEST

/* What libsndfile writes says what is there. */
START_TEST(test_written_files) {
    const oss_encoding encodings[] = {OSS_ENCODE_PCM16, OSS_ENCODE_RF64, OSS_ENCODE_AIFF, OSS_ENCODE_AU};
    const float x[30] = {0};
    for (size_t i = 0; i < 4; i++) {
        ck_assert(oss_encode(path, encodings[i], x, 10, 3, 16000));
        oss_source source;
        ck_assert_int_eq(oss_source_open(&source, path), OSS_OK);
        oss_window window;
        oss_window_init(&window, &source);
        oss_container length = oss_container_measure(&window, 0);
        ck_assert_int_eq(length.declared_bytes, encodings[i] == OSS_ENCODE_AIFF ? 68 : 60);
        ck_assert_int_ge(length.present_bytes, length.declared_bytes);
        oss_source_close(&source);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/container");
    TCase *tests = tcase_create("lengths");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, test_wav);
    tcase_add_test(tests, test_lengths_that_do_not_say);
    tcase_add_test(tests, test_nothing_is_there);
    tcase_add_test(tests, test_sizes_without_an_end);
    tcase_add_test(tests, test_rf64);
    tcase_add_test(tests, test_aiff_and_au);
    tcase_add_test(tests, test_voc);
    tcase_add_test(tests, test_anything_else);
    tcase_add_test(tests, test_behind_another);
    tcase_add_test(tests, test_written_files);
    suite_add_tcase(suite, tests);
    return suite;
}
