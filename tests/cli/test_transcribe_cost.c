/* What `ossicle transcribe` may cost at the usual size, process and model file included: memory for 30 s of
 * audio, and time for 5 s. Sanitizers have costs of their own: with them only the transcript is made. */
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { SANITIZED = 0 };
#endif

enum { MOST_KIB = 40 << 10, MOST_CLIPS_KIB = 32 << 10, CLIPS = 150, RUNS = 9 };
/* On two idle processors it takes 0.02 s: this is for a busy machine and a slow instruction set. */
static const double most_seconds = 0.5;

typedef struct usual_size {
    char *folder, *model, *recording;
} usual_size;

static usual_size make_usual_size(double seconds) {
    usual_size u = {.folder = oss_tempdir_make()};
    u.model = oss_tempdir_path(u.folder, "model.safetensors");
    u.recording = oss_tempdir_path(u.folder, "recording.wav");
    const oss_network_sizes sizes = {.d_model = 192,
                                     .n_heads = 3,
                                     .d_ff = 768,
                                     .n_layers = 4,
                                     .conv_channels = 64,
                                     .downsample = 8,
                                     .k = 1,
                                     .vocab = 30};
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a"}, 1);
    oss_cli_case_save(model, u.model);
    oss_model_free(model);
    oss_wav_write_tone(u.recording, seconds, 440.0, 0.5, 16000);
    return u;
}

static void free_usual_size(usual_size *u) {
    free(u->model);
    free(u->recording);
    oss_tempdir_remove(u->folder);
}

START_TEST(test_memory_of_half_a_minute) {
    usual_size u = make_usual_size(30.0);
    for (int threads = 1; threads <= 2; threads++) {
        oss_program_run run = oss_run_ossicle("transcribe", "--threads", threads == 1 ? "1" : "2", "--model",
                                              u.model, u.recording);
        oss_program_expect(&run, 0);
        ck_assert_str_eq(run.out, "a\n");
        ck_assert_msg(SANITIZED || run.peak_kib <= MOST_KIB, "%d threads: %ld KiB at its largest", threads,
                      run.peak_kib);
        oss_program_run_deinit(&run);
    }
    free_usual_size(&u);
}
END_TEST

/* What a short recording needs, however many there are. */
START_TEST(test_memory_of_many_clips) {
    usual_size u = make_usual_size(3.0);
    char *folder = oss_tempdir_path(u.folder, "clips");
    for (int i = 0; i < CLIPS; i++) {
        char name[40];
        snprintf(name, sizeof name, "clips/%03d.wav", i);
        char *path = oss_tempdir_path(u.folder, name);
        oss_tempdir_make_folders(path);
        ck_assert_int_eq(link(u.recording, path), 0);
        free(path);
    }
    for (int threads = 1; threads <= 2; threads++) {
        oss_program_run run =
            oss_run_ossicle("transcribe", "--threads", threads == 1 ? "1" : "2", "--model", u.model, folder);
        oss_program_expect(&run, 0);
        ck_assert_msg(SANITIZED || run.peak_kib <= MOST_CLIPS_KIB, "%d threads: %ld KiB at its largest",
                      threads, run.peak_kib);
        oss_program_run_deinit(&run);
    }
    free(folder);
    free_usual_size(&u);
}
END_TEST

/* The fastest of some runs: others may have been held up by whatever else the machine does. */
START_TEST(test_time_of_a_short_recording) {
    usual_size u = make_usual_size(5.0);
    double fastest = 1e9;
    for (int i = 0; i < (SANITIZED ? 1 : RUNS); i++) {
        oss_program_run run = oss_run_ossicle("transcribe", "--model", u.model, u.recording);
        oss_program_expect(&run, 0);
        fastest = run.wall_seconds < fastest ? run.wall_seconds : fastest;
        oss_program_run_deinit(&run);
    }
    ck_assert_msg(SANITIZED || fastest <= most_seconds, "%.3f s at best", fastest);
    free_usual_size(&u);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/transcribe cost");
    TCase *tests = tcase_create("cost");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_memory_of_half_a_minute);
    tcase_add_test(tests, test_memory_of_many_clips);
    tcase_add_test(tests, test_time_of_a_short_recording);
    suite_add_tcase(suite, tests);
    return suite;
}
