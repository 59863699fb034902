/* ossicle check --align: rows whose text is not what was said. */
#ifndef OSS_CLI_CHECK_ALIGN_H
#define OSS_CLI_CHECK_ALIGN_H

#include "cli/cli_common.h"
#include "model/data_format.h"

/* Aligns every row of a dataset with --model and prints, behind the other findings, the rows of which something was not said, or
 * in which something was said that the text lacks. Rows that cannot be aligned are left to the other checks. *findings += the
 * rows that were printed. */
oss_status oss_check_align_csv(const oss_cli_args *args, const char *csv, oss_data_format format,
                               int64_t *findings);

#endif
