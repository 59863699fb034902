#include "audio/mel_norm.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "audio/speech_frames.h"
#include "kernel/mel_bank.h"

/* What says whether a frame counts: its flag, its level in y, or nothing: all do. */
typedef struct counting {
    const float *flag; /* [frames] or NULL */
    const float *y;    /* [frames,bins] or NULL */
    int32_t frames, bins;
    float threshold; /* of y */
} counting;

/* Frames [begin, end) that all count. */
typedef struct run {
    int32_t begin, end;
} run;

static bool counts(const counting *c, int32_t t) {
    if (c->flag != NULL) {
        return c->flag[t] != 0.0f;
    }
    return c->y == NULL || oss_speech_holds(c->y + (size_t)t * (size_t)c->bins, c->bins, c->threshold);
}

/* The next run from r->end on; false: there is none. */
static bool next_run(run *r, const counting *c) {
    int32_t t = r->end;
    while (t < c->frames && !counts(c, t)) {
        t++;
    }
    r->begin = t;
    while (t < c->frames && counts(c, t)) {
        t++;
    }
    r->end = t;
    return r->begin < r->end;
}

void oss_mel_norm_measure(float *stats, float *flag, const float *y, const oss_mel_norm_frames *which,
                          double *sum) {
    const int32_t bins = which->bins;
    counting c = {.frames = which->frames, .bins = bins};
    if (which->speech) {
        c.y = y;
        c.threshold = oss_speech_threshold(y, which->frames, bins);
        for (int32_t t = 0; flag != NULL && t < which->frames; t++) {
            flag[t] = counts(&c, t) ? 1.0f : 0.0f;
        }
    }
    double *mean = sum, *square = sum + bins;
    int32_t counted = 0;
    memset(sum, 0, 2 * (size_t)bins * sizeof *sum);
    for (run r = {0}; next_run(&r, &c); counted += r.end - r.begin) {
        oss_k_column_sums(mean, y + (size_t)r.begin * (size_t)bins, r.end - r.begin, bins);
    }
    for (int32_t m = 0; m < bins; m++) {
        mean[m] /= counted;
    }
    for (run r = {0}; next_run(&r, &c);) {
        oss_k_column_squares(square, y + (size_t)r.begin * (size_t)bins, mean, r.end - r.begin, bins);
    }
    for (int32_t m = 0; m < bins; m++) {
        float std = (float)sqrt(square[m] / counted);
        stats[m] = (float)mean[m];
        stats[bins + m] = std < OSS_MEL_LEAST_STD ? OSS_MEL_LEAST_STD : std; /* NaN stays */
    }
}

static counting count_flags(const oss_mel_norm_gradient *g) {
    return (counting){.flag = g->flag, .frames = g->frames, .bins = g->bins};
}

void oss_mel_norm_sum(const oss_mel_norm_gradient *g) {
    const int32_t bins = g->bins;
    const counting c = count_flags(g);
    int32_t counted = 0;
    for (run r = {0}; next_run(&r, &c);) {
        counted += r.end - r.begin;
    }
    oss_k_column_sums(g->sum, g->dy, g->frames, bins);
    oss_k_column_dots(g->sum + bins, g->dy, g->y, g->frames, bins);
    for (int32_t m = 0; m < bins; m++) {
        g->sum[m] /= counted;
        g->sum[bins + m] = g->scale[m] > OSS_MEL_LEAST_STD ? g->sum[bins + m] / counted : 0.0;
    }
}

void oss_mel_norm_backward(float *dl, const oss_mel_norm_gradient *g, int32_t t, int32_t count) {
    const size_t bins = (size_t)g->bins;
    const counting c = count_flags(g);
    const int32_t last = t + count;
    for (int32_t end = t; t < last; t = end) {
        const bool counted = counts(&c, t);
        while (end < last && counts(&c, end) == counted) {
            end++;
        }
        const double *sum = counted ? g->sum : g->sum + 2 * bins;
        oss_k_column_normalize_bwd(dl, g->dy + (size_t)t * bins, g->y + (size_t)t * bins, sum, sum + bins,
                                   g->scale, end - t, g->bins);
        dl += (size_t)(end - t) * bins;
    }
}
