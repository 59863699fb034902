/* Parsed arguments, between the files cli_*.c. */
#ifndef OSS_CLI_CLI_INTERNAL_H
#define OSS_CLI_CLI_INTERNAL_H

#include "cli/cli_common.h"

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
};

#endif
