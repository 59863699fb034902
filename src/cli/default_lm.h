/* The language model of a command that was not told which: the one that lies beside the model. */
#ifndef OSS_CLI_DEFAULT_LM_H
#define OSS_CLI_DEFAULT_LM_H

#include "cli/cli_decoding.h"

/* In place of OSS_CLI_DECODING_OPTIONS. */
#define OSS_CLI_DEFAULT_LM_OPTIONS                                                                                  \
    {.name = "--lm",                                                                                                \
     .value = "FILE|none",                                                                                          \
     .help =                                                                                                        \
         "language model to search with: a file of `ossicle lm build`, or an ARPA file (default: NAME.lm beside a " \
         "model file NAME.safetensors, where there is one; none: without, ./none is a file of that name)"},         \
        {.name = "--greedy",                                                                                        \
         .help = "no search and no language model: the best symbol of each row, which is the fastest"},             \
        OSS_CLI_SEARCH_OPTIONS

/* *out (oss_cli_decoding_deinit, whatever becomes of it): OSS_CLI_DEFAULT_LM_OPTIONS. With neither --lm nor --greedy the
 * language model beside the model that the command is about to take is out->own_lm, unless there is none. OSS_EUSAGE:
 * also when --greedy stands beside an option of a search, and when what the command writes is that language model. */
oss_status oss_cli_read_default_decoding(const oss_cli_args *args, oss_cli_decoding *out);
void oss_cli_decoding_deinit(oss_cli_decoding *decoding);

#endif
