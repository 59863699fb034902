/* What was given on a command line: options, operands, and their values as what they stand for. */
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

void oss_cli_args_free(oss_cli_args *args) {
    if (args == NULL) {
        return;
    }
    oss_free(args->given);
    oss_free(args->operand);
    if (args->guard != NULL) {
        oss_guard_deinit(args->guard);
    }
    oss_free(args->guard);
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

static oss_status check_point(const char *option, const char *text) {
    char pointed[OSS_NUMBER_CHARS];
    return oss_number_has_comma(pointed, text)
               ? oss_fail(OSS_EUSAGE, "%s %s: write %s, with a point", option, text, pointed)
               : OSS_OK;
}

oss_status oss_cli_number(const oss_cli_args *args, const char *option, double low, double high,
                          double *out) {
    const char *text = oss_cli_value(args, option);
    double value = 0.0;
    oss_status status = text == NULL ? OSS_OK : check_point(option, text);
    if (text == NULL || status != OSS_OK) {
        return status;
    }
    if (!oss_number_parse(text, &value) || value < low || value > high) {
        return oss_fail(OSS_EUSAGE, "%s %s: choose a number from %g to %g", option, text, low, high);
    }
    *out = value;
    return OSS_OK;
}

oss_status oss_cli_seconds(const oss_cli_args *args, const char *option, bool above_zero, double *out) {
    const char *text = oss_cli_value(args, option);
    double seconds = 0.0;
    if (text == NULL) {
        return OSS_OK;
    }
    oss_status status = check_point(option, text);
    if (status != OSS_OK) {
        return status;
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
    oss_status status = oss_cli_seconds(args, "--chunk-seconds", true, &chunk);
    if (status == OSS_OK) {
        status = oss_cli_seconds(args, "--left-seconds", false, &left);
    }
    if (status == OSS_OK) {
        *out_chunk_seconds = chunk;
        *out_left_seconds = left;
    }
    return status;
}

oss_status oss_cli_max_seconds(const oss_cli_args *args, double *out) {
    double seconds = 0.0;
    oss_status status = oss_cli_number(args, "--max-seconds", 0.001, 1e9, &seconds);
    *out = status == OSS_OK ? seconds : *out;
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
    static const char *const word[] = {"fp32", "bf16", "int8"};
    static const oss_precision value[] = {OSS_PRECISION_FP32, OSS_PRECISION_BF16, OSS_PRECISION_INT8};
    int32_t index = 0;
    oss_status status = oss_cli_choice(args, "--precision", word, 3, &index);
    if (status == OSS_OK) {
        *out = value[index];
    }
    return status;
}
