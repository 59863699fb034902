/* Long work in little memory: resident memory and open files of the programs stay what they were once they were warm.
 * OSS_SOAK says how many transcriptions and steps (make soak: 100,000). */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "support/suite.h"
#include "support/train_program.h"

enum { FEW = 1500, MOST_SAMPLES = 1 << 16, SAMPLE_MS = 4, LEAST_SAMPLES = 16, ALLOWED_KIB = 768 };

typedef struct sample {
    long kib;
    int files;
} sample;

typedef struct watched {
    sample *sample; /* [samples], evenly spaced in time */
    int samples;
    int every, seen; /* of so many that were seen one is kept */
} watched;

static int how_many(void) {
    const char *text = getenv("OSS_SOAK");
    int many = text == NULL ? 0 : atoi(text);
    return many > FEW ? many : FEW;
}

/* ---- What the system says of a process ---- */

static long resident_kib(pid_t process) {
    char path[64];
    long pages = 0, all = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/statm", (long)process);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        (void)(fscanf(file, "%ld %ld", &all, &pages) == 2);
        (void)fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(pid_t process) {
    char path[64];
    int files = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)process);
    DIR *dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL) {
        files++;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return files;
}

/* Every other one goes when there is no room, so that what stays is evenly spaced. */
static void keep(watched *w, sample one) {
    if (w->seen++ % w->every != 0) {
        return;
    }
    if (w->samples == MOST_SAMPLES) {
        for (int i = 0; i < MOST_SAMPLES / 2; i++) {
            w->sample[i] = w->sample[2 * i];
        }
        w->samples /= 2;
        w->every *= 2;
    }
    w->sample[w->samples++] = one;
}

/* Until it ends; its exit code. */
static int watch_process(watched *w, pid_t process) {
    *w = (watched){.sample = malloc(MOST_SAMPLES * sizeof *w->sample), .every = 1};
    ck_assert_ptr_nonnull(w->sample);
    siginfo_t ended = {0};
    while (waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
        sample one = {resident_kib(process), open_files(process)};
        if (one.kib > 0 && one.files > 0) {
            keep(w, one);
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = SAMPLE_MS * 1000000L}, NULL);
    }
    return oss_train_wait(process);
}

static sample largest(const watched *w, int from, int to) {
    sample most = {0, 0};
    for (int i = from; i < to; i++) {
        most.kib = w->sample[i].kib > most.kib ? w->sample[i].kib : most.kib;
        most.files = w->sample[i].files > most.files ? w->sample[i].files : most.files;
    }
    return most;
}

/* The last quarter beside the second. */
static void expect_flat(watched *w, const char *what) {
    ck_assert_int_ge(w->samples, LEAST_SAMPLES);
    sample early = largest(w, w->samples / 4, w->samples / 2);
    sample late = largest(w, w->samples * 3 / 4, w->samples);
    (void)printf("%s: %ld KiB and %d files in the second quarter, %ld and %d in the last\n", what, early.kib,
                 early.files, late.kib, late.files);
    ck_assert_int_le(late.files, early.files);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they keep what was freed */
    ck_assert_msg(late.kib <= early.kib + ALLOWED_KIB, "%s: %ld KiB became %ld", what, early.kib, late.kib);
#endif
    free(w->sample);
}

/* ---- The programs ---- */

static pid_t start(const char *const *argument) {
    (void)fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        (void)execv(argument[0], (char *const *)(uintptr_t)argument);
        _exit(127);
    }
    return child;
}

START_TEST(transcribing_keeps_nothing) {
    oss_cli_case c = oss_cli_case_make();
    char *program = oss_program_path("ossicle"), *list = oss_tempdir_path(c.folder, "list");
    FILE *file = fopen(list, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = how_many(); i > 0; i--) {
        (void)fprintf(file, "%s\n", c.three);
    }
    ck_assert_int_eq(fclose(file), 0);
    watched w;
    int code = watch_process(&w, start((const char *const[]){program, "transcribe", "--model", c.model,
                                                             "--threads", "2", "--list", list, NULL}));
    ck_assert_int_eq(code, 0);
    expect_flat(&w, "transcribe");
    free(list);
    free(program);
    oss_cli_case_free(&c);
}
END_TEST

START_TEST(training_keeps_nothing) {
    const oss_tones tones = {.rows = 16, .seed = 5, .min_letters = 2, .max_letters = 5};
    char more[300];
    (void)snprintf(more, sizeof more,
                   "\"batch_seconds\": 2, \"max_steps\": %d, \"eval_every\": 500, \"checkpoint_every\": 500, "
                   "\"dev_fraction\": 0.25, \"keep_last\": 2",
                   how_many());
    oss_train_place place;
    oss_train_place_make(&place, &tones, more);
    char *run = oss_train_place_path(&place, "run"), *log = oss_train_place_path(&place, "log");
    watched w;
    int code = watch_process(
        &w, oss_train_spawn((const char *const[]){"--config", place.config, "--run", run, NULL}, log));
    ck_assert_int_eq(code, 0);
    expect_flat(&w, "training");
    free(log);
    free(run);
    oss_train_place_remove(&place);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("soak");
    TCase *tcase = tcase_create("soak");
    tcase_set_timeout(tcase, how_many() == FEW ? 120 : 4 * 3600);
    tcase_add_test(tcase, transcribing_keeps_nothing);
    tcase_add_test(tcase, training_keeps_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
