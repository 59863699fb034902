/* ossicle lm convert: a language model in another form. */
#include "cli/commands.h"
#include "ngram/pack.h"

static const oss_cli_option options[] = {
    {.name = "-o",
     .value = "OUT",
     .help = "file to write: our own form, or ARPA with --arpa",
     .required = true},
    {.name = "--arpa", .help = "write an ARPA file, which other programs read"},
    {.name = "--symbols",
     .help =
         "the n-grams are of characters or units, with _ for the space, not of words: ARPA files do not say"},
};

static oss_status save(const oss_cli_args *args, const oss_ngram *ngram, const char *path) {
    bool is_of_symbols = oss_ngram_is_of_symbols(ngram) || oss_cli_has(args, "--symbols");
    return oss_ngram_save_as(ngram, is_of_symbols, path);
}

static int run_convert(const oss_cli_args *args) {
    oss_ngram *ngram = NULL;
    const char *path = oss_cli_value(args, "-o");
    oss_status status = oss_cli_either(args, "--arpa", "--symbols", "what is written");
    if (status == OSS_OK) {
        status = oss_ngram_load(&ngram, oss_cli_operand(args, 0));
    }
    if (status == OSS_OK) {
        status = oss_cli_has(args, "--arpa") ? oss_ngram_write_arpa(ngram, path) : save(args, ngram, path);
    }
    oss_ngram_free(ngram);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_lm_convert = {
    .name = "lm convert",
    .summary = "a language model in our own form, or as an ARPA file",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "FILE: an n-gram model, ours or an ARPA file (gzip too). Our own form keeps probabilities and back-offs in "
        "8 bits each, takes a fifth of an ARPA file or less, and is ready at once. An ARPA file made of it has the "
        "values of those 8 bits, and neither tuning nor the mark of a model of symbols.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_convert};
