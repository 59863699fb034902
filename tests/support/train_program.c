#include "support/train_program.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/tempdir.h"

enum { MAX_WORDS = 32 };

void oss_train_place_make(oss_train_place *place, const oss_tones *tones, const char *more_json) {
    place->folder = oss_tempdir_make();
    place->csv = oss_tones_make(place->folder, "tones", tones);
    place->config = oss_tempdir_path(place->folder, "small.json");
    char json[2000];
    int length =
        snprintf(json, sizeof json,
                 "{\"mel_bins\": 32, \"n_fft\": 512, \"conv_channels\": 8, \"d_model\": 24, \"n_layers\": 1, "
                 "\"n_heads\": 2, \"d_ff\": 48, \"train_csv\": \"%s\", \"split_by\": \"row\", "
                 "\"warmup_steps\": 5, \"threads\": 2%s%s}\n",
                 place->csv, more_json[0] == '\0' ? "" : ", ", more_json);
    oss_tempdir_write(place->config, json, length);
}

void oss_train_place_remove(oss_train_place *place) {
    oss_tempdir_remove(place->folder);
    free(place->csv);
    free(place->config);
}

char *oss_train_place_path(const oss_train_place *place, const char *name) {
    return oss_tempdir_path(place->folder, name);
}

bool oss_train_place_has(const oss_train_place *place, const char *name) {
    char *path = oss_train_place_path(place, name);
    bool has = access(path, F_OK) == 0;
    free(path);
    return has;
}

static void gather(const char *argument[MAX_WORDS], const char *const word[]) {
    argument[0] = oss_program_path("ossicle-train");
    int count = 1;
    for (; word[count - 1] != NULL; count++) {
        ck_assert_int_lt(count, MAX_WORDS - 1);
        argument[count] = word[count - 1];
    }
    argument[count] = NULL;
}

oss_program_run oss_train_run(const char *const word[]) {
    const char *argument[MAX_WORDS];
    gather(argument, word);
    oss_program_run run = oss_program_start(argument, OSS_STDOUT_KEEP);
    free((char *)(uintptr_t)argument[0]);
    return run;
}

pid_t oss_train_spawn(const char *const word[], const char *log) {
    const char *argument[MAX_WORDS];
    gather(argument, word);
    (void)fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(file, STDERR_FILENO);
        (void)dup2(file, STDOUT_FILENO);
        /* whatever the tests were started by: nohup, a shell's background job */
        static const int usual[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXCPU};
        for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
            (void)signal(usual[i], SIG_DFL);
        }
        (void)execv(argument[0], (char *const *)(uintptr_t)argument);
        _exit(127);
    }
    free((char *)(uintptr_t)argument[0]);
    return child;
}

int oss_train_wait(pid_t child) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void oss_train_place_assert_same(const oss_train_place *place, const char *a, const char *b) {
    char *path_a = oss_train_place_path(place, a), *path_b = oss_train_place_path(place, b);
    long bytes_a = 0, bytes_b = 0;
    char *text_a = oss_tempdir_read(path_a, &bytes_a), *text_b = oss_tempdir_read(path_b, &bytes_b);
    ck_assert_msg(text_a != NULL && text_b != NULL, "%s or %s is missing", a, b);
    ck_assert_msg(bytes_a == bytes_b && memcmp(text_a, text_b, (size_t)bytes_a) == 0, "%s and %s differ", a,
                  b);
    free(path_a);
    free(path_b);
    free(text_a);
    free(text_b);
}
