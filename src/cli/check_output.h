/* What `ossicle check` prints. */
#ifndef OSS_CLI_CHECK_OUTPUT_H
#define OSS_CLI_CHECK_OUTPUT_H

#include "check/report.h"

/* For people: 80 columns but for paths, at most ten findings of a kind. */
void oss_check_print_text(const oss_check_report *report, const oss_check_input *input);
/* One JSON object on one line, with everything. */
oss_status oss_check_print_json(const oss_check_report *report, const oss_check_input *input);

#endif
