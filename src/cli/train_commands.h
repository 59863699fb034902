/* The commands of the program `ossicle-train`. */
#ifndef OSS_CLI_TRAIN_COMMANDS_H
#define OSS_CLI_TRAIN_COMMANDS_H

#include "cli/cli_common.h"

extern const oss_cli_command oss_command_train, oss_command_bench;

#endif
