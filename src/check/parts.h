/* The parts of the analysis; each adds its findings to the report. */
#ifndef OSS_CHECK_PARTS_H
#define OSS_CHECK_PARTS_H

#include "check/report.h"

/* text[texts] of the usable train rows. */
oss_status oss_check_units_count(oss_check_report *report, const oss_check_input *input,
                                 const oss_vocab *vocab, const char *const *text, int64_t texts);
oss_status oss_check_texts(oss_check_report *report, const oss_check_input *input, const oss_vocab *vocab);
oss_status oss_check_sounds(oss_check_report *report, const oss_check_input *input);
oss_status oss_check_twins(oss_check_report *report, const oss_check_input *input);
oss_status oss_check_sets(oss_check_report *report, const oss_check_input *input);

#endif
