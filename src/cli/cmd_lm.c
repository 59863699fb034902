/* ossicle lm info: what an n-gram model is. The other commands of the group: lm_score.c, lm_convert.c. */
#include <stdio.h>

#include "cli/commands.h"
#include "ngram/pack.h"

enum { SUM_CHARS = 17 };

static const oss_cli_option options[] = {
    {.name = "--json", .help = "print one JSON object"},
};

/* NULL: of an ARPA file. */
static const char *write_sum(const oss_ngram *ngram, char out[SUM_CHARS]) {
    uint64_t sum = oss_ngram_sum(ngram);
    (void)snprintf(out, SUM_CHARS, "%016llx", (unsigned long long)sum);
    return sum == 0 ? NULL : out;
}

static void print_table(const oss_ngram *ngram) {
    char sum[SUM_CHARS];
    oss_ngram_tuning tuning = oss_ngram_get_tuning(ngram);
    oss_cli_print("%-12s%s\n", "tokens", oss_ngram_is_of_symbols(ngram) ? "symbols" : "words");
    oss_cli_print("%-12s%d\n", "order", (int)oss_ngram_order(ngram));
    for (int32_t n = 1; n <= oss_ngram_order(ngram); n++) {
        oss_cli_print("%d-grams     %lld in values of 8 bits: %d of probabilities", (int)n,
                      (long long)oss_ngram_count(ngram, n), (int)oss_ngram_values(ngram, n, false));
        if (n < oss_ngram_order(ngram)) {
            oss_cli_print(", %d of back-offs", (int)oss_ngram_values(ngram, n, true));
        }
        oss_cli_print("\n");
    }
    oss_cli_print("%-12s%lld\n", "bytes", (long long)oss_ngram_bytes(ngram));
    if (write_sum(ngram, sum) != NULL) {
        oss_cli_print("%-12s%s\n", "sum", sum);
    }
    if (tuning.tuned) {
        oss_cli_print("%-12slm_weight %g, word_bonus %g", "tuning", tuning.lm_weight, tuning.word_bonus);
        if (tuning.has_penalty) {
            oss_cli_print(", unknown_penalty %g", tuning.unknown_penalty);
        }
        if (tuning.prior_weight > 0.0) {
            oss_cli_print(", prior_weight %g", tuning.prior_weight);
        }
        oss_cli_print("\n");
    } else {
        oss_cli_print("%-12snone\n", "tuning");
    }
}

static oss_status print_json(const oss_ngram *ngram) {
    char sum[SUM_CHARS];
    oss_ngram_tuning tuning = oss_ngram_get_tuning(ngram);
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "tokens", oss_ngram_is_of_symbols(ngram) ? "symbols" : "words");
    oss_json_add_integer(object, "order", oss_ngram_order(ngram));
    oss_json *counts = oss_json_add_array(object, "ngrams");
    for (int32_t n = 1; n <= oss_ngram_order(ngram); n++) {
        oss_json_add_integer(counts, NULL, oss_ngram_count(ngram, n));
    }
    oss_json *p = oss_json_add_array(object, "probability_values");
    oss_json *backoff = oss_json_add_array(object, "backoff_values");
    for (int32_t n = 1; n <= oss_ngram_order(ngram); n++) {
        oss_json_add_integer(p, NULL, oss_ngram_values(ngram, n, false));
        if (n < oss_ngram_order(ngram)) {
            oss_json_add_integer(backoff, NULL, oss_ngram_values(ngram, n, true));
        }
    }
    oss_json_add_integer(object, "bytes", oss_ngram_bytes(ngram));
    if (write_sum(ngram, sum) != NULL) {
        oss_json_add_string(object, "sum", sum);
    } else {
        oss_json_add_null(object, "sum");
    }
    if (tuning.tuned) {
        oss_json_add_number(object, "lm_weight", tuning.lm_weight);
        oss_json_add_number(object, "word_bonus", tuning.word_bonus);
    } else {
        oss_json_add_null(object, "lm_weight");
        oss_json_add_null(object, "word_bonus");
    }
    if (tuning.has_penalty) {
        oss_json_add_number(object, "unknown_penalty", tuning.unknown_penalty);
    } else {
        oss_json_add_null(object, "unknown_penalty");
    }
    if (tuning.prior_weight > 0.0) {
        oss_json_add_number(object, "prior_weight", tuning.prior_weight);
    } else {
        oss_json_add_null(object, "prior_weight");
    }
    return oss_cli_print_json(object);
}

static int run_info(const oss_cli_args *args) {
    oss_ngram *ngram = NULL;
    oss_status status = oss_ngram_load(&ngram, oss_cli_operand(args, 0));
    if (status == OSS_OK && oss_cli_has(args, "--json")) {
        status = print_json(ngram);
    } else if (status == OSS_OK) {
        print_table(ngram);
    }
    oss_ngram_free(ngram);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_lm_info = {
    .name = "lm info",
    .summary = "what a language model is: orders, n-grams, bytes, sum, tuning",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .details = "FILE: an n-gram model, ours or an ARPA file (gzip too). Of an ARPA file the bytes are what "
               "the model takes in memory, which is what our own file would take, and there is no sum.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_info};
