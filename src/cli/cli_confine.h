/* Commands that decode recordings of strangers give up what they do not need (base/confine.h). */
#ifndef OSS_CLI_CLI_CONFINE_H
#define OSS_CLI_CLI_CONFINE_H

#include "cli/cli_common.h"

#define OSS_CLI_SANDBOX_OPTION                                                                               \
    {                                                                                                        \
        .name = "--sandbox", .value = "WHEN",                                                                \
        .help = "auto (default): where the kernel can, change no files but in the folders of what is "       \
                "written, and open no network connection; on: refuse to run without; off"                    \
    }

/* As --sandbox says. Before anything of the recordings is read and before there are threads; the folder of --output-dir
 * has been made. OSS_EUSAGE: the option is wrong, or it is "on" and the kernel cannot. */
oss_status oss_cli_confine(const oss_cli_args *args);

#endif
