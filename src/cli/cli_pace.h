/* Does a command keep up with what it hears? */
#ifndef OSS_CLI_CLI_PACE_H
#define OSS_CLI_CLI_PACE_H

#include <stdbool.h>

typedef struct oss_cli_pace {
    double begun, busy_seconds, heard_seconds;
    bool told;
} oss_cli_pace;

/* Around the work on what came; a log line says, once, that work takes longer than what it is for. */
void oss_cli_pace_begin(oss_cli_pace *pace);
void oss_cli_pace_end(oss_cli_pace *pace, double heard_seconds);

#endif
