/* What embed and features write. */
#ifndef OSS_CLI_RESULTS_H
#define OSS_CLI_RESULTS_H

#include "ossicle/features.h"

/* Writes a .npy file and says so on standard error. */
oss_status oss_cli_save_matrix(const oss_matrix *matrix, const char *path);

#endif
