/* The options that say where rows come from. */
#ifndef OSS_CLI_CLI_DATA_H
#define OSS_CLI_CLI_DATA_H

#include "cli/cli_common.h"
#include "model/config.h"

/* The value of options that take a dataset: a file, or the folder that some forms are. */
#define OSS_CLI_DATA "DATA"

#define OSS_CLI_DATA_FORMAT_OPTION                                                                               \
    {                                                                                                            \
        .name = "--data-format", .value = "FORM",                                                                \
        .help =                                                                                                  \
            "form of the data: csv, nemo, huggingface, commonvoice, ljspeech or kaldi; auto (default) finds it " \
            "by what is in it"                                                                                   \
    }

/* --data-format; OSS_DATA_AUTO when it was not given. OSS_EUSAGE. */
oss_status oss_cli_data_format(const oss_cli_args *args, oss_data_format *out);
/* The same as the setting data_format, which stays when the option was not given. */
oss_status oss_cli_set_data_format(const oss_cli_args *args, oss_config *config);

#endif
