/* ossicle listen: what it hears on a pipe, what it prints, how it ends. The model is that of infer/streaming_cases.h. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli_cases.h"
#include "infer/streaming_cases.h"
#include "support/suite.h"
#include "support/terminal.h"

/* A folder with the model and "a a", 2 s of silence, "a" as raw samples and as WAV. */
typedef struct listen_case {
    char *folder, *model, *raw, *wav;
} listen_case;

enum { STORY_SECONDS = 6 };

static listen_case make_listen_case(void) {
    listen_case c = {.folder = oss_tempdir_make()};
    c.model = oss_tempdir_path(c.folder, "model.safetensors");
    c.raw = oss_tempdir_path(c.folder, "story.raw");
    c.wav = oss_tempdir_path(c.folder, "story.wav");
    oss_model *model = oss_case_listener();
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    float *x = oss_exact_floats(STORY_SECONDS * RATE);
    int64_t samples = 0;
    oss_case_sound(x, &samples, 0, 0.7);
    oss_case_sound(x, &samples, A_HZ, 0.5);
    oss_case_sound(x, &samples, SPACE_HZ, 0.3);
    oss_case_sound(x, &samples, A_HZ, 0.4);
    oss_case_sound(x, &samples, 0, 2.1);
    oss_case_sound(x, &samples, A_HZ, 0.5);
    int16_t *pcm = malloc((size_t)samples * sizeof *pcm);
    ck_assert_ptr_nonnull(pcm);
    for (int64_t i = 0; i < samples; i++) {
        pcm[i] = (int16_t)(x[i] * 32767.0F);
    }
    oss_tempdir_write(c.raw, (const char *)pcm, (long)((size_t)samples * sizeof *pcm));
    oss_wav_write_pcm16(c.wav, pcm, (size_t)samples, 1, RATE);
    free(pcm);
    free(x);
    return c;
}

static void free_listen_case(listen_case *c) {
    free(c->model);
    free(c->raw);
    free(c->wav);
    oss_tempdir_remove(c->folder);
}

/* `sh -c FORMAT` with $O the program, $M the model, $R and $W the raw samples and the WAV file. */
static oss_program_run run_shell(const listen_case *c, const char *script) {
    char *program = oss_program_path("ossicle");
    oss_program_run run =
        oss_program_start((const char *const[]){"/bin/sh", "-c", "O=$0 M=$1 R=$2 W=$3; eval \"$4\"", program,
                                                c->model, c->raw, c->wav, script, NULL},
                          OSS_STDOUT_KEEP);
    free(program);
    return run;
}

static void expect_out(const listen_case *c, const char *script, const char *want) {
    oss_program_run run = run_shell(c, script);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, want);
    ck_assert_str_eq(run.err, "");
    oss_program_run_deinit(&run);
}

START_TEST(test_segments_are_lines) {
    listen_case c = make_listen_case();
    expect_out(&c, "\"$O\" listen --model \"$M\" <\"$R\"", "a a\na\n");
    expect_out(&c, "cat \"$R\" | \"$O\" listen --model \"$M\" --latency 0.5", "a a\na\n");
    expect_out(&c, "\"$O\" listen --model \"$M\" --rule2-silence off <\"$R\"", "a a a\n");
    expect_out(&c, "\"$O\" listen --model \"$M\" --rule2-silence 0.5 --raw s16le:16000:1 <\"$R\"",
               "a a\na\n");
    expect_out(&c, "\"$O\" listen --model \"$M\" --rule2-silence off --rule1-silence 2 <\"$R\"", "a a\na\n");
    expect_out(&c, "\"$O\" listen --model \"$M\" --rule2-silence off --rule3-length 1 <\"$R\"", "a\na\na\n");
    expect_out(&c, "\"$O\" listen --model \"$M\" </dev/null", "");
    free_listen_case(&c);
}
END_TEST

START_TEST(test_wav_header) {
    listen_case c = make_listen_case();
    expect_out(&c, "\"$O\" listen --model \"$M\" <\"$W\"", "a a\na\n");
    expect_out(&c, "(head -c 3 \"$W\"; sleep 0.1; tail -c +4 \"$W\") | \"$O\" listen --model \"$M\"",
               "a a\na\n");
    oss_program_run run = run_shell(&c, "head -c 90001 \"$W\" | \"$O\" listen --model \"$M\"");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a\n");
    oss_program_expect_err(&run, "standard input broke off");
    oss_program_run_deinit(&run);
    free_listen_case(&c);
}
END_TEST

START_TEST(test_other_samples) {
    listen_case c = make_listen_case();
    oss_program_run run = run_shell(&c, "(cat \"$R\"; printf x) | \"$O\" listen --model \"$M\"");
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.out, "a a\na\n");
    oss_program_expect_err(&run, "it ends in the middle of a sample");
    oss_program_run_deinit(&run);
    free_listen_case(&c);
}
END_TEST

START_TEST(test_json) {
    listen_case c = make_listen_case();
    oss_program_run run = run_shell(&c, "\"$O\" listen --json --latency 0.5 --model \"$M\" <\"$R\"");
    oss_program_expect(&run, 0);
    int finals = 0, partials = 0;
    double heard = 0.0, end = 0.0;
    for (char *line = strtok(run.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        oss_json *object = NULL;
        ok(oss_json_parse(&object, line, strlen(line), "a line"));
        const char *type = oss_json_string(oss_json_get(object, "type"));
        const oss_json *words = oss_json_get(object, "words");
        finals += strcmp(type, "final") == 0;
        partials += strcmp(type, "partial") == 0;
        ck_assert_double_ge(oss_json_number(oss_json_get(object, "heard")), heard);
        heard = oss_json_number(oss_json_get(object, "heard"));
        ck_assert_double_le(oss_json_number(oss_json_get(object, "start")),
                            oss_json_number(oss_json_get(object, "end")));
        if (strcmp(type, "final") == 0) {
            ck_assert_double_ge(oss_json_number(oss_json_get(object, "start")), end);
            end = oss_json_number(oss_json_get(object, "end"));
            ck_assert_str_eq(oss_json_string(oss_json_get(object, "text")), finals == 1 ? "a a" : "a");
            ck_assert_uint_eq(oss_json_count(words), finals == 1 ? 2 : 1);
            ck_assert_str_eq(oss_json_string(oss_json_get(oss_json_first(words), "word")), "a");
        }
        oss_json_free(object);
    }
    ck_assert_int_eq(finals, 2);
    ck_assert_int_ge(partials, 3); /* "a", "a a", "a" */
    ck_assert_double_eq_tol(heard, 4.5, 0.001);
    oss_program_run_deinit(&run);
    free_listen_case(&c);
}
END_TEST

/* What is being said is shown on a terminal, and gone before the segment is printed. */
START_TEST(test_terminal) {
    listen_case c = make_listen_case();
    char *program = oss_program_path("ossicle");
    const char *const argument[] = {
        "/bin/sh", "-c", "exec \"$0\" listen --latency 0.5 --model \"$1\" <\"$2\"", program, c.model,
        c.raw,     NULL};
    char *text = oss_terminal_run(argument, 40, false, true, 0);
    const char *partial = strstr(text, "\r\033[Ka a"), *final = strstr(text, "\r\033[Ka a\r\n");
    ck_assert_msg(partial != NULL && final != NULL && partial < final, "%s", text);
    free(text);
    text = oss_terminal_run(argument, 40, false, false, 0); /* standard output is no terminal */
    ck_assert_ptr_null(strstr(text, "a a"));
    free(text);
    free(program);
    free_listen_case(&c);
}
END_TEST

/* ---- How it ends ---- */

/* The program on a pipe that stays open; what it printed comes from `out` until it ends. */
typedef struct listener {
    pid_t child;
    int in, out;
} listener;

static listener start_listener(const listen_case *c) {
    int in[2], out[2];
    char *program = oss_program_path("ossicle");
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        for (int i = 0; i < 2; i++) {
            (void)close(in[i]);
            (void)close(out[i]);
        }
        (void)execl(program, "ossicle", "listen", "--latency", "0.5", "--model", c->model, (char *)NULL);
        _exit(127);
    }
    free(program);
    (void)close(in[0]);
    (void)close(out[1]);
    return (listener){.child = child, .in = in[1], .out = out[0]};
}

static void check_signal(int number) {
    listen_case c = make_listen_case();
    long bytes = 0;
    char *raw = oss_tempdir_read(c.raw, &bytes);
    ck_assert_ptr_nonnull(raw);
    listener l = start_listener(&c);
    ck_assert_int_eq(write(l.in, raw, (size_t)bytes), bytes);
    char text[64] = "";
    ck_assert_int_eq(read(l.out, text, 4), 4); /* the first segment has ended, so the rest is being heard */
    ck_assert_str_eq(text, "a a\n");
    usleep(200000);
    ck_assert_int_eq(kill(l.child, number), 0);
    size_t used = 0;
    ssize_t got;
    while ((got = read(l.out, text + used, sizeof text - 1 - used)) > 0) {
        used += (size_t)got;
    }
    text[used] = '\0';
    ck_assert_str_eq(text, "a\n");
    int status = 0;
    ck_assert_int_eq(waitpid(l.child, &status, 0), l.child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 128 + number);
    (void)close(l.in);
    (void)close(l.out);
    free(raw);
    free_listen_case(&c);
}

START_TEST(test_signals_end_with_the_last_segment) {
    check_signal(SIGINT);
    check_signal(SIGTERM);
}
END_TEST

static void expect_failure(const listen_case *c, const char *script, int code, const char *why) {
    oss_program_run run = run_shell(c, script);
    oss_program_expect(&run, code);
    oss_program_expect_err(&run, why);
    ck_assert_msg(strchr(run.err, '\n') == run.err + strlen(run.err) - 1, "not one line: %s", run.err);
    oss_program_run_deinit(&run);
}

START_TEST(test_refusals) {
    listen_case c = make_listen_case();
    oss_cli_case other = oss_cli_case_make();
    expect_failure(&c, "\"$O\" listen --model \"$M\" --raw mp3 </dev/null", 2,
                   "--raw: the format \"mp3\" is none of");
    expect_failure(&c, "\"$O\" listen --model \"$M\" --latency 0.1 </dev/null", 2,
                   "latency_seconds is 0.1: give 0.4 to 30");
    expect_failure(&c, "\"$O\" listen --model \"$M\" --rule1-silence none </dev/null", 2,
                   "--rule1-silence none: choose seconds");
    expect_failure(&c, "\"$O\" listen --model \"$M\" --microphone --raw u8", 2, "give one of them");
    expect_failure(&c, "\"$O\" listen --model \"$M\" <&-", 3, "standard input is closed");
    expect_failure(&c, "\"$O\" listen --model \"$M\" \"$W\"", 2, "is one argument too many");
    expect_failure(&c, "printf 'fLaC and more' | \"$O\" listen --model \"$M\"", 3,
                   "standard input holds FLAC: decode it first");
    expect_failure(&c, "printf RIF | \"$O\" listen --model \"$M\"", 3, "ends within its first bytes");
    expect_failure(&c, "printf '\\000\\000\\200\\177' | \"$O\" listen --raw f32le --model \"$M\"", 3,
                   "is infinite");
    expect_failure(&c, "\"$O\" listen --model \"$M\" <\"$R\" >/dev/full", 4, "could not be written");
    char script[4096];
    (void)snprintf(script, sizeof script, "\"$O\" listen --model '%s' <\"$R\"", other.model);
    expect_failure(&c, script, 2, "cannot run as a stream: it normalises over the whole recording");
    oss_cli_case_free(&other);
    free_listen_case(&c);
}
END_TEST

/* What is certain is heard the same with a search; lists come with finals, and only in JSON. */
START_TEST(test_searching) {
    listen_case c = make_listen_case();
    expect_out(&c, "\"$O\" listen --model \"$M\" --beam 4 <\"$R\"", "a a\na\n");
    oss_program_run run = run_shell(&c, "\"$O\" listen --model \"$M\" --json --n-best 2 <\"$R\"");
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "\"utterances\":[{\"start\":0,");
    oss_program_expect_out(&run, "\"alternatives\":[{\"text\":\"a a\",\"score\":");
    oss_program_run_deinit(&run);
    run = run_shell(&c, "\"$O\" listen --model \"$M\" --n-best 2 <\"$R\"");
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "--n-best goes with --json");
    oss_program_run_deinit(&run);
    free_listen_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/listen");
    TCase *prints = tcase_create("prints");
    tcase_set_timeout(prints, 60);
    tcase_add_test(prints, test_segments_are_lines);
    tcase_add_test(prints, test_wav_header);
    tcase_add_test(prints, test_other_samples);
    tcase_add_test(prints, test_json);
    tcase_add_test(prints, test_terminal);
    suite_add_tcase(suite, prints);
    TCase *ends = tcase_create("ends");
    tcase_set_timeout(ends, 60);
    tcase_add_test(ends, test_signals_end_with_the_last_segment);
    tcase_add_test(ends, test_refusals);
    tcase_add_test(ends, test_searching);
    suite_add_tcase(suite, ends);
    return suite;
}
