/* Formats that libsndfile does not decode, through the commands: with ffmpeg where it is installed. */
#include "cli/cli_cases.h"
#include "support/suite.h"

/* A program that stands for ffmpeg, first in PATH, and a film that it knows. */
#define STANDS_IN                                                                                            \
    "printf '#!/bin/sh\\nexec cat \"$THREE\"\\n' > \"$DIR/ffmpeg\" && chmod +x \"$DIR/ffmpeg\" && "          \
    "printf '\\0\\0\\0 ftypisom of a film, and more of it' > \"$DIR/film.mp4\" && PATH=\"$DIR:$PATH\" "

START_TEST(test_films) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run =
        oss_cli_case_shell(&c, STANDS_IN "\"$OSSICLE\" transcribe --model \"$MODEL\" \"$DIR/film.mp4\"");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_run_deinit(&run);
    run = oss_cli_case_shell(&c, STANDS_IN
                             "\"$OSSICLE\" embed --model \"$MODEL\" -o \"$DIR/a.npy\" \"$DIR/film.mp4\" && "
                             "\"$OSSICLE\" embed --model \"$MODEL\" -o \"$DIR/b.npy\" \"$THREE\" && "
                             "cmp \"$DIR/a.npy\" \"$DIR/b.npy\"");
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_no_ffmpeg) {
    static const char *const commands[] = {
        STANDS_IN "\"$OSSICLE\" transcribe --no-ffmpeg --model \"$MODEL\" \"$DIR/film.mp4\"",
        STANDS_IN "\"$OSSICLE\" embed --no-ffmpeg --model \"$MODEL\" -o \"$DIR/a.npy\" \"$DIR/film.mp4\""};
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_cli_case_shell(&c, commands[_i]);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run,
                           "film.mp4: MP4 or M4A (AAC, ALAC), which libsndfile does not decode; convert it");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

/* The real one: containers and codecs of many kinds, and names that are none of options, protocols and patterns. */
START_TEST(test_real_ffmpeg) {
    static const char *const names[] = {"a.m4a",  "a.webm",     "a.mkv",
                                        "a.mov",  "a.avi",      "a.mpg",
                                        "a.wma",

                                        "-i.m4a", "http:a.m4a", "it's \"a\"\nfilm %03d.m4a"};
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_cli_case_shell(&c, "command -v ffmpeg > /dev/null");
    bool installed = run.code == 0;
    oss_program_run_deinit(&run);
    for (size_t i = 0; i < sizeof names / sizeof *names && installed; i++) {
        ck_assert_int_eq(setenv("NAME", names[i], 1), 0);
        run =
            oss_cli_case_shell(&c, "cd \"$DIR\" && ffmpeg -nostdin -v error -i \"$THREE\" \"file:$NAME\" && "
                                   "\"$OSSICLE\" transcribe --model \"$MODEL\" -- \"$NAME\" && "
                                   "\"$OSSICLE\" transcribe --model \"$MODEL\" - < \"$NAME\"");
        oss_program_expect(&run, 0);
        ck_assert_msg(strncmp(run.out, "a a", 3) == 0, "%s: %s", names[i], run.out);
        oss_program_run_deinit(&run);
    }
    if (installed) { /* sound that begins after the picture keeps its place */
        run = oss_cli_case_shell(
            &c,
            "cd \"$DIR\" && ffmpeg -nostdin -v error -f lavfi -i color=size=16x16:duration=3 -itsoffset 2 "
            "-i \"$THREE\" -map 0:v -map 1:a late.mkv && "
            "\"$OSSICLE\" transcribe --model \"$MODEL\" --json late.mkv");
        oss_program_expect(&run, 0);
        ck_assert_msg(strstr(run.out, "\"seconds\":2.1") != NULL, "%s", run.out);
        oss_program_run_deinit(&run);
    }
    if (installed) {
        run = oss_cli_case_shell(
            &c,
            "cd \"$DIR\" && printf '#EXTM3U\\n#EXTINF:3,\\nfile:%s\\n#EXT-X-ENDLIST\\n' \"$THREE\" > list && "
            "\"$OSSICLE\" transcribe --model \"$MODEL\" list");
        oss_program_expect(&run, 3); /* no other file is read in the name of this one */
        oss_program_expect_err(&run, "list: not audio that can be read: ffmpeg: ");
        oss_program_run_deinit(&run);
    }
    oss_cli_case_free(&c);
}
END_TEST

/* Behind a WAV header of 44 bytes are plain samples. */
START_TEST(test_raw) {
    static const char *const commands[] = {
        "tail -c +45 \"$THREE\" > \"$DIR/a.raw\"; \"$OSSICLE\" transcribe --model \"$MODEL\" --raw s16le:16000:1 "
        "\"$DIR/a.raw\"",
        "tail -c +45 \"$THREE\" | \"$OSSICLE\" transcribe --model \"$MODEL\" --raw s16le -",
        "tail -c +45 \"$THREE\" | \"$OSSICLE\" embed --model \"$MODEL\" --raw s16le -o \"$DIR/a.npy\" - && "
        "\"$OSSICLE\" embed --model \"$MODEL\" -o \"$DIR/b.npy\" \"$THREE\" && "
        "cmp \"$DIR/a.npy\" \"$DIR/b.npy\" && echo a a a"};
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run = oss_cli_case_shell(&c, commands[_i]);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a a\n");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(test_raw_errors) {
    oss_cli_case c = oss_cli_case_make();
    oss_program_run run =
        oss_cli_case_shell(&c, "\"$OSSICLE\" transcribe --model \"$MODEL\" --raw s16:8000 \"$THREE\"");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "raw: the format \"s16\" is none of u8, s16le");
    oss_program_run_deinit(&run);
    run = oss_cli_case_shell(
        &c, "tail -c +46 \"$THREE\" | \"$OSSICLE\" transcribe --model \"$MODEL\" --raw s16le -");
    oss_program_expect(&run, 1); /* it breaks off */
    oss_program_expect_err(&run, "ends within a frame, at 0.160 s (byte 5118): 1 of its 2 bytes");
    oss_program_run_deinit(&run);
    run = oss_cli_case_shell(
        &c, "printf '\\377\\377\\377\\377' | \"$OSSICLE\" transcribe --model \"$MODEL\" --raw f32le -");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "standard input: a sample that is not a number at 0.000 s (byte 0)");
    oss_program_run_deinit(&run);
    run = oss_cli_case_shell(&c, ": | \"$OSSICLE\" transcribe --model \"$MODEL\" --raw f32le -");
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "standard input: no samples");
    oss_program_run_deinit(&run);
    oss_cli_case_free(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/other_formats");
    TCase *tests = tcase_create("other_formats");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_films);
    tcase_add_loop_test(tests, test_no_ffmpeg, 0, 2);
    tcase_add_test(tests, test_real_ffmpeg);
    tcase_add_loop_test(tests, test_raw, 0, 3);
    tcase_add_test(tests, test_raw_errors);
    suite_add_tcase(suite, tests);
    return suite;
}
