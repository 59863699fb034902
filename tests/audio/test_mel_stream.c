/* Features of a stream: the bytes of the features of the whole signal, however it is cut. */
#include "audio/mel_stream.h"

#include <errno.h>
#include <stdbool.h>

#include "audio/mel_cases.h"
#include "support/faults.h"
#include "support/isa.h"

#define ok(call) ck_assert_msg((call) == OSS_OK, "%s", oss_last_error())

/* Sizes of the pieces in which samples come; frames are read `most` at a time as soon as they are ready. */
typedef struct cut {
    int64_t piece;
    int32_t most;
} cut;

static int32_t read_ready(oss_mel_stream *stream, float *y, int32_t frames, int32_t bins, int32_t most) {
    while (oss_mel_stream_ready(stream) > 0) {
        frames += oss_mel_stream_read(stream, y + (size_t)frames * (size_t)bins, most);
    }
    return frames;
}

static void check_stream(const oss_mel_plan *plan, const float *x, int64_t samples, const mel_run *want,
                         cut how) {
    oss_mel_stream *stream = NULL;
    ok(oss_mel_stream_create(&stream, plan));
    float *y = take_spoiled((size_t)(want->frames + 1) * (size_t)want->bins * sizeof *y);
    int32_t frames = 0;
    for (int64_t at = 0; at < samples;) {
        int64_t piece = samples - at < how.piece ? samples - at : how.piece;
        int64_t taken = oss_mel_stream_add(stream, x + at, piece);
        ck_assert(taken > 0 || oss_mel_stream_ready(stream) >= OSS_MEL_STREAM_FRAMES);
        at += taken;
        frames = read_ready(stream, y, frames, want->bins, how.most);
    }
    ck_assert_int_le(frames, want->frames);
    oss_mel_stream_end(stream);
    frames = read_ready(stream, y, frames, want->bins, how.most);
    ck_assert_int_eq(frames, want->frames);
    ck_assert_msg(memcmp(y, want->y, (size_t)frames * (size_t)want->bins * sizeof *y) == 0,
                  "%lld samples in pieces of %lld, %d frames at a time: other bits", (long long)samples,
                  (long long)how.piece, (int)how.most);
    oss_free(y);
    oss_mel_stream_free(stream);
}

static void check_lengths(const oss_mel_plan *plan, const float *x, const int64_t *length, size_t lengths) {
    static const cut cuts[] = {{1, 1000}, {7, 1}, {160, 3}, {1000, 64}, {1 << 20, 1000}};
    for (size_t i = 0; i < lengths; i++) {
        mel_run want = run_forward(plan, x, length[i]);
        for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
            check_stream(plan, x, length[i], &want, cuts[k]);
        }
        free_run(&want);
    }
}

START_TEST(test_usual_front_end) {
    oss_require_isa();
    static const int64_t length[] = {1,   2,   159, 160, 199,  200,  201,  202,
                                     399, 400, 401, 560, 1023, 4001, 23456};
    static const int kinds[] = {MEL_POWER, MEL_NONE, MEL_FIXED};
    float *x = take_noise(23456);
    float mean[128], std[128];
    for (int i = 0; i < 128; i++) {
        mean[i] = -5.0f + 0.01f * (float)i;
        std[i] = 2.0f + 0.01f * (float)i;
    }
    for (size_t k = 0; k < 3; k++) {
        oss_mel_plan *plan = make_kind(kinds[k]);
        oss_mel_plan_set_stats(plan, mean, std);
        check_lengths(plan, x, length, sizeof length / sizeof *length);
        oss_mel_plan_free(plan);
    }
    free(x);
}
END_TEST

/* Windows that overlap much, hardly, or leave samples out; an odd one. */
START_TEST(test_other_front_ends) {
    static const struct {
        int32_t n_fft, win, hop, bins;
    } sizes[] = {{64, 64, 7, 12}, {64, 33, 10, 12}, {32, 20, 50, 6}, {64, 1, 1, 5}, {16, 16, 200, 3}};
    static const int64_t length[] = {1, 2, 15, 16, 31, 32, 33, 49, 50, 51, 99, 100, 101, 400, 2001};
    float *x = take_noise(2001);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        oss_mel_spec spec = usual_spec;
        spec.norm = OSS_MEL_NORM_NONE;
        spec.kind = OSS_MEL_LOG;
        spec.n_fft = sizes[i].n_fft;
        spec.win_samples = sizes[i].win;
        spec.hop_samples = sizes[i].hop;
        spec.bins = sizes[i].bins;
        oss_mel_plan *plan = make_mel(&spec);
        check_lengths(plan, x, length, sizeof length / sizeof *length);
        oss_mel_plan_free(plan);
    }
    free(x);
}
END_TEST

/* A frame is there as soon as the last sample under its window is. */
START_TEST(test_no_later_than_needed) {
    oss_mel_plan *plan = make_kind(MEL_NONE);
    oss_mel_stream *stream = NULL;
    ok(oss_mel_stream_create(&stream, plan));
    float *x = take_noise(1000);
    ck_assert_int_eq(oss_mel_stream_add(stream, x, 200), 200);
    ck_assert_int_eq(oss_mel_stream_ready(stream), 0); /* sample 200 is reflected to the front */
    ck_assert_int_eq(oss_mel_stream_add(stream, x + 200, 1), 1);
    ck_assert_int_eq(oss_mel_stream_ready(stream), 1);
    ck_assert_int_eq(oss_mel_stream_add(stream, x + 201, 158), 158);
    ck_assert_int_eq(oss_mel_stream_ready(stream), 1);
    ck_assert_int_eq(oss_mel_stream_add(stream, x + 359, 1), 1);
    ck_assert_int_eq(oss_mel_stream_ready(stream), 2);
    free(x);
    oss_mel_stream_free(stream);
    oss_mel_plan_free(plan);
}
END_TEST

START_TEST(test_nothing_at_all) {
    oss_mel_plan *plan = make_kind(MEL_NONE);
    oss_mel_stream *stream = NULL;
    ok(oss_mel_stream_create(&stream, plan));
    oss_mel_stream_end(stream);
    ck_assert_int_eq(oss_mel_stream_ready(stream), 0);
    oss_mel_stream_free(stream);
    oss_mel_stream_free(NULL);
    oss_mel_plan_free(plan);
}
END_TEST

START_TEST(test_memory_runs_out) {
    oss_mel_plan *plan = make_kind(MEL_NONE);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_mel_stream *stream = NULL;
        int64_t blocks = oss_faults_blocks();
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_mel_stream_create(&stream, plan);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert(fired == (stream == NULL));
        oss_mel_stream_free(stream);
        ck_assert_int_eq(oss_faults_blocks(), blocks);
        if (!fired) {
            break;
        }
    }
    oss_faults_remove();
    oss_mel_plan_free(plan);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/mel_stream");
    TCase *tcase = tcase_create("mel_stream");
    tcase_set_timeout(tcase, 120);
    oss_add_each_isa(tcase, test_usual_front_end);
    tcase_add_test(tcase, test_other_front_ends);
    tcase_add_test(tcase, test_no_later_than_needed);
    tcase_add_test(tcase, test_nothing_at_all);
    tcase_add_test(tcase, test_memory_runs_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
