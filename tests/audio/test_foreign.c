/* What a program called ffmpeg gives, or does not: scripts that stand for it, first in PATH. */
#include "audio/foreign.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audio/audio_cases.h"
#include "base/mem.h"
#include "ossicle/log.h"

enum { FRAMES = 70001, RATE = 44100, WANTED = 16000, MOST = 1 << 17 };

static char *old_path, *film;
static char warned[600];

static void take_log(void *context, oss_log_level level, const char *message) {
    (void)context;
    (void)level;
    snprintf(warned, sizeof warned, "%s", message);
}

/* A folder with a WAV, which the scripts know as $WAV, and a film. */
static void set_up_scripts(void) {
    set_up();
    float *x = take_noise(2 * FRAMES, 0.5);
    oss_wav_write_f32(path, x, FRAMES, 2, RATE);
    free(x);
    film = oss_tempdir_path(folder, "it's \"a\"\nfilm: 1.mp4");
    oss_tempdir_write(film, "film", 4);
    old_path = strdup(getenv("PATH"));
    ck_assert_int_eq(setenv("WAV", path, 1), 0);
    oss_log_set(take_log, NULL);
    warned[0] = '\0';
}

static void tear_down_scripts(void) {
    ck_assert_int_eq(setenv("PATH", old_path, 1), 0);
    free(old_path);
    free(film);
    tear_down();
}

/* From now on this is ffmpeg. */
static void put_script(const char *script) {
    char text[600], place[4000];
    char *program = oss_tempdir_path(folder, "ffmpeg");
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    oss_tempdir_write(program, text, (long)strlen(text));
    ck_assert_int_eq(chmod(program, 0700), 0);
    snprintf(place, sizeof place, "%s:%s", folder, old_path);
    ck_assert_int_eq(setenv("PATH", place, 1), 0);
    free(program);
}

typedef struct heard {
    oss_status status;
    bool cut_off;
    int64_t samples;
    float x[MOST];
} heard;

static heard result;

static void read_all(oss_foreign *foreign) {
    oss_audio_stream *stream = NULL;
    const oss_audio_format format = {.rate_hz = WANTED,
                                     .source_rate_hz = foreign->wav.format.rate_hz,
                                     .source_channels = foreign->wav.format.channels};
    result.status = oss_audio_stream_open_pull(&stream, film, oss_foreign_pull(foreign), &format);
    int64_t got = 1;
    while (result.status == OSS_OK && got > 0) {
        result.status = oss_audio_stream_read(stream, result.x + result.samples, 10007, &got);
        result.samples += result.status == OSS_OK ? got : 0;
    }
    oss_audio_stream_close(stream);
}

/* All of the film; afterwards no process is left. */
static void hear(const char *script, bool takes_cut, oss_stop *stop) {
    oss_foreign foreign = {0};
    const oss_audio_request request = {
        .rate_hz = WANTED, .end_seconds = -1, .cut_off = takes_cut ? &result.cut_off : NULL, .stop = stop};
    put_script(script);
    result.samples = 0;
    result.cut_off = false;
    result.status = oss_foreign_open(&foreign, film, &request);
    if (result.status == OSS_OK) {
        read_all(&foreign);
    }
    oss_foreign_close(&foreign);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

static void assert_says(oss_status status, const char *text) {
    char want[4500];
    snprintf(want, sizeof want, "%s: %s", film, text);
    char *line_break = strchr(want, '\n'); /* messages are one line */
    memmove(line_break + 2, line_break + 1, strlen(line_break));
    memcpy(line_break, "\\n", 2);
    ck_assert_msg(result.status == status, "%d: %s", (int)result.status, oss_last_error());
    ck_assert_str_eq(oss_last_error(), want);
}

/* Sizes that nobody knows: as ffmpeg writes them to a pipe. */
static void forget_sizes(void) {
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    memset(all + 4, 0xff, 4);
    for (long i = 12; i + 8 < bytes; i++) {
        if (memcmp(all + i, "data", 4) == 0) {
            memset(all + i + 4, 0xff, 4);
            break;
        }
    }
    oss_tempdir_write(path, all, bytes);
    free(all);
}

START_TEST(the_samples_are_those_of_its_wav) {
    oss_audio want = load(WANTED, 0, -1);
    hear("cat \"$WAV\"", false, NULL);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq(result.samples, want.samples);
    ck_assert_mem_eq(result.x, want.sample, (size_t)want.samples * sizeof(float));
    ck_assert_str_eq(warned, "");
    oss_audio_deinit(&want);
}
END_TEST

/* Whatever the name holds it is one argument, and no option, protocol or pattern. */
START_TEST(the_name_is_one_argument) {
    char want[4500];
    long bytes = 0;
    char *named = oss_tempdir_path(folder, "named");
    hear("while [ \"$1\" != -i ]; do shift; done; printf %s \"$2\" > \"${0%/*}/named\"; cat \"$WAV\"", false,
         NULL);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    snprintf(want, sizeof want, "file:%s", film);
    char *got = oss_tempdir_read(named, &bytes);
    ck_assert_str_eq(got, want);
    free(got);
    free(named);
}
END_TEST

START_TEST(what_cannot_be_read_is_told_as_it_was) {
    forget_sizes();
    hear("echo first >&2; echo no such codec >&2; exit 1", true, NULL);
    assert_says(OSS_EINPUT, "not audio that can be read: ffmpeg: no such codec");
    hear("exit 3", true, NULL);
    assert_says(OSS_EINPUT, "not audio that can be read: ffmpeg failed with exit code 3");
    hear("head -c 100 \"$WAV\" | head -c 44; echo no frame >&2; exit 1", true, NULL);
    assert_says(OSS_EINPUT, "not audio that can be read: ffmpeg: no frame");
    hear("exit 0", false, NULL);
    assert_says(OSS_EINPUT, "what ffmpeg made of it is no WAV");
    hear("exec yes", false, NULL);
    assert_says(OSS_EINPUT, "what ffmpeg made of it is no WAV");
}
END_TEST

START_TEST(a_crash_in_the_middle) {
    oss_audio want = load(WANTED, 0, -1);
    forget_sizes();
    static const char script[] = "head -c 400044 \"$WAV\"; kill -9 $$";
    hear(script, false, NULL);
    assert_says(OSS_EINPUT, "ffmpeg was ended by signal 9");
    hear(script, true, NULL);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    ck_assert(result.cut_off);
    ck_assert_int_eq(result.samples, oss_audio_resampled(50000, RATE, WANTED));
    ck_assert_mem_eq(result.x, want.sample, (size_t)(result.samples / 2) * sizeof(float));
    oss_audio_deinit(&want);
}
END_TEST

START_TEST(a_failure_behind_the_last_sample) {
    static const char script[] = "cat \"$WAV\"; echo the disk is gone >&2; exit 1";
    hear(script, false, NULL);
    assert_says(OSS_EINPUT, "ffmpeg: the disk is gone");
    hear(script, true, NULL);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    ck_assert(result.cut_off);
    hear("cat \"$WAV\"; echo a frame was damaged >&2", false, NULL);
    ck_assert_msg(result.status == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(strstr(warned, "ffmpeg passed by what it could not decode: a frame was damaged") != NULL,
                  "%s", warned);
}
END_TEST

START_TEST(endless_output_is_stopped) {
    oss_stop stop = false;
    oss_foreign foreign = {0};
    const oss_audio_request request = {.rate_hz = WANTED, .end_seconds = -1, .stop = &stop};
    float x[1000];
    int64_t got = 0;
    forget_sizes();
    put_script("cat \"$WAV\"; exec cat /dev/zero");
    ck_assert_int_eq(oss_foreign_open(&foreign, film, &request), OSS_OK);
    oss_audio_pull pull = oss_foreign_pull(&foreign);
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(pull.read(pull.context, x, 1000, &got), OSS_OK);
        ck_assert_int_gt(got, 0);
    }
    oss_stop_ask(&stop);
    ck_assert_int_eq(pull.read(pull.context, x, 1000, &got), OSS_ESTOPPED);
    oss_foreign_close(&foreign);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(silence_is_stopped) {
    oss_stop stop = false;
    oss_stop_ask(&stop);
    hear("exec sleep 100", true, &stop);
    assert_says(OSS_ESTOPPED, "stopped on request");
    oss_stop_ask(&stop);
    hear("cat \"$WAV\"; exec sleep 100", true, &stop);
    assert_says(OSS_ESTOPPED, "stopped on request");
}
END_TEST

START_TEST(more_than_a_hundred_hours) {
    int16_t x[1000] = {0};
    oss_wav_write_pcm16(path, x, 1000, 1, 1000);
    forget_sizes();
    put_script("cat \"$WAV\"; exec cat /dev/zero");
    oss_foreign foreign = {0};
    const oss_audio_request request = {.rate_hz = WANTED, .end_seconds = -1};
    static float y[32768];
    int64_t got = 1, all = 0;
    oss_status status = oss_foreign_open(&foreign, film, &request);
    oss_audio_pull pull = oss_foreign_pull(&foreign);
    foreign.wav.frames = 359999000; /* a hundred hours at 1000 Hz but for a second */
    while (status == OSS_OK && got > 0) {
        status = pull.read(pull.context, y, 100, &got);
        all += status == OSS_OK ? got : 0;
    }
    ck_assert_int_eq(all, 1000);
    ck_assert_int_eq(status, OSS_EINPUT);
    ck_assert_msg(strstr(oss_last_error(), "longer than 100 hours") != NULL, "%s", oss_last_error());
    oss_foreign_close(&foreign);
}
END_TEST

START_TEST(there_is_no_ffmpeg) {
    oss_foreign foreign = {0};
    const oss_audio_request request = {.rate_hz = WANTED, .end_seconds = -1};
    ck_assert_int_eq(setenv("PATH", folder, 1), 0);
    ck_assert_int_eq(oss_foreign_open(&foreign, film, &request), OSS_EUSAGE);
    oss_foreign_close(&foreign);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("audio/foreign");
    TCase *tests = tcase_create("foreign");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up_scripts, tear_down_scripts);
    tcase_add_test(tests, the_samples_are_those_of_its_wav);
    tcase_add_test(tests, the_name_is_one_argument);
    tcase_add_test(tests, what_cannot_be_read_is_told_as_it_was);
    tcase_add_test(tests, a_crash_in_the_middle);
    tcase_add_test(tests, a_failure_behind_the_last_sample);
    tcase_add_test(tests, endless_output_is_stopped);
    tcase_add_test(tests, silence_is_stopped);
    tcase_add_test(tests, more_than_a_hundred_hours);
    tcase_add_test(tests, there_is_no_ffmpeg);
    suite_add_tcase(suite, tests);
    return suite;
}
