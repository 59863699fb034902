/* ossicle lm convert: a language model in another form. */
#include "base/fail.h"
#include "base/path.h"
#include "cli/commands.h"
#include "ngram/pack.h"

static const oss_cli_option options[] = {
    {.name = "-o",
     .value = "OUT",
     .help = "file to write: an ARPA file with --arpa or when it ends in .arpa, else our own form",
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
    bool is_arpa = oss_cli_has(args, "--arpa") || oss_path_ends_in(path, ".arpa");
    oss_status status = OSS_OK;
    if (is_arpa && oss_cli_has(args, "--symbols")) {
        status = oss_fail(OSS_EUSAGE,
                          "--symbols is kept in our own form, and -o %s is an ARPA file: leave it out", path);
    }
    if (status == OSS_OK) {
        status = oss_ngram_load(&ngram, oss_cli_operand(args, 0));
    }
    if (status == OSS_OK) {
        status = is_arpa ? oss_ngram_write_arpa(ngram, path) : save(args, ngram, path);
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
