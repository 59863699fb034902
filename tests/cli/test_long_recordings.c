/* Recordings of minutes through the program: memory that does not grow with them, and what `embed` writes of them. */
#include "cli/cli_cases.h"
#include "support/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { SANITIZED = 0 };
#endif

enum { RATE = 16000, HEADER_BYTES = 128 };

typedef struct long_case {
    oss_cli_case cli;
    char *recording, *out;
} long_case;

static long_case make_case(double seconds) {
    long_case c = {.cli = oss_cli_case_make()};
    c.recording = oss_tempdir_path(c.cli.folder, "long.wav");
    c.out = oss_tempdir_path(c.cli.folder, "out.npy");
    oss_wav_write_tone(c.recording, seconds, 440.0, 0.5, RATE);
    return c;
}

static void free_case(long_case *c) {
    free(c->recording);
    free(c->out);
    oss_cli_case_free(&c->cli);
}

/* ---- Memory ---- */

static long measure_peak(const char *const word[], const char *what) {
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    oss_program_expect(&run, 0);
    long peak = run.peak_kib;
    ck_assert_msg(SANITIZED || peak < 40 << 10, "%s: %ld KiB", what, peak);
    oss_program_run_deinit(&run);
    return peak;
}

/* A quarter of an hour takes what two minutes take, but for what is kept of the text. */
START_TEST(test_memory_does_not_grow) {
    enum { MOST_GROWTH_KIB = 6 << 10 }; /* of 44 MiB more samples; buffers grow to the longest piece */
    long_case few = make_case(120), many = make_case(900);
    const long_case *both[] = {&few, &many};
    long text_kib[2], rows_kib[2];
    for (int i = 0; i < 2; i++) {
        const long_case *c = both[i];
        const char *const transcribe[] = {"transcribe", "--threads",  "2", "--model",
                                          c->cli.model, c->recording, NULL};
        const char *const embed[] = {"embed", "--model", c->cli.model, "-o", c->out, c->recording, NULL};
        text_kib[i] = measure_peak(transcribe, "transcribe");
        rows_kib[i] = measure_peak(embed, "embed");
    }
    ck_assert_msg(SANITIZED || text_kib[1] - text_kib[0] < MOST_GROWTH_KIB, "%ld and %ld KiB", text_kib[0],
                  text_kib[1]);
    ck_assert_msg(SANITIZED || rows_kib[1] - rows_kib[0] < MOST_GROWTH_KIB, "%ld and %ld KiB", rows_kib[0],
                  rows_kib[1]);
    free_case(&few);
    free_case(&many);
}
END_TEST

/* Through a pipe: the same text, and not all of it in memory. */
START_TEST(test_pipe) {
    enum { MOST_KIB = 60 << 10 };
    long_case c = make_case(1500); /* 46 MiB */
    char *program = oss_program_path("ossicle"), command[2000];
    oss_program_run file = oss_run_ossicle("transcribe", "--model", c.cli.model, c.recording);
    oss_program_expect(&file, 0);
    snprintf(command, sizeof command, "cat '%s' | '%s' transcribe --model '%s' -", c.recording, program,
             c.cli.model);
    oss_program_run piped =
        oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP);
    oss_program_expect(&piped, 0);
    ck_assert_str_eq(piped.out, file.out);
    ck_assert_msg(SANITIZED || piped.peak_kib < MOST_KIB, "%ld KiB", piped.peak_kib);
    oss_program_run_deinit(&file);
    oss_program_run_deinit(&piped);
    free(program);
    free_case(&c);
}
END_TEST

/* ---- embed ---- */

static char *embed(const long_case *c, const char *const option[], long *out_bytes) {
    const char *word[20] = {"embed", "--model", c->cli.model, "-o", c->out, c->recording};
    int words = 6;
    for (int i = 0; option[i] != NULL; i++) {
        word[words++] = option[i];
    }
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    return oss_tempdir_read(c->out, out_bytes);
}

static const struct {
    const char *what, *shape_all, *shape_some;
    int columns, rows; /* of 1000 embeddings */
} outputs[] = {{"embeddings", "(1501, 32)", "(1000, 32)", 32, 1000},
               {"projected", "(1501, 20)", "(1000, 20)", 20, 1000},
               {"logits", "(3002, 11)", "(2000, 11)", 11, 2000}};

START_TEST(test_max_frames) {
    long_case c = make_case(120);
    long all_bytes = 0, some_bytes = 0, more_bytes = 0;
    const char *what = outputs[_i].what;
    char *all = embed(&c, (const char *const[]){"--what", what, NULL}, &all_bytes);
    char *some = embed(&c, (const char *const[]){"--what", what, "--max-frames", "1000", NULL}, &some_bytes);
    char *more = embed(&c, (const char *const[]){"--what", what, "--max-frames", "1501", NULL}, &more_bytes);
    ck_assert_ptr_nonnull(strstr(all + 10, outputs[_i].shape_all));
    ck_assert_ptr_nonnull(strstr(some + 10, outputs[_i].shape_some));
    ck_assert_int_eq(some_bytes, HEADER_BYTES + 4L * outputs[_i].rows * outputs[_i].columns);
    ck_assert_mem_eq(some + HEADER_BYTES, all + HEADER_BYTES, (size_t)some_bytes - HEADER_BYTES);
    ck_assert_int_eq(more_bytes, all_bytes);
    ck_assert_mem_eq(more, all, (size_t)all_bytes);
    free(all);
    free(some);
    free(more);
    free_case(&c);
}
END_TEST

/* Chunks are those of transcribe: another result, and the same for what is seen at once anyway. */
START_TEST(test_embed_in_chunks) {
    long_case c = make_case(10);
    long all_bytes = 0, bytes = 0;
    char *all = embed(&c, (const char *const[]){NULL}, &all_bytes);
    char *same = embed(&c, (const char *const[]){"--chunk-seconds", "100", NULL}, &bytes);
    ck_assert_int_eq(bytes, all_bytes);
    ck_assert_mem_eq(same, all, (size_t)bytes);
    char *other =
        embed(&c, (const char *const[]){"--chunk-seconds", "0.64", "--left-seconds", "0.64", NULL}, &bytes);
    ck_assert_int_eq(bytes, all_bytes);
    ck_assert(memcmp(other, all, (size_t)bytes) != 0);
    free(all);
    free(same);
    free(other);
    free_case(&c);
}
END_TEST

START_TEST(test_embed_refusals) {
    long_case c = make_case(1);
    oss_program_run run =
        oss_run_ossicle("embed", "--model", c.cli.model, "--max-frames", "0", "-o", c.out, c.recording);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--max-frames");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("embed", "--model", c.cli.model, "--left-seconds", "1", "-o", c.out, c.recording);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
    ck_assert(!oss_tempdir_has(c.cli.folder, "out.npy"));
    free_case(&c);
}
END_TEST

/* What was written before a recording turned out to be damaged is not left behind. */
START_TEST(test_nothing_is_left_of_a_damaged_recording) {
    enum { SAMPLES = 130 * RATE };
    long_case c = make_case(1);
    float *x = calloc(SAMPLES, sizeof *x);
    x[SAMPLES - 5] = 0.0f / 0.0f;
    oss_wav_write_f32(c.recording, x, SAMPLES, 1, RATE);
    oss_program_run run = oss_run_ossicle("embed", "--model", c.cli.model, "-o", c.out, c.recording);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "a sample that is not a number at frame 2079995");
    ck_assert(!oss_tempdir_has(c.cli.folder, "out.npy"));
    oss_program_run_deinit(&run);
    free(x);
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/long recordings");
    TCase *tests = tcase_create("long");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, test_memory_does_not_grow);
    tcase_add_test(tests, test_pipe);
    tcase_add_loop_test(tests, test_max_frames, 0, 3);
    tcase_add_test(tests, test_embed_in_chunks);
    tcase_add_test(tests, test_embed_refusals);
    tcase_add_test(tests, test_nothing_is_left_of_a_damaged_recording);
    suite_add_tcase(suite, tests);
    return suite;
}
