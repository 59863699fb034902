/* Runs the built programs as a user would, and keeps what they say. */
#ifndef OSS_TESTS_PROGRAM_H
#define OSS_TESTS_PROGRAM_H

#include <stdbool.h>

/* The program of this build, e.g. "ossicle": beside the folder tests/ that this test runs from, or in
 * $OSSICLE_BUILD. Owned by the caller (free). The test stops when it is not there. */
char *oss_program_path(const char *name);

/* The same program as a file of its own, in a folder that is made when it is not there: `to` may be run. */
void oss_program_copy(const char *name, const char *to);

typedef struct oss_program_run {
    int code;  /* exit code; 128 + signal when a signal ended it */
    char *out; /* standard output, NUL-terminated */
    char *err; /* standard error */
    double wall_seconds, cpu_seconds;
    long peak_kib; /* resident set at its largest, that of the test itself when it started the program
                      included */
} oss_program_run;

/* Where standard output goes. */
typedef enum oss_program_stdout {
    OSS_STDOUT_KEEP,       /* into `out` */
    OSS_STDOUT_CLOSED,     /* as after `>&-` */
    OSS_STDOUT_FULL,       /* /dev/full: every write gets ENOSPC */
    OSS_STDOUT_BROKEN_PIPE /* nobody reads */
} oss_program_stdout;

/* Runs argument[0] (a path) with the arguments after it, up to NULL, and waits; standard input is /dev/null. */
oss_program_run oss_program_start(const char *const argument[], oss_program_stdout where);
void oss_program_run_deinit(oss_program_run *run);

/* `ossicle` with these words; free the result with oss_program_run_deinit. */
#define oss_run_ossicle(...) oss_program_run_words(OSS_STDOUT_KEEP, (const char *const[]){__VA_ARGS__, NULL})
oss_program_run oss_program_run_words(oss_program_stdout where, const char *const word[]);

/* The test fails, showing both streams, unless the code is as wanted. */
void oss_program_expect(const oss_program_run *run, int code);
/* ... unless standard error (output) has `text` in it. */
void oss_program_expect_err(const oss_program_run *run, const char *text);
void oss_program_expect_out(const oss_program_run *run, const char *text);

#endif
