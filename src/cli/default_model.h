/* The model of a command that was not told which: the environment's, else the one that ships with Ossicle. */
#ifndef OSS_CLI_DEFAULT_MODEL_H
#define OSS_CLI_DEFAULT_MODEL_H

#include "cli/cli_common.h"
#include "ossicle/recognizer.h"

/* The entry of such a command's table of options. */
#define OSS_CLI_MODEL_OPTION                                                                                 \
    {                                                                                                        \
        .name = "--model", .value = "M",                                                                     \
        .help =                                                                                              \
            "model file, checkpoint folder or run folder, or ossicle-en for the English model that ships "   \
            "with Ossicle (default: $OSSICLE_MODEL, else that one)"                                          \
    }

/* *out (oss_free) is the first of
 *   `given`, unless it is NULL, or "ossicle-en" and no file or folder is called so: then the one that ships;
 *   the environment variable OSSICLE_MODEL, unless it is empty;
 *   PREFIX/share/ossicle/ossicle-en.safetensors, where this program is PREFIX/bin/ossicle;
 *   ROOT/checkpoints/ossicle-en.safetensors, where it is ROOT/build/ossicle or ROOT/build/NAME/ossicle.
 * OSS_EINPUT when OSSICLE_MODEL names nothing, or when there is none: the message says where was looked, and
 * that `how` ("--model M") names one. */
oss_status oss_cli_find_model(char **out, const char *given, const char *how);

/* The same for --model of `args`; a log line says which model it is when it was not given. */
oss_status oss_cli_model(char **out, const oss_cli_args *args);

/* A recognizer of that model (oss_recognizer_free). */
oss_status oss_cli_recognizer(oss_recognizer **out, const oss_cli_args *args,
                              const oss_recognizer_options *options);

#endif
