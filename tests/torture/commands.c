#include "torture/commands.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "torture/command_place.h"

enum { MOST_WORDS = 40, CPU_SECONDS = 60, WALL_SECONDS = 600 };

enum { TRAINS = 2, ALL = TRAINS + OSS_COMMANDS };

static const oss_cli_command *get_command(int index) {
    static const oss_cli_command *const train[TRAINS] = {&oss_command_train, &oss_command_bench};
    return index < TRAINS ? train[index] : oss_command[index - TRAINS];
}

static const oss_cli_command *find_command(const char *const word[], int *words) {
    char two[64];
    snprintf(two, sizeof two, "%s %s", word[0], word[1] == NULL ? "" : word[1]);
    for (int i = 0; i < ALL; i++) {
        const oss_cli_command *command = get_command(i);
        *words = strcmp(command->name, word[0]) == 0 ? 1 : 2;
        if (*words == 1 || strcmp(command->name, two) == 0) {
            return command;
        }
    }
    ck_abort_msg("there is no command %s", word[0]);
    return NULL;
}

const char *oss_command_left_out(int32_t cases) {
    const char *left_out = NULL;
    for (int i = 0; i < ALL && left_out == NULL; i++) {
        int words = 0;
        left_out = get_command(i)->name;
        for (int32_t j = 0; j < cases && left_out != NULL; j++) {
            bool is_it = find_command(oss_command_case_get(j)->word, &words) == get_command(i);
            left_out = is_it ? NULL : left_out;
        }
    }
    return left_out;
}

static void plan(const oss_command_fault *fault) {
    if (fault->short_bytes > 0) {
        oss_faults_interrupt();
        oss_faults_short(fault->short_bytes);
    }
    if (fault->nth == 0) {
        return;
    }
    if (fault->error_number == 0 && fault->kind != OSS_CALL_ANY_HEAP) {
        oss_faults_end(fault->kind, fault->nth);
    } else if (fault->lasts) {
        oss_faults_fail_from(fault->kind, fault->nth, fault->error_number);
    } else {
        oss_faults_fail(fault->kind, fault->nth, fault->error_number);
    }
}

/* A hang ends by a signal: one that computes soon, one that sleeps later. */
static void limit_time(void) {
    const struct rlimit limit = {CPU_SECONDS, CPU_SECONDS};
    const struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CPU, &limit);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)alarm(WALL_SECONDS);
}

static _Noreturn void run_child(const char *folder, const char *const word[], const char *input,
                                const oss_command_fault *fault, oss_command_outcome *shared) {
    int words = 1;
    const oss_cli_command *command = find_command(word, &words);
    char *argument[MOST_WORDS] = {strdup(command->name)};
    int count = 1;
    for (; word[words] != NULL && count < MOST_WORDS - 1; words++) {
        argument[count++] = strdup(word[words]);
    }
    if (chdir(folder) != 0) {
        _exit(126);
    }
    (void)dup2(open(input == NULL ? "/dev/null" : input, O_RDONLY), STDIN_FILENO);
    (void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    limit_time();
    oss_faults_install();
    oss_faults_tell(&shared->fired); /* bench measures each part in a process of its own */
    plan(fault);
    int code = oss_cli_run(command, count, argument);
    (void)fflush(NULL);
    (void)oss_faults_clear();
    shared->lost_blocks = oss_faults_blocks();
    shared->heap_calls = oss_faults_count(OSS_CALL_ANY_HEAP);
    shared->file_calls = oss_faults_count(OSS_CALL_ANY_FILE);
    shared->changes = oss_faults_count(OSS_CALL_ANY_CHANGE);
    _exit(code);
}

oss_command_outcome oss_command_try(const char *folder, const char *const word[], const char *input,
                                    const oss_command_fault *fault) {
    oss_command_outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *err = tmpfile();
    ck_assert(shared != MAP_FAILED && err != NULL);
    (void)fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        (void)dup2(fileno(err), STDERR_FILENO);
        run_child(folder, word, input, fault, shared);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    oss_command_outcome outcome = *shared;
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.fired = outcome.fired || (fault->error_number == 0 && outcome.code == OSS_FAULTS_ENDED);
    rewind(err);
    outcome.err[fread(outcome.err, 1, sizeof outcome.err - 1, err)] = '\0';
    (void)fclose(err);
    (void)munmap(shared, sizeof *shared);
    return outcome;
}

double oss_command_cpu_seconds(void) {
    double seconds = 0;
    for (int i = 0; i < 2; i++) {
        struct rusage usage;
        ck_assert_int_eq(getrusage(i == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &usage), 0);
        seconds += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    }
    return seconds;
}
