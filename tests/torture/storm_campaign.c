/* The programs as they are installed, killed at random moments. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/fill.h"
#include "support/program.h"
#include "support/tempdir.h"
#include "torture/command_place.h"
#include "torture/place_state.h"
#include "torture/torture.h"

static const oss_torture_storm_case storms[] = {
    {"training", {"train", "--config", "storm.json", "--run", "out-storm", NULL}, "out-storm"},
    {"average", {"average", "-o", "out-a.safetensors", "--last", "2", "run", NULL}, "out-a.safetensors"},
    {"quantize", {"quantize", "--to", "int8", "-o", "out-q.safetensors", "run", NULL}, "out-q.safetensors"},
    {"lm build", {"lm", "build", "--order", "3", "-o", "out-s.lm", "text.txt", NULL}, "out-s.lm"},
    {"transcribe", {"transcribe", "--model", "run", "-o", "out-t.txt", "tones-000.wav", NULL}, "out-t.txt"},
};

int32_t oss_torture_storms(void) {
    return (int32_t)(sizeof storms / sizeof storms[0]);
}

const oss_torture_storm_case *oss_torture_storm_get(int32_t index) {
    return &storms[index];
}

static pid_t spawn(const char *folder, const char *const word[]) {
    bool trains = strcmp(word[0], "train") == 0;
    char *program = oss_program_path(trains ? "ossicle-train" : "ossicle");
    char *log = oss_tempdir_path(folder, "storm.log");
    const char *argument[OSS_COMMAND_WORDS] = {program};
    for (int i = trains ? 1 : 0, count = 1; word[i] != NULL; i++) {
        argument[count++] = word[i];
    }
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(file, STDERR_FILENO);
        (void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        if (chdir(folder) == 0) {
            (void)execv(program, (char *const *)argument);
        }
        _exit(127);
    }
    free(program);
    free(log);
    return child;
}

/* Exit code, or 128 + signal. */
static int wait_for(pid_t child) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static double read_clock(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct storm {
    oss_tally *tally;
    const char *folder;
    const oss_torture_storm_case *what;
    uint64_t wanted;
    double seconds; /* of an undisturbed run */
} storm;

static pid_t start(const storm *s) {
    const char *const resume[] = {"train", "--resume", "--run", s->what->output, NULL};
    bool goes_on = oss_place_is_run(s->folder, s->what->output);
    return spawn(s->folder, goes_on ? resume : s->what->word);
}

static bool is_run(const storm *s) {
    return strcmp(s->what->word[0], "train") == 0;
}

/* Undisturbed, from here to the end. */
static void finish(const storm *s, const char *when) {
    int code = wait_for(start(s));
    if (code != 0 || oss_place_hash(s->folder, s->what->output) != s->wanted) {
        char *log = oss_tempdir_path(s->folder, "storm.log"), *text = oss_tempdir_read(log, NULL);
        oss_tally_lose(s->tally, "%s, %s: exit code %d, %s\n%s", s->what->name, when, code,
                       code == 0 ? "another result" : "no result", text == NULL ? "" : text);
        free(text);
        free(log);
    }
    (void)oss_place_sweep(s->folder);
    if (is_run(s)) {
        oss_place_remove(s->folder, s->what->output);
    }
}

static void find_wanted(storm *s) {
    oss_place_remove(s->folder, s->what->output);
    double before = read_clock();
    int code = wait_for(start(s));
    s->seconds = read_clock() - before;
    s->wanted = oss_place_hash(s->folder, s->what->output);
    ck_assert_msg(code == 0 && s->wanted != 0, "%s: exit code %d", s->what->name, code);
    if (is_run(s)) {
        oss_place_remove(s->folder, s->what->output);
    }
}

/* Sleeps where a run may be at any point of itself; the first instants get a part of their own. */
static void sleep_at_random(const storm *s, uint64_t seed, int32_t i) {
    double share = (double)(oss_fill_bits(seed, (uint64_t)i) >> 11) * 0x1p-53;
    double seconds = (i % 4 == 0 ? 0.1 : 1.0) * share * s->seconds;
    const struct timespec time = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
    (void)nanosleep(&time, NULL);
}

void oss_torture_storm(oss_tally *tally, const char *folder, int32_t index, uint64_t seed, int32_t kills) {
    storm s = {.tally = tally, .folder = folder, .what = &storms[index]};
    find_wanted(&s);
    int64_t begun = tally->tried;
    for (int32_t i = 0; tally->tried - begun < kills && i < 20 * kills; i++) {
        pid_t child = start(&s);
        sleep_at_random(&s, seed, i);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        int code = wait_for(child);
        tally->tried += code == 128 + SIGKILL;
        if (code != 128 + SIGKILL && code != 0) {
            oss_tally_lose(tally, "%s, after a kill: exit code %d", s.what->name, code);
        }
        if (!is_run(&s) && oss_place_hash(folder, s.what->output) != s.wanted) {
            oss_tally_lose(tally, "%s, killed: what was there before is not intact", s.what->name);
        }
        if (code == 0 || i % 10 == 9) {
            finish(&s, code == 0 ? "ended before it was killed" : "killed and gone on with");
        }
    }
    finish(&s, "killed and gone on with");
}
