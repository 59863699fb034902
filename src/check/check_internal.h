/* Between the files of the analysis. */
#ifndef OSS_CHECK_CHECK_INTERNAL_H
#define OSS_CHECK_CHECK_INTERNAL_H

#include "check/check.h"

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

/* The parts of the analysis. */
/* text[texts] of the usable train rows. */
oss_status oss_check_units_count(oss_check_report *report, const oss_check_input *input,
                                 const oss_vocab *vocab, const char *const *text, int64_t texts);
oss_status oss_check_texts(oss_check_report *report, const oss_check_input *input, const oss_vocab *vocab);
oss_status oss_check_sounds(oss_check_report *report, const oss_check_input *input);
oss_status oss_check_twins(oss_check_report *report, const oss_check_input *input);
oss_status oss_check_sets(oss_check_report *report, const oss_check_input *input);

#endif
