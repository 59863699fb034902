/* The command line as options and operands. */
#include <assert.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/pool.h"
#include "cli/cli_internal.h"

enum { MAX_THREADS = 1024, MAX_SECONDS = 3600 };

const oss_cli_option *oss_cli_find_option(const oss_cli_command *command, const char *name, size_t length) {
    for (int32_t i = 0; i < command->options; i++) {
        const char *known = command->option[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return &command->option[i];
        }
    }
    return NULL;
}

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

void oss_cli_args_free(oss_cli_args *args) {
    if (args == NULL) {
        return;
    }
    oss_free(args->given);
    oss_free(args->operand);
    oss_free(args);
}

int32_t oss_cli_count(const oss_cli_args *args, const char *option) {
    assert(oss_cli_find_option(args->command, option, strlen(option)) != NULL);
    int32_t count = 0;
    for (int32_t i = 0; i < args->givens; i++) {
        count += strcmp(args->given[i].option->name, option) == 0;
    }
    return count;
}

const char *oss_cli_value_at(const oss_cli_args *args, const char *option, int32_t index) {
    assert(index >= 0 && index < oss_cli_count(args, option));
    const char *value = NULL;
    for (int32_t i = 0; i < args->givens && index >= 0; i++) {
        if (strcmp(args->given[i].option->name, option) == 0 && index-- == 0) {
            value = args->given[i].value;
        }
    }
    return value;
}

const char *oss_cli_value(const oss_cli_args *args, const char *option) {
    return oss_cli_count(args, option) == 0 ? NULL : oss_cli_value_at(args, option, 0);
}

bool oss_cli_has(const oss_cli_args *args, const char *option) {
    return oss_cli_count(args, option) > 0;
}

int32_t oss_cli_operands(const oss_cli_args *args) {
    return args->operands;
}

const char *oss_cli_operand(const oss_cli_args *args, int32_t index) {
    assert(index >= 0 && index < args->operands);
    return args->operand[index];
}

oss_status oss_cli_integer(const oss_cli_args *args, const char *option, int64_t low, int64_t high,
                           int64_t fallback, int64_t *out) {
    const char *text = oss_cli_value(args, option);
    int64_t value = fallback;
    if (text != NULL && (!oss_integer_parse(text, &value) || value < low || value > high)) {
        return oss_fail(OSS_EUSAGE, "%s %s: choose a whole number from %lld to %lld", option, text,
                        (long long)low, (long long)high);
    }
    *out = value;
    return OSS_OK;
}

/* Seconds from 0 to an hour; *out stays when the option was not given. */
static oss_status read_seconds(const oss_cli_args *args, const char *option, bool above_zero, double *out) {
    const char *text = oss_cli_value(args, option);
    double seconds = 0.0;
    if (text == NULL) {
        return OSS_OK;
    }
    char pointed[OSS_NUMBER_CHARS];
    if (oss_number_has_comma(pointed, text)) {
        return oss_fail(OSS_EUSAGE, "%s %s: write %s, with a point", option, text, pointed);
    }
    if (!oss_number_parse(text, &seconds) || seconds < 0 || seconds > (double)MAX_SECONDS ||
        (above_zero && seconds <= 0)) {
        return oss_fail(OSS_EUSAGE, "%s %s: choose seconds %s 0, at most %d", option, text,
                        above_zero ? "above" : "from", MAX_SECONDS);
    }
    *out = seconds;
    return OSS_OK;
}

oss_status oss_cli_chunks(const oss_cli_args *args, double *out_chunk_seconds, double *out_left_seconds) {
    bool limited = oss_cli_has(args, "--chunk-seconds");
    double chunk = 0.0, left = limited ? -1.0 : 0.0;
    if (!limited && oss_cli_has(args, "--left-seconds")) {
        return oss_fail(OSS_EUSAGE, "--left-seconds goes with --chunk-seconds: give that too");
    }
    oss_status status = read_seconds(args, "--chunk-seconds", true, &chunk);
    if (status == OSS_OK) {
        status = read_seconds(args, "--left-seconds", false, &left);
    }
    if (status == OSS_OK) {
        *out_chunk_seconds = chunk;
        *out_left_seconds = left;
    }
    return status;
}

oss_status oss_cli_threads(const oss_cli_args *args, int32_t *out) {
    int64_t threads = 0;
    oss_status status = oss_cli_integer(args, "--threads", 1, MAX_THREADS, oss_cpu_count(), &threads);
    if (status == OSS_OK) {
        *out = (int32_t)threads;
    }
    return status;
}

/* "--what sounds: choose embeddings, projected or logits" */
static oss_status refuse_choice(const char *option, const char *value, const char *const *word,
                                int32_t words) {
    oss_status status = oss_fail(OSS_EUSAGE, "%s %s: choose", option, value);
    for (int32_t i = 0; i < words; i++) {
        const char *before = i == 0 ? "" : i + 1 < words ? "," : " or";
        status = oss_fail(status, "%s%s %s", oss_last_error(), before, word[i]);
    }
    return status;
}

oss_status oss_cli_choice(const oss_cli_args *args, const char *option, const char *const *word,
                          int32_t words, int32_t *out) {
    const char *value = oss_cli_value(args, option);
    int32_t index = 0;
    while (value != NULL && index < words && strcmp(value, word[index]) != 0) {
        index++;
    }
    if (index == words) {
        return refuse_choice(option, value, word, words);
    }
    *out = index;
    return OSS_OK;
}

oss_status oss_cli_either(const oss_cli_args *args, const char *option, const char *other, const char *what) {
    return oss_cli_has(args, option) && oss_cli_has(args, other)
               ? oss_fail(OSS_EUSAGE, "%s and %s each choose %s: give one of them", option, other, what)
               : OSS_OK;
}

oss_status oss_cli_precision(const oss_cli_args *args, oss_precision *out) {
    static const char *const word[] = {"fp32", "bf16"};
    static const oss_precision value[] = {OSS_PRECISION_FP32, OSS_PRECISION_BF16};
    int32_t index = 0;
    oss_status status = oss_cli_choice(args, "--precision", word, 2, &index);
    if (status == OSS_OK) {
        *out = value[index];
    }
    return status;
}
