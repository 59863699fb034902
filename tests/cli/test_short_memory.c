/* Recordings that need more memory than there is: one line, and the others go on; and those that are kept whole have a
 * longest length. */
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

enum { RATE = 16000, STEP_KIB = 1024, MOST_STEPS = 400, LONG_SECONDS = 59, HOUR_SECONDS = 3600 };

static oss_cli_case c;
static char *longer, *list, *csv, *hour, *out;

/* A header, and zeros that take no room on the disk. */
static void write_hour(const char *path) {
    const int16_t sample = 0;
    const uint32_t data = 2 * RATE * HOUR_SECONDS, all = data + 36;
    oss_wav_write_pcm16(path, &sample, 1, 1, RATE);
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert(fseek(file, 4, SEEK_SET) == 0 && fwrite(&all, sizeof all, 1, file) == 1);
    ck_assert(fseek(file, 40, SEEK_SET) == 0 && fwrite(&data, sizeof data, 1, file) == 1);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(truncate(path, (off_t)data + 44), 0);
}

static void set_up(void) {
    c = oss_cli_case_make();
    longer = oss_tempdir_path(c.folder, "longer.wav");
    csv = oss_tempdir_path(c.folder, "rows.csv");
    list = oss_tempdir_path(c.folder, "three.csv");
    hour = oss_tempdir_path(c.folder, "hour.wav");
    out = oss_tempdir_path(c.folder, "out");
    oss_wav_write_tone(longer, LONG_SECONDS, 440.0, 0.5, RATE);
    oss_cli_case_write(&c, "rows.csv", "wav,text\nthree.wav,a a a\nlonger.wav,a a a\nthree.wav,a a a\n");
    oss_cli_case_write(&c, "three.csv", "wav,text\nthree.wav,a a a\n");
}

static void tear_down(void) {
    free(longer);
    free(csv);
    free(list);
    free(hour);
    free(out);
    oss_cli_case_free(&c);
}

/* `ossicle` with these words, in that much address space; 0: all there is. */
static oss_program_run run_in(long kib, const char *const word[]) {
    char *program = oss_program_path("ossicle"), limit[80];
    const char *argument[20] = {"/bin/sh", "-c", limit, program};
    snprintf(limit, sizeof limit, kib > 0 ? "ulimit -v %ld && exec \"$0\" \"$@\"" : "exec \"$0\" \"$@\"",
             kib);
    for (int i = 0; word[i] != NULL; i++) {
        argument[4 + i] = word[i];
    }
    oss_program_run run = oss_program_start(argument, OSS_STDOUT_KEEP);
    free(program);
    return run;
}

/* The least in which it is done, rounded up to steps. */
static long find_need(const char *const word[]) {
    long low = 0, high = MOST_STEPS;
    while (high - low > 1) {
        long middle = (low + high) / 2;
        oss_program_run run = run_in(middle * STEP_KIB, word);
        *(run.code == 0 ? &high : &low) = middle;
        oss_program_run_deinit(&run);
    }
    ck_assert_int_lt(high, MOST_STEPS);
    return high * STEP_KIB;
}

static int count_lines(const char *text, const char *part) {
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

/* ---- One among others ---- */

START_TEST(test_transcribe) {
    long kib =
        find_need((const char *const[]){"transcribe", "--model", c.model, "--threads", "1", c.three, NULL});
    oss_program_run run =
        run_in(kib + 2 * STEP_KIB, (const char *const[]){"transcribe", "--model", c.model, "--threads", "1",
                                                         c.three, longer, c.three, NULL});
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "longer.wav: out of memory");
    ck_assert_int_eq(count_lines(run.out, "a a a"), 2);
    oss_program_run_deinit(&run);
    run = run_in(kib + 2 * STEP_KIB,
                 (const char *const[]){"transcribe", "--model", c.model, "--threads", "1", longer, NULL});
    oss_program_expect(&run, 4);
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_eval) {
    const char *word[] = {"eval", "--model", c.model, "--threads", "1", "--csv", list, NULL};
    long kib = find_need(word);
    word[6] = csv;
    oss_program_run run = run_in(kib + 2 * STEP_KIB, word);
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "row 2: ");
    oss_program_expect_err(&run, "out of memory");
    ck_assert_ptr_nonnull(strstr(run.out, "utterances              2"));
    oss_program_run_deinit(&run);
}
END_TEST

START_TEST(test_align) {
    const char *word[] = {"align",    "--model", c.model, "--threads", "1",
                          "--format", "ctm",     "--csv", list,        NULL};
    long kib = find_need(word);
    word[8] = csv;
    oss_program_run run = run_in(kib + 2 * STEP_KIB, word);
    oss_program_expect(&run, 1);
    oss_program_expect_err(&run, "out of memory");
    ck_assert_int_eq(count_lines(run.out, "three"), 6);
    oss_program_run_deinit(&run);
}
END_TEST

/* ---- The longest ---- */

static void assert_too_long(long kib, int code, const char *seconds, const char *const word[]) {
    enum { MOST_KIB = 100 << 10 };
    oss_program_run run = run_in(kib, word);
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, "longer than max_seconds");
    oss_program_expect_err(&run, seconds);
    ck_assert_msg(SANITIZED || run.peak_kib < MOST_KIB, "%s: %ld KiB", word[0], run.peak_kib);
    oss_program_run_deinit(&run);
}

START_TEST(test_max_seconds) {
    write_hour(hour);
    const char *given = "longer than max_seconds, 20 s";
    assert_too_long(0, 3, given,
                    (const char *const[]){"features", "-o", out, "--max-seconds", "20", hour, NULL});
    assert_too_long(
        0, 1, given,
        (const char *const[]){"eval", "--model", c.model, "--csv", csv, "--max-seconds", "20", NULL});
    assert_too_long(
        0, 1, given,
        (const char *const[]){"align", "--model", c.model, "--csv", csv, "--max-seconds", "20", NULL});
    assert_too_long(0, 3, given,
                    (const char *const[]){"align", "--model", c.model, "--text", "a", "--max-seconds", "20",
                                          longer, NULL});
    oss_program_run run = oss_run_ossicle("features", "-o", out, "--max-seconds", "59", longer);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("features", "-o", out, "--max-seconds", "0", longer);
    oss_program_expect(&run, 2);
    oss_program_run_deinit(&run);
}
END_TEST

/* What is not said follows from the memory. */
START_TEST(test_default) {
    write_hour(hour);
    assert_too_long(160 << 10, 3, "hour.wav", (const char *const[]){"features", "-o", out, hour, NULL});
    ck_assert(!oss_tempdir_has(c.folder, "out"));
}
END_TEST

/* What only counts keeps nothing. */
START_TEST(test_vocab_counts_in_little_memory) {
    enum { MOST_KIB = 40 << 10 };
    write_hour(hour);
    oss_cli_case_write(&c, "hour.csv", "wav,text\nhour.wav,a a a\n");
    char *rows = oss_tempdir_path(c.folder, "hour.csv");
    oss_program_run run = oss_run_ossicle("vocab", "--csv", rows, "-o", out);
    oss_program_expect(&run, 0);
    ck_assert_msg(SANITIZED || run.peak_kib < MOST_KIB, "%ld KiB", run.peak_kib);
    oss_program_run_deinit(&run);
    free(rows);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/short memory");
    TCase *all = tcase_create("short memory");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_set_timeout(all, 240);
    if (!SANITIZED) { /* whose shadow takes all address space */
        tcase_add_test(all, test_transcribe);
        tcase_add_test(all, test_eval);
        tcase_add_test(all, test_align);
        tcase_add_test(all, test_default);
    }
    tcase_add_test(all, test_max_seconds);
    tcase_add_test(all, test_vocab_counts_in_little_memory);
    suite_add_tcase(suite, all);
    return suite;
}
