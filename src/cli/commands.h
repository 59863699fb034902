/* The commands of both programs: `ossicle train` and `ossicle bench` are the program `ossicle-train`. */
#ifndef OSS_CLI_COMMANDS_H
#define OSS_CLI_COMMANDS_H

#include "cli/cli_common.h"

extern const oss_cli_command oss_command_eval, oss_command_transcribe, oss_command_align, oss_command_listen,
    oss_command_embed, oss_command_features, oss_command_info, oss_command_import, oss_command_average,
    oss_command_quantize, oss_command_calibrate, oss_command_tune, oss_command_check, oss_command_vocab,
    oss_command_augment, oss_command_report, oss_command_lm_info, oss_command_lm_score,
    oss_command_lm_convert, oss_command_lm_build, oss_command_score, oss_command_fsck;

enum { OSS_COMMANDS = 22 };
/* A name of two words is a command of a group: `ossicle lm info`.
 * Those of `ossicle`, in the order of its --help. */
extern const oss_cli_command *const oss_command[OSS_COMMANDS];

/* Those of `ossicle-train`. `ossicle --help` tells of them too, but does not link them. */
extern const oss_cli_command oss_command_train, oss_command_bench;
#define OSS_TRAIN_SUMMARY "train a model, resume a run, or fine-tune a model"
#define OSS_BENCH_SUMMARY "how fast it runs here, beside the processor's own limit"

/* Replaces this process by ossicle-train with `command` (NULL: none) and argument[0..count) as its arguments.
 * Returns only on failure. */
oss_status oss_cli_exec_train(const char *command, char *const *argument, int count);

#endif
