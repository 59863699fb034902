/* Files of the command line: what a command writes is no file that it reads. */
#ifndef OSS_CLI_CLI_FILES_H
#define OSS_CLI_CLI_FILES_H

#include "cli/cli_common.h"

/* What an option whose value is called "FILE|none" is given in place of a file. */
#define OSS_CLI_NONE "none"

/* The option that names a folder of results, where a command has one. */
#define OSS_CLI_OUTPUT_FOLDER "--output-dir"

/* OSS_EINPUT when an option that reads a file is given a folder. OSS_EUSAGE when an option that writes (its value is
 * called OUT...) is given "-", or names a file that an operand, an option that reads (FILE..., M) or the config
 * (--config, --set) names too, whatever way either is written, or one that a run keeps in a folder that they name, or
 * one that another option writes. oss_cli_run asks before the command begins. */
oss_status oss_cli_check_files(oss_cli_args *args);

/* The same for one more file, or model folder, that the command is about to read: the default model, what a CSV
 * names. To be asked before anything is written. */
oss_status oss_cli_reads(const oss_cli_args *args, const char *path);
/* And for one that it is about to write below OSS_CLI_OUTPUT_FOLDER, after all that it reads. */
oss_status oss_cli_writes(const oss_cli_args *args, const char *path);

/* What to open for a recording that is called `operand`: "-" is standard input. */
const char *oss_cli_recording(const char *operand);

/* `status` of the reading of oss_cli_recording(operand), with a message that calls standard input by its name, or says
 * that it is closed. */
oss_status oss_cli_name_recording(const char *operand, oss_status status);

/* OSS_EINPUT when a folder is given where a recording should be. */
oss_status oss_cli_check_recording(const char *path);

#endif
