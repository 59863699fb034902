/* What a dataset is worth before it trains: `ossicle check` asks with rows that it read itself
 * (check_read.h), training with those of its own scan. No recording is opened here. */
#ifndef OSS_CHECK_CHECK_H
#define OSS_CHECK_CHECK_H

#include "check/report.h"

/* Strings and rows of `input` must outlive the report. */
oss_status oss_check_create(oss_check_report **out, const oss_check_input *input);

#endif
