/* What transcribe, embed and features print and write. */
#ifndef OSS_CLI_RESULTS_H
#define OSS_CLI_RESULTS_H

#include "ossicle/features.h"

typedef enum oss_cli_format {
    OSS_CLI_PLAIN, /* the transcript alone */
    OSS_CLI_TSV,   /* path, tab, transcript */
    OSS_CLI_JSON   /* {"file","text","seconds"} */
} oss_cli_format;

/* One line, to standard output. */
oss_status oss_cli_print_transcript(oss_cli_format format, const char *path, const char *text,
                                    double seconds);

/* Writes a .npy file and says so on standard error. */
oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path);

#endif
