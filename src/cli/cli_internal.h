/* Parsed arguments, between the files cli_*.c. */
#ifndef OSS_CLI_CLI_INTERNAL_H
#define OSS_CLI_CLI_INTERNAL_H

#include "cli/cli_common.h"
#include "cli/cli_guard.h"

typedef struct oss_cli_given {
    const oss_cli_option *option;
    const char *value; /* NULL: the option takes none */
} oss_cli_given;

struct oss_cli_args {
    const oss_cli_command *command;
    oss_cli_given *given; /* [givens], in the order of the command line */
    int32_t givens;
    const char **operand; /* [operands] */
    int32_t operands;
    bool help, version;
    oss_guard *guard; /* of cli_files.c; a command's arguments do not change, but what it reads grows */
};

/* Whether log lines go to standard error; they do unless told. */
void oss_cli_log(bool on);
/* The command whose name stands before warnings from now on; the caller's string. */
void oss_cli_log_as(const char *command);
/* Whether the program was started without a standard input. */
bool oss_cli_input_was_closed(void);

enum { OSS_CLI_MAX_OPTIONS = 64 };

/* NULL: the command has no such option. */
const oss_cli_option *oss_cli_find_option(const oss_cli_command *command, const char *name, size_t length);

/* Whether the option names a file that is written. */
bool oss_cli_is_written(const oss_cli_option *option);

/* ---- cli_hints.c: OSS_EUSAGE, with what was meant as far as it can be told ---- */
/* argument: an option that the command does not know, "--lr" or "--lr=0.1"; next: what follows it, NULL at the end. */
oss_status oss_cli_refuse_option(const oss_cli_command *command, const char *argument, const char *next);
/* An operand that is one too many. */
oss_status oss_cli_refuse_operand(const oss_cli_args *args, const char *operand);

/* OSS_ENOMEM when the first thread may have less stack than is needed, and the limit cannot be raised. */
oss_status oss_cli_check_stack(void);

#endif
