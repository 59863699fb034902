/* Commands of ossicle and ossicle-train, each run in a child process of this one, where calls of its heap and file
 * tables can be made to fail. */
#ifndef OSS_TESTS_COMMANDS_H
#define OSS_TESTS_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/faults.h"

/* Which call, if any (nth 0: none), and what becomes of it. */
typedef struct oss_command_fault {
    oss_call kind;
    int64_t nth;
    int error_number;   /* 0: the process ends there */
    bool lasts;         /* all later calls of the kind fail too */
    size_t short_bytes; /* not 0: reads and writes move no more at once, and each call is interrupted first */
} oss_command_fault;

typedef struct oss_command_outcome {
    int code; /* exit code; 128 + signal when one ended it, which a limit of time does too */
    bool fired;
    int64_t lost_blocks;
    int64_t heap_calls, file_calls, changes;
    char err[2000]; /* the beginning of standard error */
} oss_command_outcome;

/* word: "lm", "build", ... NULL; relative paths start in `folder`. Standard output goes to /dev/null, standard input
 * comes from the file `input` (NULL: /dev/null). */
oss_command_outcome oss_command_try(const char *folder, const char *const word[], const char *input,
                                    const oss_command_fault *fault);

/* A command of either program that none of the first `cases` cases (command_place.h) runs; NULL: there is none. */
const char *oss_command_left_out(int32_t cases);

/* CPU seconds of this process and of children that were waited for. */
double oss_command_cpu_seconds(void);

#endif
