/* The command line as options and operands. */
#include <assert.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "cli/cli_internal.h"

static void add_given(oss_cli_args *args, const oss_cli_option *option, const char *value) {
    args->given[args->givens++] = (oss_cli_given){.option = option, .value = value};
}

/* The argument after an option that takes a value. One that is itself an option of this command was hardly
 * meant as the value. */
static oss_status take_next(const oss_cli_command *command, const oss_cli_option *option, int argc,
                            char *const *argv, int *at, const char **out) {
    bool missing = *at + 1 >= argc;
    const char *next = missing ? "" : argv[*at + 1];
    if (missing || (next[0] == '-' && oss_cli_find_option(command, next, strcspn(next, "=")) != NULL)) {
        return oss_fail(OSS_EUSAGE, "%s needs a value: %s %s", option->name, option->name, option->value);
    }
    *at += 1;
    *out = next;
    return OSS_OK;
}

/* One argument that begins with '-', and its value, which may be the next argument. */
static oss_status read_option(oss_cli_args *args, int argc, char *const *argv, int *at) {
    const char *argument = argv[*at];
    size_t length = strcspn(argument, "=");
    bool has_value = argument[length] == '=';
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        args->help = true;
        return OSS_OK;
    }
    if (strcmp(argument, "--version") == 0) {
        args->version = true;
        return OSS_OK;
    }
    const oss_cli_option *option = oss_cli_find_option(args->command, argument, length);
    if (option == NULL) {
        return oss_cli_refuse_option(args->command, argument, *at + 1 < argc ? argv[*at + 1] : NULL);
    }
    if (has_value && argument[1] != '-') {
        return oss_fail(OSS_EUSAGE, "%s: write %s %s", argument, option->name,
                        option->value == NULL ? "" : option->value);
    }
    if (!option->repeats && oss_cli_count(args, option->name) > 0) {
        return oss_fail(OSS_EUSAGE, "%s is given more than once", option->name);
    }
    const char *value = has_value ? argument + length + 1 : NULL;
    if (option->value == NULL && has_value) {
        return oss_fail(OSS_EUSAGE, "%s takes no value", option->name);
    }
    if (option->value != NULL && !has_value) {
        oss_status status = take_next(args->command, option, argc, argv, at, &value);
        if (status != OSS_OK) {
            return status;
        }
    }
    if (value != NULL && value[0] == '\0') {
        return oss_fail(OSS_EUSAGE, "%s has an empty value", option->name);
    }
    add_given(args, option, value);
    return OSS_OK;
}

static oss_status read_arguments(oss_cli_args *args, int argc, char *const *argv) {
    bool only_operands = false;
    for (int at = 1; at < argc; at++) {
        const char *argument = argv[at];
        if (argument[0] == '\0') {
            return oss_fail(OSS_EUSAGE, "an argument is empty (\"\"): write a path, or leave it out");
        }
        if (!only_operands && strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (only_operands || argument[0] != '-' || argument[1] == '\0') {
            args->operand[args->operands++] = argument;
        } else {
            oss_status status = read_option(args, argc, argv, &at);
            if (status != OSS_OK) {
                return status;
            }
        }
    }
    return OSS_OK;
}

static oss_status check_arguments(const oss_cli_args *args) {
    const oss_cli_command *command = args->command;
    /* First, for it may be the value of an option that is missing. */
    if (command->max_operands >= 0 && args->operands > command->max_operands) {
        return oss_cli_refuse_operand(args, args->operand[command->max_operands]);
    }
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        if (option->required && oss_cli_count(args, option->name) == 0) {
            return oss_fail(OSS_EUSAGE, "%s %s is missing: `ossicle %s --help` tells how it is used",
                            option->name, option->value, command->name);
        }
    }
    if (args->operands < command->min_operands) {
        return oss_fail(OSS_EUSAGE, "%s is missing: `ossicle %s --help` tells how it is used",
                        command->operands, command->name);
    }
    return OSS_OK;
}

oss_status oss_cli_parse(oss_cli_args **out, const oss_cli_command *command, int argc, char *const *argv) {
    assert(command->options <= OSS_CLI_MAX_OPTIONS);
    size_t most = argc > 0 ? (size_t)argc : 1;
    oss_cli_args *args = oss_alloc_zero(1, sizeof *args);
    if (args == NULL) {
        return OSS_ENOMEM;
    }
    args->command = command;
    args->given = oss_alloc_zero(most, sizeof *args->given);
    args->operand = oss_alloc_zero(most, sizeof *args->operand);
    oss_status status =
        args->given == NULL || args->operand == NULL ? OSS_ENOMEM : read_arguments(args, argc, argv);
    if (status == OSS_OK && !args->help && !args->version) {
        status = check_arguments(args);
    }
    if (status != OSS_OK) {
        oss_cli_args_free(args);
        return status;
    }
    *out = args;
    return OSS_OK;
}
