#include "cli/commands.h"

const oss_cli_command *const oss_command[OSS_COMMANDS] = {
    &oss_command_eval,       &oss_command_transcribe, &oss_command_align,     &oss_command_listen,
    &oss_command_embed,      &oss_command_features,   &oss_command_info,      &oss_command_import,
    &oss_command_average,    &oss_command_quantize,   &oss_command_calibrate, &oss_command_tune,
    &oss_command_check,      &oss_command_vocab,      &oss_command_augment,   &oss_command_report,
    &oss_command_score,      &oss_command_fsck,       &oss_command_lm_info,   &oss_command_lm_score,
    &oss_command_lm_convert, &oss_command_lm_build};
