/* Frames of MPEG audio, counted. */
#include "audio/mpeg.h"

#include <string.h>

#include "support/suite.h"

enum { FRAME = 288 }; /* of ff f3 88: layer III of MPEG 2, 64 kbit/s at 16 kHz */
static char bytes[1 << 16];
static size_t count;

static void put(const void *data, size_t size) {
    memcpy(bytes + count, data, size);
    count += size;
}

static void put_frames(int frames, const char *header, size_t size) {
    char frame[2048] = {0};
    memcpy(frame, header, 4);
    for (int i = 0; i < frames; i++) {
        put(frame, size);
    }
}

static void put_xing(const char *name, uint32_t frames) {
    char frame[FRAME] = "\xff\xf3\x88\xc4";
    memcpy(frame + 13, name, 4);
    frame[20] = 3; /* frames and bytes follow */
    frame[23] = (char)(frames >> 8);
    frame[24] = (char)frames;
    frame[27] = 1;
    put(frame, sizeof frame);
}

static void set_up(void) {
    count = 0;
    memset(bytes, 0, sizeof bytes);
}

static bool find(oss_mpeg_run *run, int64_t from, bool there) {
    static oss_source source;
    static oss_window window;
    oss_source_memory(&source, bytes, count);
    oss_window_init(&window, &source);
    return oss_mpeg_find(run, &window, from, (int64_t)count, there);
}

/* Version, layer, rate and bit rate decide the length (ISO 11172-3 2.4.3.1, 13818-3 2.4.3.1). */
START_TEST(test_lengths) {
    static const struct {
        const char *header;
        size_t size;
        int32_t samples;
    } cases[] = {
        {"\xff\xfb\x90\x64", 417, 1152},  /* 1, III, 128 kbit/s, 44.1 kHz */
        {"\xff\xfb\x92\x64", 418, 1152},  /* the same, padded */
        {"\xff\xfb\xe8\xc4", 1440, 1152}, /* 320 kbit/s, 32 kHz */
        {"\xff\xf3\x88\xc4", 288, 576},   /* 2, III, 64 kbit/s, 16 kHz */
        {"\xff\xe3\x18\xc4", 72, 576},    /* 2.5, III, 8 kbit/s, 8 kHz */
        {"\xff\xfd\x94\xc4", 480, 1152},  /* 1, II, 160 kbit/s, 48 kHz */
        {"\xff\xf5\x84\xc4", 384, 1152},  /* 2, II, 64 kbit/s, 24 kHz */
        {"\xff\xff\x94\xc4", 288, 384},   /* 1, I, 288 kbit/s, 48 kHz: (12 * 288000 / 48000) * 4 */
        {"\xff\xf7\x96\xc4", 292, 384},   /* 2, I, 144 kbit/s, 24 kHz, padded by four bytes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        oss_mpeg_run run;
        set_up();
        put_frames(5, cases[i].header, cases[i].size);
        ck_assert_msg(find(&run, 0, true), "case %d", (int)i);
        ck_assert_int_eq(run.frames, 5);
        ck_assert_int_eq(run.begin_bytes, 0);
        ck_assert_int_eq(run.end_bytes, (int64_t)count);
        ck_assert_int_eq(run.first_bytes, (int64_t)cases[i].size);
        ck_assert_int_eq(run.frame_samples, cases[i].samples);
        ck_assert(!run.cut && !run.has_xing);
        ck_assert_int_eq(run.promised_frames, -1);
    }
    static const char *const none[] = {"\xff\xfb\x00\x64", "\xff\xfb\xf0\x64", "\xff\xfb\x9c\x64",
                                       "\xff\xeb\x90\x64", "\xff\xf9\x90\x64", "\xfe\xfb\x90\x64"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        oss_mpeg_run run;
        set_up();
        put_frames(5, none[i], 417);
        ck_assert_msg(!find(&run, 0, true) && !find(&run, 0, false), "case %d", (int)i);
    }
}
END_TEST

START_TEST(test_xing) {
    static const char *const names[] = {"Xing", "Info"};
    for (size_t i = 0; i < 2; i++) {
        oss_mpeg_run run;
        set_up();
        put("ID3\x03\0\0\0\0\x01\x02", 10); /* 130 = 1 * 128 + 2 */
        count += 130;
        memcpy(bytes + 50, "Xing", 4); /* in the tag: not it */
        put_xing(names[i], 4);
        put_frames(6, "\xff\xf3\x88\xc4", FRAME);
        ck_assert(find(&run, 0, true));
        ck_assert(run.has_xing);
        ck_assert_int_eq(run.begin_bytes, 140);
        ck_assert_int_eq(run.promised_frames, 4);
        ck_assert_int_eq(run.promised_bytes, 256);
        ck_assert_int_eq(run.frames, 4); /* what follows is another's */
        ck_assert(find(&run, run.end_bytes, false));
        ck_assert_int_eq(run.frames, 2);
        ck_assert(!run.has_xing);
    }
}
END_TEST

START_TEST(test_runs_end) {
    static const struct {
        const char *what;
        size_t size;
    } between[] = {{"TAG, then anything", 128}, {"\xff\xf3\x8c\xc4", 4}, {"\xff\xfb\x90\xc4", 417}, {"", 1}};
    for (size_t i = 0; i < 4; i++) {
        oss_mpeg_run run;
        set_up();
        put_frames(5, "\xff\xf3\x88\xc4", FRAME);
        strcpy(bytes + count, between[i].what);
        count += between[i].size;
        put_frames(7, "\xff\xf3\x88\xc4", FRAME);
        ck_assert(find(&run, 0, true));
        ck_assert_int_eq(run.frames, 5);
        ck_assert(!run.cut);
        ck_assert(!find(&run, run.end_bytes, true));
        ck_assert(find(&run, run.end_bytes, false));
        ck_assert_int_eq(run.frames, 7);
        ck_assert_int_eq(run.begin_bytes, (int64_t)(5 * FRAME + between[i].size));
        ck_assert(!find(&run, run.end_bytes, false));
    }
    oss_mpeg_run run; /* a Xing header begins another */
    set_up();
    put_frames(5, "\xff\xf3\x88\xc4", FRAME);
    put_xing("Xing", 2);
    put_frames(2, "\xff\xf3\x88\xc4", FRAME);
    ck_assert(find(&run, 0, true));
    ck_assert_int_eq(run.frames, 5);
    ck_assert(find(&run, run.end_bytes, true));
    ck_assert(run.has_xing);
    ck_assert_int_eq(run.frames, 2);
}
END_TEST

START_TEST(test_cut) {
    put_frames(5, "\xff\xf3\x88\xc4", FRAME);
    size_t whole = count;
    for (size_t left = 3 * FRAME; left <= whole; left++) {
        oss_mpeg_run run;
        count = left;
        ck_assert(find(&run, 0, true));
        ck_assert_int_eq(run.frames, (int64_t)(left / FRAME));
        ck_assert_int_eq(run.end_bytes, (int64_t)(left / FRAME * FRAME));
        ck_assert(run.cut == (left % FRAME != 0));
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/mpeg");
    TCase *tests = tcase_create("mpeg");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_lengths);
    tcase_add_test(tests, test_xing);
    tcase_add_test(tests, test_runs_end);
    tcase_add_test(tests, test_cut);
    suite_add_tcase(suite, tests);
    return suite;
}
