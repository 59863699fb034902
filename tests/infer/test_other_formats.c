/* Files that libsndfile does not decode: refused, or read through ffmpeg when the caller allows it. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "infer/recognizer_cases.h"
#include "support/suite.h"

static place p;
static char *film, *marker, *old_path;

static void set_up(void) {
    oss_network_sizes sizes = oss_network_micro();
    p = make_place(&sizes);
    film = oss_tempdir_path(p.folder, "film.mp4");
    marker = oss_tempdir_path(p.folder, "started");
    old_path = strdup(getenv("PATH"));
    static const char bytes[] = "\0\0\0\x20"
                                "ftypisom of a film, and more of it";
    oss_tempdir_write(film, bytes, sizeof bytes);
}

static void tear_down(void) {
    ck_assert_int_eq(setenv("PATH", old_path, 1), 0);
    free(old_path);
    free(film);
    free(marker);
    free_place(&p);
}

/* A program ffmpeg that says that it was started and gives the WAV. */
static void put_ffmpeg(void) {
    char text[4000];
    char *program = oss_tempdir_path(p.folder, "ffmpeg");
    snprintf(text, sizeof text, "#!/bin/sh\necho > '%s'\nexec cat '%s'\n", marker, p.wav);
    oss_tempdir_write(program, text, (long)strlen(text));
    ck_assert_int_eq(chmod(program, 0700), 0);
    snprintf(text, sizeof text, "%s:%s", p.folder, old_path);
    ck_assert_int_eq(setenv("PATH", text, 1), 0);
    free(program);
}

static bool was_started(void) {
    return oss_tempdir_has(p.folder, "started") > 0;
}

static oss_recognizer *create(int32_t use_ffmpeg) {
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p.model,
                             &(oss_recognizer_options){OSS_SIZE, .threads = 1, .use_ffmpeg = use_ffmpeg}));
    return recognizer;
}

static void assert_refused(int32_t use_ffmpeg, const char *path, const char *text) {
    oss_recognizer *recognizer = create(use_ffmpeg);
    char *out = NULL;
    ck_assert_int_eq(oss_recognizer_transcribe_file(recognizer, path, &out, NULL), OSS_EINPUT);
    ck_assert_ptr_null(out);
    ck_assert_msg(strstr(oss_last_error(), text) != NULL, "%s", oss_last_error());
    oss_recognizer_free(recognizer);
}

START_TEST(the_film_is_heard_as_its_wav) {
    put_ffmpeg();
    oss_recognizer *recognizer = create(1), *sibling = NULL;
    ok(oss_recognizer_create_sibling(&sibling, recognizer));
    oss_matrix want = {0}, got = {0};
    ok(oss_recognizer_embed_file(recognizer, p.wav, OSS_OUTPUT_LOGITS, &want));
    ck_assert(!was_started());
    ok(oss_recognizer_embed_file(sibling, film, OSS_OUTPUT_LOGITS, &got));
    ck_assert(was_started());
    ck_assert_int_eq(got.rows, want.rows);
    ck_assert_mem_eq(got.value, want.value, (size_t)(want.rows * want.columns) * sizeof(float));
    oss_matrix_deinit(&want);
    oss_matrix_deinit(&got);
    oss_recognizer_free(sibling);
    oss_recognizer_free(recognizer);
}
END_TEST

START_TEST(no_program_is_started_unasked) {
    put_ffmpeg();
    assert_refused(0, film, "MP4 or M4A (AAC, ALAC), which libsndfile does not decode; convert it");
    ck_assert(!was_started());
}
END_TEST

START_TEST(there_is_no_ffmpeg) {
    ck_assert_int_eq(setenv("PATH", p.folder, 1), 0);
    assert_refused(1, film, "MP4 or M4A (AAC, ALAC), which libsndfile does not decode");
    assert_refused(1, film, "or install ffmpeg, through which such files are read");
    assert_refused(1, p.model, "not audio that can be read");
}
END_TEST

/* What libsndfile knows and finds damaged, cut or empty is told by it. */
START_TEST(damage_is_no_other_format) {
    long bytes = 0;
    char *all = oss_tempdir_read(p.wav, &bytes);
    put_ffmpeg();
    oss_tempdir_write(p.wav, all, bytes - 1003);
    assert_refused(1, p.wav, "truncated");
    oss_tempdir_write(p.wav, all, 30);
    assert_refused(1, p.wav, "not audio that can be read (libsndfile");
    memset(all + 20, 0x7f, 2);
    oss_tempdir_write(p.wav, all, bytes);
    assert_refused(1, p.wav, "not audio that can be read (libsndfile");
    static const char flac[] = "fLaC\x80 and nothing of it";
    oss_tempdir_write(p.wav, flac, sizeof flac);
    assert_refused(1, p.wav, "sound.wav");
    oss_tempdir_write(p.wav, "", 0);
    assert_refused(1, p.wav, "an empty file");
    ck_assert(!was_started());
    free(all);
}
END_TEST

START_TEST(a_pipe_is_to_be_saved) {
    char command[4000];
    char *fifo = oss_tempdir_path(p.folder, "fifo");
    put_ffmpeg();
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    snprintf(command, sizeof command, "cat '%s' > '%s' &", film, fifo);
    ck_assert_int_eq(system(command), 0);
    assert_refused(1, fifo, "or save it as a file, which is read through ffmpeg");
    ck_assert(!was_started());
    free(fifo);
}
END_TEST

/* A program that was compiled before there was use_ffmpeg, whose memory behind the options is its own. */
START_TEST(options_of_older_programs) {
    put_ffmpeg();
    oss_recognizer_options options;
    memset(&options, 0x55, sizeof options);
    const size_t first = offsetof(oss_recognizer_options, use_ffmpeg);
    memset(&options, 0, first);
    options.size = first;
    options.threads = 1;
    oss_recognizer *recognizer = NULL;
    char *text = NULL;
    ok(oss_recognizer_create(&recognizer, p.model, &options));
    ck_assert_int_eq(oss_recognizer_transcribe_file(recognizer, film, &text, NULL), OSS_EINPUT);
    ck_assert(!was_started());
    oss_recognizer_free(recognizer);
    options.size = first - 1;
    ck_assert_int_eq(oss_recognizer_create(&recognizer, p.model, &options), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), "set it to sizeof(oss_recognizer_options)") != NULL, "%s",
                  oss_last_error());
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/other_formats");
    TCase *tests = tcase_create("other_formats");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_film_is_heard_as_its_wav);
    tcase_add_test(tests, no_program_is_started_unasked);
    tcase_add_test(tests, there_is_no_ffmpeg);
    tcase_add_test(tests, damage_is_no_other_format);
    tcase_add_test(tests, a_pipe_is_to_be_saved);
    tcase_add_test(tests, options_of_older_programs);
    suite_add_tcase(suite, tests);
    return suite;
}
