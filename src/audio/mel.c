#include "audio/mel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "audio/mel_filters.h"
#include "base/fail.h"
#include "base/mem.h"
#include "kernel/fft.h"
#include "kernel/lengths.h"
#include "kernel/vec.h"

enum { BLOCK = 16, MAX_BINS = 65536 }; /* frames transformed together: the widest vector */
static const float least_std = 0.1f;

struct oss_mel_plan {
    oss_mel_spec spec;
    oss_fft *fft;
    oss_mel_bank bank;
    float *window;   /* [win] */
    float *fixed;    /* [2,bins]: mean and deviation of OSS_MEL_NORM_FIXED */
    int32_t lead;    /* samples of a frame's window before t * hop */
    float log_floor; /* the floor as a float */
};

/* ---- Plan ---- */

static oss_status check_spec(const oss_mel_spec *spec) {
    if (spec->sample_rate_hz < 2 || spec->hop_samples < 1) {
        return oss_fail(
            OSS_EUSAGE,
            "mel: %d Hz with a hop of %d samples; the rate must be at least 2, the hop at least 1",
            (int)spec->sample_rate_hz, (int)spec->hop_samples);
    }
    if (spec->win_samples < 1 || spec->win_samples > spec->n_fft) {
        return oss_fail(OSS_EUSAGE,
                        "mel: a window of %d samples in an n_fft of %d; it must be between 1 and n_fft",
                        (int)spec->win_samples, (int)spec->n_fft);
    }
    if (spec->bins < 1 || spec->bins > MAX_BINS) {
        return oss_fail(OSS_EUSAGE, "mel: %d bins; give 1 to %d", (int)spec->bins, (int)MAX_BINS);
    }
    if (!((float)spec->floor > 0.0f) || !isfinite((float)spec->floor)) {
        return oss_fail(OSS_EUSAGE, "mel: a floor of %g; it must be positive and fit a float", spec->floor);
    }
    return OSS_OK;
}

static oss_status fill_plan(oss_mel_plan *plan) {
    const oss_mel_spec *spec = &plan->spec;
    oss_status status = oss_fft_create(&plan->fft, spec->n_fft);
    if (status == OSS_OK) {
        status = oss_mel_bank_init(&plan->bank, spec->sample_rate_hz, spec->n_fft, spec->bins);
    }
    if (status != OSS_OK) {
        return status;
    }
    plan->window = oss_alloc_aligned((size_t)spec->win_samples, sizeof *plan->window);
    plan->fixed = oss_alloc_aligned(2 * (size_t)spec->bins, sizeof *plan->fixed);
    if (plan->window == NULL || plan->fixed == NULL) {
        return OSS_ENOMEM;
    }
    oss_mel_make_window(plan->window, spec->win_samples);
    for (int32_t m = 0; m < spec->bins; m++) {
        plan->fixed[m] = 0.0f;
        plan->fixed[spec->bins + m] = 1.0f;
    }
    plan->lead = spec->n_fft / 2 - (spec->n_fft - spec->win_samples) / 2;
    plan->log_floor = (float)spec->floor;
    return OSS_OK;
}

oss_status oss_mel_plan_create(oss_mel_plan **out, const oss_mel_spec *spec) {
    oss_status status = check_spec(spec);
    if (status != OSS_OK) {
        return status;
    }
    oss_mel_plan *plan = oss_alloc_zero(1, sizeof *plan);
    if (plan == NULL) {
        return OSS_ENOMEM;
    }
    plan->spec = *spec;
    status = fill_plan(plan);
    if (status != OSS_OK) {
        oss_mel_plan_free(plan);
        return status;
    }
    *out = plan;
    return OSS_OK;
}

void oss_mel_plan_free(oss_mel_plan *plan) {
    if (plan != NULL) {
        oss_fft_free(plan->fft);
        oss_mel_bank_deinit(&plan->bank);
        oss_free(plan->window);
        oss_free(plan->fixed);
        oss_free(plan);
    }
}

const oss_mel_spec *oss_mel_plan_spec(const oss_mel_plan *plan) {
    return &plan->spec;
}

void oss_mel_plan_set_stats(oss_mel_plan *plan, const float *mean, const float *std) {
    int32_t bins = plan->spec.bins;
    memcpy(plan->fixed, mean, (size_t)bins * sizeof *mean);
    for (int32_t m = 0; m < bins; m++) {
        plan->fixed[bins + m] = std[m] > least_std ? std[m] : least_std;
    }
}

/* ---- Scratch ---- */

typedef struct mel_scratch {
    float *frame;   /* [BLOCK,n_fft]; what lies beyond the window stays 0 */
    float *re, *im; /* [BLOCK,lines] */
    float *mel;     /* [BLOCK,bins] */
    float *dmel;    /* [BLOCK,bins] */
    float *fft, *bank;
    float *stats; /* [2,bins] */
    double *sum;  /* [2,bins] */
} mel_scratch;

static void *take_part(unsigned char *base, size_t *used, size_t bytes) {
    void *part = base == NULL ? NULL : base + *used;
    *used += (bytes + 63) / 64 * 64;
    return part;
}

/* Lays the parts out from `base`, which may be NULL, and returns how many bytes they take. */
static size_t lay_out_scratch(mel_scratch *s, const oss_mel_plan *plan, void *base) {
    const size_t lines = (size_t)plan->bank.lines;
    const size_t bins = (size_t)plan->spec.bins;
    size_t used = 0;
    s->frame = take_part(base, &used, BLOCK * (size_t)plan->spec.n_fft * sizeof(float));
    s->re = take_part(base, &used, BLOCK * lines * sizeof(float));
    s->im = take_part(base, &used, BLOCK * lines * sizeof(float));
    s->mel = take_part(base, &used, BLOCK * bins * sizeof(float));
    s->dmel = take_part(base, &used, BLOCK * bins * sizeof(float));
    s->fft = take_part(base, &used, (size_t)oss_fft_scratch_floats(plan->fft, BLOCK) * sizeof(float));
    s->bank = take_part(base, &used, oss_k_mel_bank_scratch_floats(&plan->bank) * sizeof(float));
    s->stats = take_part(base, &used, 2 * bins * sizeof(float));
    s->sum = take_part(base, &used, 2 * bins * sizeof(double));
    return used;
}

size_t oss_mel_scratch_bytes(const oss_mel_plan *plan) {
    mel_scratch s;
    return lay_out_scratch(&s, plan, NULL);
}

/* ---- Frames ---- */

/* Where numpy.pad(mode="reflect") takes the sample at place i of a signal of n from: it runs to and fro. */
static int64_t reflect_index(int64_t i, int64_t n) {
    if (n == 1) {
        return 0;
    }
    int64_t period = 2 * (n - 1);
    i = i % period;
    i = i < 0 ? i + period : i;
    return i < n ? i : period - i;
}

/* A frame's window begins at frame[0], not in its middle: power does not know about a shift, and the
 * transform is asked for nothing else. frame[i] = window[i] * x[t * hop - lead + i]. */
static void cut_frame(const oss_mel_plan *plan, float *frame, const float *x, int64_t samples, int64_t t) {
    const int32_t win = plan->spec.win_samples;
    int64_t first = t * plan->spec.hop_samples - plan->lead;
    if (first >= 0 && first + win <= samples) {
        oss_k_window(frame, x + first, plan->window, win);
        return;
    }
    for (int32_t i = 0; i < win; i++) {
        frame[i] = plan->window[i] * x[reflect_index(first + i, samples)];
    }
}

/* dx += what cut_frame did, transposed. */
static void paste_frame(const oss_mel_plan *plan, float *dx, const float *dframe, int64_t samples,
                        int64_t t) {
    const int32_t win = plan->spec.win_samples;
    int64_t first = t * plan->spec.hop_samples - plan->lead;
    if (first >= 0 && first + win <= samples) {
        for (int32_t i = 0; i < win; i++) {
            dx[first + i] += plan->window[i] * dframe[i];
        }
        return;
    }
    for (int32_t i = 0; i < win; i++) {
        dx[reflect_index(first + i, samples)] += plan->window[i] * dframe[i];
    }
}

/* Spectra of frames t .. t + count - 1; always BLOCK of them are transformed, so that every frame goes the
 * same way. */
static void transform_block(const oss_mel_plan *plan, const mel_scratch *s, const float *x, int64_t samples,
                            int64_t t, int32_t count) {
    const size_t n_fft = (size_t)plan->spec.n_fft;
    const size_t win = (size_t)plan->spec.win_samples;
    for (int32_t f = 0; f < BLOCK; f++) {
        float *frame = s->frame + (size_t)f * n_fft;
        if (f < count) {
            cut_frame(plan, frame, x, samples, t + f);
        }
        size_t kept = f < count ? win : 0;
        memset(frame + kept, 0, (n_fft - kept) * sizeof *frame);
    }
    oss_fft_forward(plan->fft, s->re, s->im, s->frame, BLOCK, s->fft);
}

static int32_t count_block(int64_t frames, int64_t t) {
    return frames - t < BLOCK ? (int32_t)(frames - t) : BLOCK;
}

/* y[count,bins]: power, or ln(max(power, floor)). */
static void make_block(const oss_mel_plan *plan, const mel_scratch *s, float *y, const float *x,
                       int64_t samples, int64_t t, int32_t count, bool log) {
    transform_block(plan, s, x, samples, t, count);
    oss_k_mel_bank_fwd(&plan->bank, y, s->re, s->im, count, log ? plan->log_floor : 0.0f, s->bank);
    if (log) {
        oss_k_log(y, y, (size_t)count * (size_t)plan->spec.bins);
    }
}

/* ---- Forward ---- */

/* stats[2,bins]: mean_f and max(std_f, 0.1) over the T frames of y, population deviation. */
static void measure_columns(const mel_scratch *s, float *stats, const float *y, int32_t frames,
                            int32_t bins) {
    double *mean = s->sum;
    double *square = s->sum + bins;
    memset(s->sum, 0, 2 * (size_t)bins * sizeof *s->sum);
    oss_k_column_sums(mean, y, frames, bins);
    for (int32_t m = 0; m < bins; m++) {
        mean[m] /= frames;
    }
    oss_k_column_squares(square, y, mean, frames, bins);
    for (int32_t m = 0; m < bins; m++) {
        float std = (float)sqrt(square[m] / frames);
        stats[m] = (float)mean[m];
        stats[bins + m] = std < least_std ? least_std : std; /* NaN stays */
    }
}

static bool is_normalized(const oss_mel_plan *plan, oss_mel_norm norm) {
    return plan->spec.kind == OSS_MEL_LOG && plan->spec.norm == norm;
}

void oss_mel_forward_rows(const oss_mel_plan *plan, float *y, const float *x, int64_t samples, int32_t begin,
                          int32_t end, void *scratch) {
    mel_scratch s;
    (void)lay_out_scratch(&s, plan, scratch);
    for (int32_t t = begin; t < end; t += BLOCK) {
        make_block(plan, &s, y + (size_t)t * (size_t)plan->spec.bins, x, samples, t, count_block(end, t),
                   plan->spec.kind == OSS_MEL_LOG);
    }
}

void oss_mel_normalize(const oss_mel_plan *plan, float *y, float *stats, int32_t frames, void *scratch) {
    const int32_t bins = plan->spec.bins;
    if (is_normalized(plan, OSS_MEL_NORM_UTTERANCE)) {
        mel_scratch s;
        (void)lay_out_scratch(&s, plan, scratch);
        float *kept = stats == NULL ? s.stats : stats;
        measure_columns(&s, kept, y, frames, bins);
        oss_k_column_normalize(y, kept, kept + bins, frames, bins);
    } else if (is_normalized(plan, OSS_MEL_NORM_FIXED)) {
        oss_k_column_normalize(y, plan->fixed, plan->fixed + bins, frames, bins);
    }
}

void oss_mel_forward(const oss_mel_plan *plan, float *y, float *stats, const float *x, int64_t samples,
                     void *scratch) {
    const int32_t frames = oss_len_mel_frames(samples, plan->spec.hop_samples);
    oss_mel_forward_rows(plan, y, x, samples, 0, frames, scratch);
    oss_mel_normalize(plan, y, stats, frames, scratch);
}

/* ---- Backward ---- */

/* Utterance normalisation y = (l - mean) / s has dl = (dy - mean_t(dy) - y mean_t(dy y)) / s, without the
 * last term where s is the least deviation. sum[0,m] = mean_t(dy), sum[1,m] = mean_t(dy y) or 0. */
static void measure_gradient(const mel_scratch *s, const float *dy, const float *y, const float *stats,
                             int32_t frames, int32_t bins) {
    memset(s->sum, 0, 2 * (size_t)bins * sizeof *s->sum);
    for (int32_t t = 0; t < frames; t++, dy += bins, y += bins) {
        for (int32_t m = 0; m < bins; m++) {
            s->sum[m] += (double)dy[m];
            s->sum[bins + m] += (double)dy[m] * (double)y[m];
        }
    }
    for (int32_t m = 0; m < bins; m++) {
        s->sum[m] /= frames;
        s->sum[bins + m] = stats[bins + m] > least_std ? s->sum[bins + m] / frames : 0.0;
    }
}

/* One row: dl from dy, in `dl`. */
static void undo_norm(const oss_mel_plan *plan, const mel_scratch *s, float *dl, const float *dy,
                      const float *y, const float *stats) {
    const int32_t bins = plan->spec.bins;
    for (int32_t m = 0; m < bins; m++) {
        if (plan->spec.norm == OSS_MEL_NORM_UTTERANCE) {
            double d = (double)dy[m] - s->sum[m] - (double)y[m] * s->sum[bins + m];
            dl[m] = (float)(d / (double)stats[bins + m]);
        } else {
            dl[m] = plan->spec.norm == OSS_MEL_NORM_FIXED ? dy[m] / plan->fixed[bins + m] : dy[m];
        }
    }
}

/* s->dmel from dy of the block that starts at row t; s->re and s->im hold its spectra. d ln(max(mel, floor))
 * / d mel is 1/mel above the floor, 0 at it. */
static void undo_log(const oss_mel_plan *plan, const mel_scratch *s, const float *dy, const float *y,
                     const float *stats, int32_t count) {
    const size_t bins = (size_t)plan->spec.bins;
    if (plan->spec.kind == OSS_MEL_POWER) {
        memcpy(s->dmel, dy, (size_t)count * bins * sizeof *dy);
        return;
    }
    oss_k_mel_bank_fwd(&plan->bank, s->mel, s->re, s->im, count, plan->log_floor, s->bank);
    for (size_t f = 0; f < (size_t)count; f++) {
        undo_norm(plan, s, s->dmel + f * bins, dy + f * bins, y + f * bins, stats);
    }
    for (size_t i = 0; i < (size_t)count * bins; i++) {
        s->dmel[i] = s->mel[i] > plan->log_floor ? s->dmel[i] / s->mel[i] : 0.0f;
    }
}

void oss_mel_backward(const oss_mel_plan *plan, float *dx, const float *dy, const float *y,
                      const float *stats, const float *x, int64_t samples, void *scratch) {
    mel_scratch s;
    (void)lay_out_scratch(&s, plan, scratch);
    const int32_t bins = plan->spec.bins;
    const int32_t frames = oss_len_mel_frames(samples, plan->spec.hop_samples);
    if (is_normalized(plan, OSS_MEL_NORM_UTTERANCE)) {
        measure_gradient(&s, dy, y, stats, frames, bins);
    }
    for (int32_t t = 0; t < frames; t += BLOCK) {
        const int32_t count = count_block(frames, t);
        const size_t at = (size_t)t * (size_t)bins;
        transform_block(plan, &s, x, samples, t, count);
        undo_log(plan, &s, dy + at, y + at, stats, count);
        oss_k_mel_bank_bwd(&plan->bank, s.re, s.im, s.dmel, count, s.bank);
        oss_fft_transpose(plan->fft, s.frame, s.re, s.im, count, s.fft);
        for (int32_t f = 0; f < count; f++) {
            paste_frame(plan, dx, s.frame + (size_t)f * (size_t)plan->spec.n_fft, samples, t + f);
        }
    }
}

/* ---- Statistics of a training set ---- */

void oss_mel_stats_merge(int32_t bins, double *mean, double *m2, int64_t *frames, const double *other_mean,
                         const double *other_m2, int64_t other_frames) {
    const int64_t total = *frames + other_frames;
    if (other_frames == 0) {
        return;
    }
    const double share = (double)other_frames / (double)total;
    for (int32_t m = 0; m < bins; m++) {
        double delta = other_mean[m] - mean[m];
        m2[m] += other_m2[m] + delta * delta * (double)*frames * share;
        mean[m] += delta * share; /* into nothing (0 frames, zeros): exactly the other */
    }
    *frames = total;
}

void oss_mel_stats_add(const oss_mel_plan *plan, double *mean, double *m2, int64_t *frames, const float *x,
                       int64_t samples, void *scratch) {
    mel_scratch s;
    (void)lay_out_scratch(&s, plan, scratch);
    const int32_t bins = plan->spec.bins;
    const int32_t count = oss_len_mel_frames(samples, plan->spec.hop_samples);
    double *own_mean = s.sum;
    double *own_m2 = s.sum + bins;
    memset(s.sum, 0, 2 * (size_t)bins * sizeof *s.sum);
    for (int32_t t = 0; t < count; t++) {
        if (t % BLOCK == 0) {
            make_block(plan, &s, s.mel, x, samples, t, count_block(count, t), true);
        }
        const float *row = s.mel + (size_t)(t % BLOCK) * (size_t)bins;
        for (int32_t m = 0; m < bins; m++) {
            double delta = (double)row[m] - own_mean[m];
            own_mean[m] += delta / (t + 1);
            own_m2[m] += delta * ((double)row[m] - own_mean[m]);
        }
    }
    oss_mel_stats_merge(bins, mean, m2, frames, own_mean, own_m2, count);
}
