/* How what was heard becomes words: the options that transcribe, listen, eval and tune share. */
#ifndef OSS_CLI_CLI_DECODING_H
#define OSS_CLI_CLI_DECODING_H

#include "cli/cli_common.h"
#include "ossicle/decoding.h"

#define OSS_CLI_BEAM_OPTIONS                                                                                 \
    {.name = "--beam",                                                                                       \
     .value = "N",                                                                                           \
     .help = "beam search that keeps N hypotheses, 1 to 4096: more is slower and more accurate (default: "   \
             "256 with an option that needs a search, else the best symbol of each row)"},                   \
        {.name = "--unknown-penalty",                                                                        \
         .value = "X",                                                                                       \
         .help = "added for a word that the language model does not know (default: what `ossicle tune` "     \
                 "stored, else -10)"},                                                                       \
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

#define OSS_CLI_SYMBOL_LM_OPTION                                                                             \
    {                                                                                                        \
        .name = "--symbol-lm", .value = "FILE",                                                              \
        .help = "language model of symbols (`ossicle lm build --characters`) beside that of words: it "      \
                "spells the words that --lm does not know"                                                   \
    }

/* All but --lm itself. */
#define OSS_CLI_SEARCH_OPTIONS                                                                               \
    {.name = "--lm-weight",                                                                                  \
     .value = "X",                                                                                           \
     .help = "weight of the language model, from 0 (default: what `ossicle tune` stored in it, else "        \
             "0.5)"},                                                                                        \
        {.name = "--word-bonus",                                                                             \
         .value = "X",                                                                                       \
         .help = "added for each word (default: what `ossicle tune` stored, else 1.5)"},                     \
        {.name = "--prior-weight",                                                                           \
         .value = "X",                                                                                       \
         .help = "how much of what the language model says of symbols by themselves is taken off the "       \
                 "network's outputs, from 0 (default: what `ossicle tune` stored, else 0)"},                 \
        OSS_CLI_SYMBOL_LM_OPTION, OSS_CLI_BEAM_OPTIONS

#define OSS_CLI_DECODING_OPTIONS                                                                             \
    {.name = "--lm",                                                                                         \
     .value = "FILE",                                                                                        \
     .help = "language model to search with: a file of `ossicle lm build`, or an ARPA file"},                \
        OSS_CLI_SEARCH_OPTIONS

#define OSS_CLI_N_BEST_OPTION                                                                                \
    {                                                                                                        \
        .name = "--n-best", .value = "N",                                                                    \
        .help = "in JSON: the N best hypotheses of each utterance with their scores, 1 to 1000"              \
    }

typedef struct oss_cli_decoding {
    oss_decoding_options options; /* the strings are the command line's, or own_lm */
    const char *hotwords;         /* file; NULL: none */
    double hotword_weight;
    char *
        own_lm; /* the language model that nobody named: it lies beside the model; NULL: none (default_lm.h) */
} oss_cli_decoding;

/* *out: OSS_CLI_DECODING_OPTIONS. OSS_EUSAGE. */
oss_status oss_cli_read_decoding(const oss_cli_args *args, oss_cli_decoding *out);
/* The same with the language model `lm` (NULL: none) whatever --lm is. */
oss_status oss_cli_read_decoding_with(const oss_cli_args *args, const char *lm, oss_cli_decoding *out);
/* *out->options.n_best: OSS_CLI_N_BEST_OPTION; has_room: what is written can hold lists; else `how` says what can. OSS_EUSAGE. */
oss_status oss_cli_read_n_best(const oss_cli_args *args, bool has_room, const char *how,
                               oss_cli_decoding *out);

/* The recognizer decodes so: models and hotwords are loaded; a log line names a language model that nobody named.
 * OSS_EUSAGE: --unknown-penalty, and the language model is of symbols. */
oss_status oss_cli_decode(const oss_cli_decoding *decoding, oss_recognizer *recognizer);

/* OSS_EUSAGE: --unknown-penalty goes with no model of symbols. */
oss_status oss_cli_refuse_penalty(const char *lm);

/* What the recognizer decodes with; names of models are the command line's, for the recognizer's go with it. */
oss_status oss_cli_get_decoding(const oss_cli_decoding *decoding, const oss_recognizer *recognizer,
                                oss_decoding_options *out);
/* What a search was done with, for results. */
void oss_cli_add_decoding(oss_json *object, const oss_cli_decoding *decoding,
                          const oss_decoding_options *used);

#endif
