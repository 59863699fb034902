/* How what was heard becomes words: the options that transcribe, listen, eval and tune share. */
#ifndef OSS_CLI_CLI_DECODING_H
#define OSS_CLI_CLI_DECODING_H

#include "cli/cli_common.h"
#include "ossicle/decoding.h"

#define OSS_CLI_BEAM_OPTIONS                                                                                 \
    {.name = "--beam",                                                                                       \
     .value = "N",                                                                                           \
     .help = "beam search that keeps N hypotheses, 1 to 4096: more is slower and more accurate (default: "   \
             "64 with an option that needs a search, else the best symbol of each row)"},                    \
        {.name = "--unknown-penalty",                                                                        \
         .value = "X",                                                                                       \
         .help = "added for a word that the language model does not know (default -10)"},                    \
        {.name = "--hotwords",                                                                               \
         .value = "FILE",                                                                                    \
         .help = "words and phrases that are likely to be said, one a line, each with a weight behind a "    \
                 "tab or without"},                                                                          \
        {.name = "--hotword-weight",                                                                         \
         .value = "X",                                                                                       \
         .help = "what a hotword without a weight adds, natural logarithm (default 8)"},                     \
        {.name = "--rescore-lm",                                                                             \
         .value = "FILE",                                                                                    \
         .help = "a second language model of words, by which the best hypotheses are ranked anew"},          \
    {                                                                                                        \
        .name = "--rescore-weight", .value = "X", .help = "its weight (default 0.5)"                         \
    }

#define OSS_CLI_DECODING_OPTIONS                                                                             \
    {.name = "--lm",                                                                                         \
     .value = "FILE",                                                                                        \
     .help = "language model to search with: a file of `ossicle lm build`, or an ARPA file"},                \
        {.name = "--lm-weight",                                                                              \
         .value = "X",                                                                                       \
         .help = "weight of the language model, from 0 (default: what `ossicle tune` stored in it, else "    \
                 "0.5)"},                                                                                    \
        {.name = "--word-bonus",                                                                             \
         .value = "X",                                                                                       \
         .help = "added for each word (default: what `ossicle tune` stored, else 1.5)"},                     \
        OSS_CLI_BEAM_OPTIONS

#define OSS_CLI_N_BEST_OPTION                                                                                \
    {                                                                                                        \
        .name = "--n-best", .value = "N",                                                                    \
        .help = "in JSON: the N best hypotheses of each utterance with their scores, 1 to 1000"              \
    }

/* The options of OSS_CLI_DECODING_OPTIONS; *out has its size and n_best set. OSS_EUSAGE. */
oss_status oss_cli_read_decoding(const oss_cli_args *args, oss_decoding_options *out);
/* Of OSS_CLI_N_BEST_OPTION; printed: whether what is written has room for lists; else `how` says what has. OSS_EUSAGE. */
oss_status oss_cli_n_best(const oss_cli_args *args, bool printed, const char *how, int32_t *out);

/* The recognizer decodes as the command line says. */
oss_status oss_cli_decode(const oss_cli_args *args, int32_t n_best, oss_recognizer *recognizer);
/* Its hotwords alone. */
oss_status oss_cli_load_hotwords(const oss_cli_args *args, oss_recognizer *recognizer);

/* What a search was done with, for results. */
void oss_cli_add_decoding(oss_json *object, const oss_cli_args *args, const oss_decoding_options *used);

#endif
