#include "audio/mel_filters.h"

#include <math.h>

#include "base/mem.h"

static const double PI = 3.14159265358979323846;
static const double CUTOFF = 0.6; /* of the highest frequency: where warping stops being a factor */

void oss_mel_make_window(float *w, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        w[i] = n == 1 ? 1.0f : (float)(0.5 - 0.5 * cos(2.0 * PI * i / n));
    }
}

double oss_mel_warp_hz(double hz, double factor, double top_hz) {
    if (factor == 1.0) {
        return hz;
    }
    double to = CUTOFF * top_hz * fmin(factor, 1.0);
    double from = to / factor;
    return hz <= from ? hz * factor : top_hz - (top_hz - to) / (top_hz - from) * (top_hz - hz);
}

/* The points' frequencies and the weight of a line, all in Hz. */
typedef struct filter_points {
    double top_mel, top_hz, warp;
    int32_t bins, lines;
} filter_points;

/* Frequency of point i, 0 to bins + 1. */
static double point_hz(const filter_points *points, int32_t i) {
    double mel = points->top_mel * i / (points->bins + 1);
    return oss_mel_warp_hz(700.0 * (pow(10.0, mel / 2595.0) - 1.0), points->warp, points->top_hz);
}

static double line_hz(const filter_points *points, int32_t k) {
    return points->top_hz * k / (points->lines - 1);
}

static double weigh_line(const double point[3], double hz) {
    double rising = (hz - point[0]) / (point[1] - point[0]);
    double falling = (point[2] - hz) / (point[2] - point[1]);
    return fmax(0.0, fmin(rising, falling));
}

/* Lines of filter m with a weight, which are neighbours; from `line` on, where none of a lower filter's first
 * lines is missed. weight may be NULL. Returns how many, first in *start. */
static int32_t make_filter(const filter_points *points, int32_t m, int32_t *start, float *weight) {
    const double point[3] = {point_hz(points, m), point_hz(points, m + 1), point_hz(points, m + 2)};
    int32_t count = 0;
    int32_t k = (int32_t)(point[0] / points->top_hz * (points->lines - 1));
    for (; k < points->lines && line_hz(points, k) <= point[2]; k++) {
        float w = (float)weigh_line(point, line_hz(points, k));
        if (w > 0.0f) {
            if (count == 0) {
                *start = k;
            }
            if (weight != NULL) {
                weight[count] = w;
            }
            count++;
        }
    }
    return count;
}

oss_status oss_mel_bank_init(oss_mel_bank *bank, int32_t sample_rate_hz, int32_t n_fft, int32_t bins,
                             double warp) {
    filter_points points = {.warp = warp, .bins = bins, .lines = n_fft / 2 + 1};
    points.top_hz = sample_rate_hz / 2;
    points.top_mel = 2595.0 * log10(1.0 + points.top_hz / 700.0);
    int32_t *start = oss_alloc_zero(3 * (size_t)bins, sizeof *start);
    if (start == NULL) {
        return OSS_ENOMEM;
    }
    int32_t *count = start + bins;
    int32_t *offset = count + bins;
    int32_t weights = 0;
    for (int32_t m = 0; m < bins; m++) {
        offset[m] = weights;
        count[m] = make_filter(&points, m, &start[m], NULL);
        weights += count[m];
    }
    float *weight = oss_alloc((size_t)weights, sizeof *weight);
    if (weight == NULL) {
        oss_free(start);
        return OSS_ENOMEM;
    }
    int32_t first = points.lines;
    int32_t last = 0;
    for (int32_t m = 0; m < bins; m++) {
        (void)make_filter(&points, m, &start[m], weight + offset[m]);
        first = count[m] > 0 && start[m] < first ? start[m] : first;
        last = count[m] > 0 && start[m] + count[m] > last ? start[m] + count[m] : last;
    }
    first = first < last ? first : last;
    for (int32_t m = 0; m < bins; m++) {
        start[m] = count[m] > 0 ? start[m]
                                : first; /* a filter between two lines has none; it must point somewhere */
    }
    *bank = (oss_mel_bank){.bins = bins,
                           .lines = points.lines,
                           .first_line = first,
                           .last_line = last,
                           .start = start,
                           .count = count,
                           .offset = offset,
                           .weight = weight};
    return OSS_OK;
}

void oss_mel_bank_deinit(oss_mel_bank *bank) {
    oss_free((void *)(uintptr_t)bank->start); /* count and offset are in the same block */
    oss_free((void *)(uintptr_t)bank->weight);
    *bank = (oss_mel_bank){0};
}
