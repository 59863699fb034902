/* ossicle lm build: an n-gram model from text. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "cli/cli_files.h"
#include "cli/cli_signals.h"
#include "cli/commands.h"
#include "lm/estimate.h"
#include "lm/text_lines.h"
#include "model/model_file.h"

enum { DEFAULT_ORDER = 3, DEFAULT_MEMORY_MIB = 512, MOST_MEMORY_MIB = 1 << 20, MIB = 1 << 20 };

static const oss_cli_option options[] = {
    {.name = "-o",
     .value = "OUT",
     .help = "file to write: an ARPA file when it ends in .arpa, else our own form",
     .required = true},
    {.name = "--format", .value = "FORM", .help = "arpa or own, whatever the file is called"},
    {.name = "--order", .value = "N", .help = "tokens of the longest n-grams, 2 to 6 (default 3)"},
    {.name = "--csv", .value = "FILE", .help = "sentences are the texts of this CSV", .repeats = true},
    {.name = "--column",
     .value = "NAME",
     .help = "column of the CSVs (default: the first of text, transcript, sentence)"},
    {.name = "--case", .value = "CASE", .help = "case of the texts: lower (default), upper or keep"},
    {.name = "--characters", .help = "tokens are characters, not words; \"_\" is the space"},
    {.name = "--model",
     .value = "M",
     .help = "tokens are the symbols of this model's vocabulary, characters or units; texts get its case"},
    {.name = "--min-count",
     .value = "N",
     .help = "words that come less than N times are unknown (default 1)"},
    {.name = "--vocab-size", .value = "N", .help = "the N most frequent words are known (default: all)"},
    {.name = "--vocab",
     .value = "FILE",
     .help = "the words of this list, one on a line, are known, and no others"},
    {.name = "--cutoff",
     .value = "LIST",
     .help =
         "counts for orders 1, 2, ..., as \"0 0 1\": n-grams that come no more often are left out; the last one "
         "is for all longer ones too, the first one is 0"},
    {.name = "--prune",
     .value = "THRESHOLD",
     .help =
         "leave out n-grams without which the perplexity grows by less than this share of it: 1e-8 takes a "
         "few, 1e-6 most"},
    {.name = "--max-ngrams", .value = "N", .help = "prune until N n-grams of all orders are left"},
    {.name = "--max-size", .value = "MIB", .help = "prune until the file has at most this many MiB"},
    {.name = "--memory",
     .value = "MIB",
     .help = "memory to sort in; what has no room there goes to temporary files (default 512)"},
    {.name = "--temp",
     .value = "FOLDER",
     .help = "where temporary files are, which have no name (default: the folder of OUT)"},
    {.name = "--threads", .value = "N", .help = "threads to sort with (default: as many as processors)"},
    {.name = "--json", .help = "print one JSON object instead of a table"},
};

typedef struct building {
    const oss_cli_args *args;
    oss_estimate_options options;
    oss_model *model;
    oss_pool *pool;
    char *folder; /* of OUT; NULL: not needed */
    oss_lines lines;
    oss_estimate_report report;
} building;

static oss_stop stop;

static void ask_to_stop(void) {
    oss_stop_ask(&stop);
}

/* ---- Options ---- */

static oss_status read_case(building *b) {
    static const char *const word[] = {"lower", "upper", "keep"};
    static const oss_case value[] = {OSS_CASE_LOWER, OSS_CASE_UPPER, OSS_CASE_KEEP};
    int32_t index = 0;
    oss_status status = oss_cli_choice(b->args, "--case", word, 3, &index);
    b->options.text.policy = value[index];
    return status;
}

/* The unit of a model: tokens and case are its. */
static oss_status read_tokens(building *b) {
    const char *path = oss_cli_value(b->args, "--model");
    b->options.text.is_of_symbols = oss_cli_has(b->args, "--characters") || path != NULL;
    b->options.text.vocab_path = oss_cli_value(b->args, "--vocab");
    oss_status status = oss_cli_either(b->args, "--model", "--characters", "what tokens are");
    if (status == OSS_OK) {
        status = oss_cli_either(b->args, "--model", "--vocab", "which tokens are known");
    }
    if (status == OSS_OK) {
        status = oss_cli_either(b->args, "--model", "--case", "the case of texts");
    }
    if (status != OSS_OK || path == NULL) {
        return status;
    }
    status = oss_model_load(&b->model, path);
    if (status == OSS_OK && b->model->vocab == NULL) {
        status = oss_fail(OSS_EINPUT, "%s: the model has no vocabulary, it was not trained to read", path);
    }
    if (status == OSS_OK) {
        b->options.text.units = b->model->vocab;
        b->options.text.policy = b->model->config.text_case;
    }
    return status;
}

static oss_status read_vocab(building *b) {
    const char *const list = b->options.text.vocab_path != NULL ? "--vocab" : "--model";
    oss_status status = oss_cli_integer(b->args, "--min-count", 1, INT64_MAX, 1, &b->options.text.min_count);
    if (status == OSS_OK) {
        status = oss_cli_integer(b->args, "--vocab-size", 1, INT32_MAX, 0, &b->options.text.vocab_size);
    }
    if (status == OSS_OK) {
        status = oss_cli_either(b->args, "--min-count", list, "which tokens are known");
    }
    return status == OSS_OK ? oss_cli_either(b->args, "--vocab-size", list, "which tokens are known")
                            : status;
}

static oss_status refuse_cutoff(const char *list, const char *why) {
    return oss_fail(OSS_EUSAGE, "--cutoff %s: %s; write it as \"0 0 1\"", list, why);
}

static oss_status read_cutoff(building *b) {
    const char *list = oss_cli_value(b->args, "--cutoff"), *at = list;
    int64_t last = 0;
    char number[OSS_NUMBER_CHARS];
    for (int32_t n = 0; n < b->options.order && list != NULL; n++) {
        at += strspn(at, " ,");
        size_t bytes = strcspn(at, " ,");
        if (bytes > 0) {
            memcpy(number, at, bytes < sizeof number ? bytes : 0);
            number[bytes < sizeof number ? bytes : 0] = '\0';
            int64_t before = last;
            if (!oss_integer_parse(number, &last) || last < 0) {
                return refuse_cutoff(list, "not a list of counts");
            }
            if (n == 0 && last > 0) {
                return refuse_cutoff(list, "words are left out by --min-count, so the first is 0");
            }
            if (last < before) {
                return refuse_cutoff(list,
                                     "a longer n-gram cannot be kept more easily than what it begins with");
            }
        }
        b->options.cutoff[n] = last;
        at += bytes;
    }
    return list != NULL && at[strspn(at, " ,")] != '\0' ? refuse_cutoff(list, "more counts than orders")
                                                        : OSS_OK;
}

static oss_status read_positive(const oss_cli_args *args, const char *option, double *out) {
    const char *value = oss_cli_value(args, option);
    if (value != NULL && (!oss_number_parse(value, out) || !(*out > 0.0 && *out < 1e9))) {
        return oss_fail(OSS_EUSAGE, "%s %s: not a number above 0", option, value);
    }
    return OSS_OK;
}

static oss_status read_sizes(building *b) {
    double mib = 0.0;
    int64_t order = 0, memory_mib = 0;
    oss_status status = oss_cli_integer(b->args, "--order", 2, OSS_NGRAM_ORDER_MAX, DEFAULT_ORDER, &order);
    b->options.order = (int32_t)order;
    if (status == OSS_OK) {
        status = read_cutoff(b);
    }
    if (status == OSS_OK) {
        status = read_positive(b->args, "--prune", &b->options.prune);
    }
    if (status == OSS_OK) {
        status = oss_cli_integer(b->args, "--max-ngrams", 1, INT64_MAX, 0, &b->options.most_ngrams);
    }
    if (status == OSS_OK) {
        status = read_positive(b->args, "--max-size", &mib);
    }
    b->options.most_bytes = (int64_t)ceil(mib * MIB);
    if (status == OSS_OK) {
        status = oss_cli_integer(b->args, "--memory", 1, MOST_MEMORY_MIB, DEFAULT_MEMORY_MIB, &memory_mib);
    }
    b->options.memory_bytes = memory_mib * MIB;
    return status;
}

static oss_status read_places(building *b) {
    static const char *const form[] = {"own", "arpa"};
    const char *path = oss_cli_value(b->args, "-o");
    int32_t index = 0, threads = 1;
    oss_status status = oss_cli_choice(b->args, "--format", form, 2, &index);
    b->options.is_arpa = oss_cli_has(b->args, "--format") ? index == 1 : oss_path_ends_in(path, ".arpa");
    b->options.text.folder = oss_cli_value(b->args, "--temp");
    if (status == OSS_OK && b->options.text.folder == NULL) {
        b->folder = oss_path_folder(path);
        b->options.text.folder = b->folder;
        status = b->folder == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK && oss_cli_has(b->args, "--column") && !oss_cli_has(b->args, "--csv")) {
        status = oss_fail(OSS_EUSAGE, "--column names one of a CSV: give --csv too");
    }
    if (status == OSS_OK) {
        status = oss_cli_threads(b->args, &threads);
    }
    if (status == OSS_OK) {
        status = oss_pool_create(&b->pool, threads);
    }
    b->options.pool = b->pool;
    return status;
}

static oss_status read_options(building *b) {
    oss_status status = read_case(b);
    if (status == OSS_OK) {
        status = read_tokens(b);
    }
    if (status == OSS_OK) {
        status = read_vocab(b);
    }
    if (status == OSS_OK) {
        status = read_sizes(b);
    }
    return status == OSS_OK ? read_places(b) : status;
}

/* ---- Text ---- */

static oss_status read_text(building *b) {
    const char *column = oss_cli_value(b->args, "--column");
    const int32_t csvs = oss_cli_count(b->args, "--csv"), files = oss_cli_operands(b->args);
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < files && status == OSS_OK; i++) {
        status = oss_lines_of_text(&b->lines, oss_cli_operand(b->args, i));
    }
    for (int32_t i = 0; i < csvs && status == OSS_OK; i++) {
        status = oss_lines_of_csv(&b->lines, oss_cli_value_at(b->args, "--csv", i),
                                  column == NULL ? "text|transcript|sentence" : column);
    }
    return csvs + files == 0 ? oss_lines_of_text(&b->lines, "-") : status;
}

/* ---- What is said ---- */

static void warn(const building *b) {
    const oss_estimate_report *r = &b->report;
    if (r->dropped > 0) {
        oss_log_warn("<s> and </s> stood %lld times in the text and were left out: every line is a sentence",
                     (long long)r->dropped);
    }
    for (int32_t n = 1; n <= b->options.order; n++) {
        if (r->is_fallback[n - 1]) {
            oss_log_warn(
                "order %d: the text does not have n-grams of every count that discounts are estimated from; "
                "0.5, 1 and 1.5 are taken",
                (int)n);
        }
    }
    if (r->order < b->options.order) {
        oss_log_warn("the model is of order %d: no longer n-gram is left", (int)r->order);
    }
    if (b->lines.bad > 0) {
        oss_log_warn("%lld lines or rows were left out", (long long)b->lines.bad);
    }
}

static void print_table(const building *b) {
    const oss_estimate_report *r = &b->report;
    oss_cli_print("%-12s%lld\n", "sentences", (long long)r->sentences);
    oss_cli_print("%-12s%lld, %lld of them unknown (%.2f %%)\n", "tokens", (long long)r->tokens,
                  (long long)r->unknown, 100.0 * (double)r->unknown / (double)r->tokens);
    for (int32_t n = 1; n <= r->order; n++) {
        const double *d = r->discount[n - 1];
        oss_cli_print("%d-grams     %lld, discounts %.4f %.4f %.4f\n", (int)n, (long long)r->ngrams[n - 1],
                      d[0], d[1], d[2]);
    }
    oss_cli_print("%-12s%lld\n", "bytes", (long long)r->bytes);
}

static oss_status print_json(const building *b) {
    const oss_estimate_report *r = &b->report;
    oss_json *object = oss_json_object();
    oss_json_add_integer(object, "sentences", r->sentences);
    oss_json_add_integer(object, "tokens", r->tokens);
    oss_json_add_integer(object, "unknown", r->unknown);
    oss_json_add_integer(object, "left_out", b->lines.bad);
    oss_json_add_integer(object, "order", r->order);
    oss_json *ngrams = oss_json_add_array(object, "ngrams");
    for (int32_t n = 0; n < r->order; n++) {
        oss_json_add_integer(ngrams, NULL, r->ngrams[n]);
    }
    oss_json *discounts = oss_json_add_array(object, "discounts");
    for (int32_t n = 0; n < r->order; n++) {
        oss_json *one = oss_json_add_array(discounts, NULL);
        for (int i = 0; i < 3; i++) {
            oss_json_add_number(one, NULL, r->discount[n][i]);
        }
    }
    oss_json_add_integer(object, "bytes", r->bytes);
    return oss_cli_print_json(object);
}

static oss_status build(building *b) {
    oss_estimate *estimate = NULL;
    oss_status status = read_options(b);
    if (status == OSS_OK) {
        oss_cli_catch_signals(ask_to_stop);
        status = oss_estimate_open(&estimate, &b->options);
    }
    if (status == OSS_OK) {
        b->lines.context = oss_estimate_corpus(estimate);
        status = read_text(b);
    }
    if (status == OSS_OK) {
        status = oss_estimate_write(estimate, oss_cli_value(b->args, "-o"), &b->report);
    }
    oss_estimate_free(estimate);
    if (status != OSS_OK) {
        return status;
    }
    warn(b);
    if (oss_cli_has(b->args, "--json")) {
        return print_json(b);
    }
    print_table(b);
    return OSS_OK;
}

static int run_build(const oss_cli_args *args) {
    building b = {.args = args, .options.stop = &stop, .lines = {.take = oss_corpus_add, .stop = &stop}};
    oss_status status = build(&b);
    oss_model_free(b.model);
    oss_pool_free(b.pool);
    oss_free(b.folder);
    if (status != OSS_OK) {
        int code = oss_cli_fail(args, status);
        return oss_cli_signal() == 0 ? code : 128 + oss_cli_signal();
    }
    return b.lines.bad > 0 ? 1 : 0;
}

const oss_cli_command oss_command_lm_build = {
    .name = "lm build",
    .summary = "estimate a language model from text",
    .operands = "[FILE...]",
    .max_operands = -1,
    .details =
        "FILE: text, a sentence on each line; *.gz and *.xz are read by gzip and xz; - is standard input, and so are "
        "no FILE and no --csv at all. Texts are made uniform as transcripts are (white space, NFC, case).\n\n"
        "Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1998). Words outside the vocabulary become "
        "<unk>. The bytes of the file do not depend on --memory or --threads. An ARPA file without --prune, "
        "--max-ngrams and --max-size takes no more memory than --memory and the list of words; otherwise the model's "
        "n-grams are in memory too, 16 to 44 bytes each.\n\n"
        "Exit code 1: lines or rows that are no text were left out.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_build};
