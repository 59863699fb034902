/* For the parts of the analysis: how a report is filled. */
#ifndef OSS_CHECK_REPORT_INTERNAL_H
#define OSS_CHECK_REPORT_INTERNAL_H

#include "check/report.h"

/* Takes `message` over; NULL is OSS_ENOMEM. */
oss_status oss_check_add(oss_check_report *report, oss_check_kind kind, int32_t row, int32_t other,
                         char *message);
/* The same from a format, which needs no more than 400 bytes. */
oss_status oss_check_note(oss_check_report *report, oss_check_kind kind, int32_t row, int32_t other,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));
oss_check_set oss_check_set_of(const oss_check_input *input, int32_t row);
double oss_check_seconds(const oss_check_input *input, int32_t row);
/* Sorts value[count]. */
void oss_check_spread_make(oss_check_spread *out, double *value, int64_t count);
/* By kind, then by row. */
void oss_check_sort(oss_check_report *report);

#endif
