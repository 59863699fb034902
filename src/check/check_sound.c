/* Numbers of the recordings, and which rows stand out. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "check/parts.h"
#include "check/report_internal.h"
#include "text/unicode.h"

/* ---- Length and pace ---- */

/* Characters a second; 0 for a row without text or sound. */
static double pace_of(const oss_check_input *input, int32_t row) {
    return input->row[row].usable
               ? (double)oss_text_length(input->row[row].csv.text) / oss_check_seconds(input, row)
               : 0.0;
}

static int64_t collect_seconds(double *value, const oss_check_input *input) {
    int64_t count = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        if (input->row[i].usable) {
            value[count++] = oss_check_seconds(input, i);
        }
    }
    return count;
}

static int64_t collect_paces(double *value, const oss_check_input *input) {
    int64_t count = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        double pace = pace_of(input, i);
        if (pace > 0.0) {
            value[count++] = pace;
        }
    }
    return count;
}

/* Rows far from the median: by a factor, and by robust deviations (1.4826 median |x - median|) of the
 * logarithm. value[>= count] is used up. */
static oss_status note_paces(oss_check_report *report, const oss_check_input *input, double *value,
                             int64_t count) {
    if (count < OSS_CHECK_PACE_ROWS) {
        return OSS_OK;
    }
    double middle = log(report->pace.median);
    for (int64_t i = 0; i < count; i++) {
        value[i] = fabs(log(value[i]) - middle);
    }
    oss_check_spread around;
    oss_check_spread_make(&around, value, count);
    double limit = fmax(log(OSS_CHECK_PACE_FACTOR), OSS_CHECK_PACE_SIGMAS * 1.4826 * around.median);
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows && status == OSS_OK; i++) {
        double pace = pace_of(input, i);
        if (pace > 0.0 && fabs(log(pace) - middle) > limit) {
            status = oss_check_note(report, OSS_CHECK_PACE, i, -1,
                                    "%.2f characters a second (%lld in %.2f s); the median is %.2f", pace,
                                    (long long)oss_text_length(input->row[i].csv.text),
                                    oss_check_seconds(input, i), report->pace.median);
        }
    }
    return status;
}

static oss_status measure_spreads(oss_check_report *report, const oss_check_input *input) {
    double *value = oss_alloc((size_t)input->rows, sizeof *value);
    if (value == NULL) {
        return OSS_ENOMEM;
    }
    oss_check_spread_make(&report->duration, value, collect_seconds(value, input));
    int64_t paces = collect_paces(value, input);
    oss_check_spread_make(&report->pace, value, paces);
    oss_status status = note_paces(report, input, value, paces);
    oss_free(value);
    return status;
}

/* ---- Level ---- */

static oss_status note_level(oss_check_report *report, const oss_check_input *input, int32_t row) {
    const oss_audio_measure *measure = &input->row[row].sound.measure;
    if (measure->samples == 0) {
        return OSS_OK;
    }
    double share = (double)measure->clipped_samples / (double)measure->samples;
    oss_status status = OSS_OK;
    if (share >= OSS_CHECK_CLIPPED_SHARE) {
        status = oss_check_note(report, OSS_CHECK_CLIPPED, row, -1, "%.2f %% of the samples at full scale",
                                100.0 * share);
    }
    if (status == OSS_OK && fabs(measure->mean) >= OSS_CHECK_OFFSET_MEAN) {
        status = oss_check_note(report, OSS_CHECK_OFFSET, row, -1, "the mean of the samples is %.3f",
                                measure->mean);
    }
    return status;
}

static oss_status note_levels(oss_check_report *report, const oss_check_input *input) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows && status == OSS_OK; i++) {
        if (input->row[i].usable) {
            status = note_level(report, input, i);
        }
    }
    return status;
}

/* ---- Rates ---- */

typedef struct rate_count {
    int32_t rate_hz, first_row;
    int64_t rows;
} rate_count;

enum { MOST_RATES = 64 };

/* Rates beyond the first MOST_RATES different ones are not counted. */
static int32_t count_rates(rate_count rate[MOST_RATES], const oss_check_input *input) {
    int32_t rates = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        if (!input->row[i].usable || input->row[i].sound.source_rate_hz == 0) {
            continue;
        }
        int32_t at = 0;
        while (at < rates && rate[at].rate_hz != input->row[i].sound.source_rate_hz) {
            at++;
        }
        if (at == rates && rates < MOST_RATES) {
            rate[rates++] = (rate_count){.rate_hz = input->row[i].sound.source_rate_hz, .first_row = i};
        }
        if (at < rates) {
            rate[at].rows++;
        }
    }
    return rates;
}

/* One for each rate but the one that most rows have. */
static oss_status note_rates(oss_check_report *report, const oss_check_input *input) {
    rate_count rate[MOST_RATES];
    int32_t rates = count_rates(rate, input), common = 0;
    for (int32_t i = 1; i < rates; i++) {
        common = rate[i].rows > rate[common].rows ? i : common;
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < rates && status == OSS_OK; i++) {
        if (i != common) {
            status = oss_check_note(report, OSS_CHECK_RATES, rate[i].first_row, rate[common].first_row,
                                    "%d Hz in %lld row%s, %d Hz in %lld", rate[i].rate_hz,
                                    (long long)rate[i].rows, rate[i].rows == 1 ? "" : "s",
                                    rate[common].rate_hz, (long long)rate[common].rows);
        }
    }
    return status;
}

oss_status oss_check_sounds(oss_check_report *report, const oss_check_input *input) {
    oss_status status = measure_spreads(report, input);
    if (status == OSS_OK) {
        status = note_levels(report, input);
    }
    return status == OSS_OK ? note_rates(report, input) : status;
}
