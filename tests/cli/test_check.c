/* ossicle check: findings, exit codes, --json, --fix. */
#include "cli/check_cases.h"
#include "support/suite.h"

/* ---- Clean ---- */

START_TEST(test_clean) {
    check_case c = make_case();
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_tone(&c, "b.wav", 2.0, 400, 0.5);
    write_text(c.csv, "wav,text,speaker\na.wav,hello,x\nb.wav,\"a, b\",y\n");
    run_json(&c, 0, "--csv", c.csv);
    expect_counts(&c, "");
    ck_assert(oss_json_bool(oss_json_get(c.json, "clean")));
    static const char *const keys[] = {"clean",   "sets",     "seconds",    "characters_per_second",
                                       "symbols", "choices",  "configured", "recommended",
                                       "counts",  "findings", "infeasible"};
    size_t at = 0;
    for (const oss_json *part = oss_json_first(c.json); part != NULL; part = oss_json_next(part)) {
        ck_assert_uint_lt(at, sizeof keys / sizeof *keys);
        ck_assert_str_eq(oss_json_key(part), keys[at++]);
    }
    ck_assert_uint_eq(at, sizeof keys / sizeof *keys);
    const oss_json *train = oss_json_get(oss_json_get(c.json, "sets"), "train");
    ck_assert_double_eq(oss_json_number(oss_json_get(train, "rows")), 2);
    ck_assert_double_eq_tol(oss_json_number(oss_json_get(train, "hours")), 3.0 / 3600, 1e-9);
    ck_assert_double_eq(oss_json_number(oss_json_get(train, "speakers")), 2);
    end_run(&c);
    c.run = oss_run_ossicle("check", "--csv", c.csv);
    oss_program_expect(&c.run, 0);
    oss_program_expect_out(&c.run, "\nclean, 0 warnings\nrecommended: units=char ctc_subframes=1\n");
    end_run(&c);
    free_case(&c);
}
END_TEST

/* ---- A hostile CSV ---- */

/* Bytes of which one is NUL, between two texts. */
static void append(char *csv, long *length, const char *text, long bytes) {
    memcpy(csv + *length, text, (size_t)bytes);
    *length += bytes;
}

static void write_hostile(const check_case *c) {
    enum { HUGE = (1 << 20) + 100 };
    static const char before[] = "text,wav,note\r\n"
                                 "good one,a.wav,\"keep \"\"me\"\"\"\r\n" /* 1 */
                                 "gone,missing.wav,\r\n"                  /* 2 */
                                 "cut,cut.wav,\r\n"                       /* 3 */
                                 "nul\0nul,a.wav,\r\n"                    /* 4 */
                                 "bad \xff\xfe,a.wav,\r\n"                /* 5 */
                                 "two,b.wav\r\n"                          /* 6 */
                                 "x,b.wav,,more\r\n"                      /* 7 */
                                 "good one,\"a.wav\",\r\n"                /* 8: twice */
                                 "quiet,silent.wav,\r\n"                  /* 9 */
                                 "none,zero.wav,\r\n"                     /* 10: no bytes */
                                 "none,empty.wav,\r\n"                    /* 11: no samples */
                                 "  \t ,b.wav,\r\n"                       /* 12: no text */
                                 "blip,short.wav,\r\n"                    /* 13 */
                                 "epic,long.wav,\r\n"                     /* 14 */
                                 "good two,b.wav,\"line\nbreak\"\r\n"     /* 15 */
                                 "good one,copy.wav,\r\n"                 /* 16: the sound of row 1 */
                                 "huge ";                                 /* 17 */
    static const char after[] = ",b.wav,\r\n"
                                "\r\n"
                                "last,c.wav,"; /* 18: no line break */
    char *csv = malloc(sizeof before + HUGE + sizeof after);
    long length = 0;
    ck_assert_ptr_nonnull(csv);
    append(csv, &length, before, sizeof before - 1);
    memset(csv + length, 'z', HUGE);
    length += HUGE;
    append(csv, &length, after, sizeof after - 1);
    oss_tempdir_write(c->csv, csv, length);
    free(csv);
}

static void write_hostile_audio(const check_case *c) {
    write_tone(c, "a.wav", 1.0, 300, 0.5);
    write_tone(c, "copy.wav", 1.0, 300, 0.5);
    write_tone(c, "b.wav", 1.5, 400, 0.5);
    write_tone(c, "c.wav", 1.2, 500, 0.5);
    write_tone(c, "silent.wav", 1.0, 300, 0.0005);
    write_tone(c, "short.wav", 0.05, 300, 0.5);
    write_tone(c, "long.wav", 31, 300, 0.5);
    char *cut = oss_tempdir_path(c->folder, "cut.wav"), *whole = oss_tempdir_path(c->folder, "b.wav");
    char *zero = oss_tempdir_path(c->folder, "zero.wav"), *empty = oss_tempdir_path(c->folder, "empty.wav");
    long bytes;
    char *wav = oss_tempdir_read(whole, &bytes);
    oss_tempdir_write(cut, wav, bytes / 2);
    oss_tempdir_write(zero, "", 0);
    oss_wav_write_pcm16(empty, (const int16_t[]){0}, 0, 1, 16000);
    free(wav);
    free(cut);
    free(whole);
    free(zero);
    free(empty);
}

/* Loud enough for min_peak, but no sound: a constant. */
START_TEST(test_a_constant_is_silent) {
    check_case c = make_case();
    int16_t constant[16000];
    for (int i = 0; i < 16000; i++) {
        constant[i] = 16000;
    }
    char *path = oss_tempdir_path(c.folder, "dc.wav");
    oss_wav_write_pcm16(path, constant, 16000, 1, 16000);
    free(path);
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_text(c.csv, "wav,text\na.wav,sound\ndc.wav,none\n");
    run_json(&c, 1, "--csv", c.csv);
    expect_counts(&c, "silent 1");
    expect_finding(&c, "silent", 0, 2, "deviate");
    end_run(&c);
    free_case(&c);
}
END_TEST

START_TEST(test_hostile) {
    check_case c = make_case();
    write_hostile_audio(&c);
    write_hostile(&c);
    run_json(&c, 1, "--csv", c.csv, "--fix", c.fixed);
    expect_counts(&c, "csv 5, audio 4, short 1, long 1, silent 1, empty 1, duplicate 2, conflict 1");
    expect_finding(&c, "csv", 0, 4, "NUL byte");
    expect_finding(&c, "csv", 1, 5, "not UTF-8");
    expect_finding(&c, "csv", 2, 6, "set.csv:7: row 6: has 2 fields, but the header has 3");
    expect_finding(&c, "csv", 3, 7, "has 4 fields");
    expect_finding(&c, "csv", 4, 17, "longer than 1 MiB");
    expect_finding(&c, "audio", 0, 2, "missing.wav");
    expect_finding(&c, "audio", 1, 3, "truncated");
    expect_finding(&c, "audio", 2, 10, "empty");
    expect_finding(&c, "audio", 3, 11, "no samples");
    expect_finding(&c, "silent", 0, 9, "min_peak");
    expect_finding(&c, "empty", 0, 12, "no text");
    expect_finding(&c, "short", 0, 13, "min_seconds");
    expect_finding(&c, "long", 0, 14, "max_seconds");
    expect_finding(&c, "duplicate", 0, 8, "listed in row 1 too");
    expect_finding(&c, "duplicate", 1, 16, "the same sound as in row 1 (a.wav)");
    expect_finding(&c, "conflict", 0, 15, "listed in row 12 too");
    oss_program_expect_err(&c.run, "fixed.csv: 3 of 18 rows; left out: csv 5, audio 4, short 1, long 1, "
                                   "silent 1, empty 1, duplicate 2\n");
    end_run(&c);
    char *fixed = oss_tempdir_read(c.fixed, NULL);
    ck_assert_str_eq(fixed, "text,wav,note\r\n"
                            "good one,a.wav,\"keep \"\"me\"\"\"\r\n"
                            "good two,b.wav,\"line\nbreak\"\r\n"
                            "\r\n"
                            "last,c.wav,");
    free(fixed);
    run_json(&c, 0, "--csv", c.fixed);
    expect_counts(&c, "");
    end_run(&c);
    free_case(&c);
}
END_TEST

/* The same words from any number of threads, and lists that end. */
START_TEST(test_threads_and_long_lists) {
    check_case c = make_case();
    char text[4096] = "wav,text\na.wav,a\n";
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    for (int i = 0; i < 13; i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "gone-%d.wav,a\na.wav,text %d\n", i, i);
        strcat(text, row);
    }
    write_text(c.csv, text);
    oss_program_run one = oss_run_ossicle("check", "--csv", c.csv, "--threads", "1");
    oss_program_run many = oss_run_ossicle("check", "--csv", c.csv, "--threads", "7");
    oss_program_expect(&one, 1);
    oss_program_expect_out(&one, "unreadable audio: 13\n");
    oss_program_expect_out(&one, "  and 3 more (--json lists all)\n");
    oss_program_expect_out(&one, "26 findings, 0 warnings\n");
    ck_assert_str_eq(one.out, many.out);
    oss_program_run_deinit(&one);
    oss_program_run_deinit(&many);
    free_case(&c);
}
END_TEST

/* ---- Text ---- */

START_TEST(test_unicode) {
    check_case c = make_case();
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_tone(&c, "b.wav", 2.0, 400, 0.5);
    write_tone(&c, "c.wav", 2.1, 500, 0.5);
    write_tone(&c, "d.wav", 2.2, 600, 0.5);
    write_text(c.csv, "wav,text\n"
                      "a.wav,caf\xc3\xa9 don't\n"
                      "b.wav,the cafe\xcc\x81 don\xe2\x80\x99t\n"
                      "c.wav,caf\xc3\xa9 co\xc2\xadop coop\n"
                      "d.wav,\xd1\x81\xd0\xb0t\n"); /* Cyrillic s and a, Latin t */
    run_json(&c, 1, "--csv", c.csv);
    expect_counts(&c, "script 1, form 2, lookalike 1");
    expect_finding(&c, "form", 0, 2, "cafe<U+0301> 1 time, and caf<U+00E9> 2 times");
    expect_finding(&c, "form", 1, 3, "coop 1 time, and co<U+00AD>op 1 time");
    expect_finding(&c, "lookalike", 0, 2, "U+2019 in 1 row, and ''' U+0027 in 1");
    expect_finding(&c, "script", 0, 4, "<U+0441><U+0430>t");
    end_run(&c);
    free_case(&c);
}
END_TEST

START_TEST(test_vocabulary_of_a_model) {
    check_case c = make_case();
    oss_cli_case model = oss_cli_case_make();
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_text(c.csv, "wav,text\na.wav,\"A B \xc3\xa9!\"\n");
    run_json(&c, 1, "--csv", c.csv, "--model", model.model);
    expect_counts(&c, "unknown 2");
    expect_finding(&c, "unknown", 0, 1, "'!' U+0021 in 1 row");
    expect_finding(&c, "unknown", 1, 1, "'\xc3\xa9' U+00E9 in 1 row");
    ck_assert_double_eq(oss_json_number(oss_json_get(c.json, "symbols")), 11);
    const oss_json *configured = oss_json_get(c.json, "configured");
    ck_assert_double_eq(oss_json_number(oss_json_get(configured, "ctc_subframes")), 2);
    end_run(&c);
    oss_cli_case_free(&model);
    free_case(&c);
}
END_TEST

/* ---- Frames ---- */

/* 0.2 s: 21 mel frames, 3 of the encoder. "aabbc" needs 5 + 2. */
START_TEST(test_infeasible) {
    check_case c = make_case();
    write_tone(&c, "a.wav", 0.2, 300, 0.5);
    write_tone(&c, "b.wav", 0.2, 400, 0.5);
    write_text(c.csv, "wav,text\na.wav,aabbc\nb.wav,abc\n");
    run_json(&c, 0, "--csv", c.csv);
    static const int wanted[4] = {1, 1, 0, 0};
    const oss_json *choice = oss_json_first(oss_json_get(c.json, "choices"));
    for (int i = 0; i < 4; i++, choice = oss_json_next(choice)) {
        ck_assert_double_eq(oss_json_number(oss_json_get(choice, "ctc_subframes")), i + 1);
        ck_assert_double_eq(oss_json_number(oss_json_get(choice, "infeasible_train")), wanted[i]);
    }
    const oss_json *best = oss_json_get(c.json, "recommended");
    ck_assert_double_eq(oss_json_number(oss_json_get(best, "ctc_subframes")), 3);
    const oss_json *row = oss_json_first(oss_json_get(c.json, "infeasible"));
    ck_assert_ptr_null(oss_json_next(row));
    ck_assert_double_eq(oss_json_number(oss_json_get(row, "row")), 1);
    const oss_json *first = oss_json_first(oss_json_get(row, "choices"));
    ck_assert_double_eq(oss_json_number(oss_json_get(first, "needed")), 7);
    ck_assert_double_eq(oss_json_number(oss_json_get(first, "available")), 3);
    ck_assert_double_eq(oss_json_number(oss_json_get(oss_json_next(first), "available")), 6);
    end_run(&c);
    write_text(c.fixed, "{\"ctc_subframes\": 2}");
    run_json(&c, 1, "--csv", c.csv, "--config", c.fixed);
    expect_counts(&c, "infeasible 1");
    expect_finding(&c, "infeasible", 0, 1, "needs 7 as char(5), 4 as bpe(8)");
    expect_finding(&c, "infeasible", 0, 1, "; has 3 at k=1, 6 at k=2, 9 at k=3, 12 at k=4");
    end_run(&c);
    free_case(&c);
}
END_TEST

/* ---- Two sets ---- */

START_TEST(test_train_and_dev) {
    check_case c = make_case();
    write_tone(&c, "a.wav", 1.0, 300, 0.5);
    write_tone(&c, "b.wav", 1.0, 400, 0.5);
    write_tone(&c, "c.wav", 1.0, 500, 0.5);
    write_tone(&c, "d.wav", 1.0, 300, 0.5);
    write_text(c.csv, "wav,text,speaker\na.wav,one,x\nb.wav,two,y\n");
    write_text(c.dev, "wav,text,speaker\nc.wav,two,y\nd.wav,tan,z\n");
    run_json(&c, 1, "--csv", c.csv, "--dev-csv", c.dev, "--fix", c.fixed);
    expect_counts(&c, "leak 1, speaker 1, unknown 1, texts 1");
    expect_finding(&c, "leak", 0, 1, "dev.csv, row 2 (d.wav)");
    expect_finding(&c, "speaker", 0, 2, "y: 1 rows of train, 1 of dev");
    expect_finding(&c, "texts", 0, 1, "1 text of 1 dev row");
    expect_finding(&c, "unknown", 0, 2, "'a' U+0061 in 1 row");
    ck_assert_int_eq(count_of(&c, "duplicate"), 0);
    end_run(&c);
    char *fixed = oss_tempdir_read(c.fixed, NULL);
    ck_assert_str_eq(fixed, "wav,text,speaker\nb.wav,two,y\n");
    free(fixed);
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/check");
    TCase *tests = tcase_create("check");
    tcase_add_test(tests, test_clean);
    tcase_add_test(tests, test_a_constant_is_silent);
    tcase_add_test(tests, test_hostile);
    tcase_add_test(tests, test_threads_and_long_lists);
    tcase_add_test(tests, test_unicode);
    tcase_add_test(tests, test_vocabulary_of_a_model);
    tcase_add_test(tests, test_infeasible);
    tcase_add_test(tests, test_train_and_dev);
    suite_add_tcase(suite, tests);
    return suite;
}
