#include "audio/mel.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "audio/mel_filters.h"
#include "audio/mel_norm.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/round.h"
#include "kernel/fft.h"
#include "kernel/lengths.h"

enum { MAX_BINS = 65536 };

struct oss_mel_plan {
    oss_mel_spec spec;
    oss_fft *fft;
    oss_mel_bank bank;
    float *window;   /* [win] */
    float *fixed;    /* [2,bins]: mean and deviation of OSS_MEL_NORM_FIXED */
    int32_t lead;    /* samples of a frame's window before t * hop */
    float log_floor; /* the floor as a float */
    bool is_warped;  /* all but the bank belongs to another plan */
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
        status = oss_mel_bank_init(&plan->bank, spec->sample_rate_hz, spec->n_fft, spec->bins, 1.0);
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

oss_status oss_mel_plan_create_warped(oss_mel_plan **out, const oss_mel_plan *plan, double factor) {
    oss_mel_plan *warped = oss_alloc(1, sizeof *warped);
    if (warped == NULL) {
        return OSS_ENOMEM;
    }
    *warped = *plan;
    warped->is_warped = true;
    oss_status status = oss_mel_bank_init(&warped->bank, plan->spec.sample_rate_hz, plan->spec.n_fft,
                                          plan->spec.bins, factor);
    if (status != OSS_OK) {
        oss_free(warped);
        return status;
    }
    *out = warped;
    return OSS_OK;
}

void oss_mel_plan_free(oss_mel_plan *plan) {
    if (plan != NULL) {
        oss_fft_free(plan->is_warped ? NULL : plan->fft);
        oss_mel_bank_deinit(&plan->bank);
        oss_free(plan->is_warped ? NULL : plan->window);
        oss_free(plan->is_warped ? NULL : plan->fixed);
        oss_free(plan);
    }
}

const oss_mel_spec *oss_mel_plan_spec(const oss_mel_plan *plan) {
    return &plan->spec;
}

int32_t oss_mel_plan_lead(const oss_mel_plan *plan) {
    return plan->lead;
}

void oss_mel_plan_set_stats(oss_mel_plan *plan, const float *mean, const float *std) {
    int32_t bins = plan->spec.bins;
    memcpy(plan->fixed, mean, (size_t)bins * sizeof *mean);
    for (int32_t m = 0; m < bins; m++) {
        plan->fixed[bins + m] = std[m] > OSS_MEL_LEAST_STD ? std[m] : OSS_MEL_LEAST_STD;
    }
}

/* ---- Scratch ---- */

/* lanes: OSS_FFT_MAX_LANES, so that sizes do not depend on the ISA. */
typedef struct mel_scratch {
    float *samples;  /* [(lanes-1)*hop + win]: those under a block of frames, where it crosses an end */
    float *spectrum; /* [lines,2,lanes] */
    float *mel;      /* [lanes,bins] */
    float *dmel;     /* [lanes,bins] */
    float *fft, *bank;
    float *stats; /* [2,bins] */
    double *sum;  /* [4,bins] */
} mel_scratch;

static void *take_part(unsigned char *base, size_t *used, size_t bytes) {
    void *part = base == NULL ? NULL : base + *used;
    *used += oss_round_up(bytes, 64);
    return part;
}

/* Samples under `frames` neighbouring frames. */
static int64_t count_span(const oss_mel_plan *plan, int32_t frames) {
    return (int64_t)(frames - 1) * plan->spec.hop_samples + plan->spec.win_samples;
}

/* Lays the parts out from `base`, which may be NULL, and returns how many bytes they take. */
static size_t lay_out_scratch(mel_scratch *s, const oss_mel_plan *plan, void *base) {
    const size_t lanes = OSS_FFT_MAX_LANES;
    const size_t bins = (size_t)plan->spec.bins;
    const size_t spectrum = (size_t)oss_fft_scratch_floats(plan->fft);
    size_t used = 0;
    s->samples = take_part(base, &used, (size_t)count_span(plan, OSS_FFT_MAX_LANES) * sizeof(float));
    s->spectrum = take_part(base, &used, spectrum * sizeof(float));
    s->mel = take_part(base, &used, lanes * bins * sizeof(float));
    s->dmel = take_part(base, &used, lanes * bins * sizeof(float));
    s->fft = take_part(base, &used, spectrum * sizeof(float));
    s->bank = take_part(base, &used, oss_k_mel_bank_scratch_floats(&plan->bank) * sizeof(float));
    s->stats = take_part(base, &used, 2 * bins * sizeof(float));
    s->sum = take_part(base, &used, 4 * bins * sizeof(double));
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

/* The first sample under the window of frame t; before the signal for the first frames. A frame is
 * transformed from there, not from the middle of n_fft: power does not know about a shift, and the transform
 * is asked for nothing else. */
static int64_t first_sample(const oss_mel_plan *plan, int64_t t) {
    return t * plan->spec.hop_samples - plan->lead;
}

/* The samples under a block of frames from t on, of which `count` are wanted: x itself, or a copy continued
 * by reflection where the block crosses an end; what only unwanted frames see is then 0. */
static const float *get_samples(const oss_mel_plan *plan, const mel_scratch *s, const float *x,
                                int64_t samples, int64_t t, int32_t count) {
    const int64_t first = first_sample(plan, t);
    const int64_t span = count_span(plan, oss_fft_lanes());
    if (first >= 0 && first + span <= samples) {
        return x + first;
    }
    const int64_t wanted = count_span(plan, count);
    for (int64_t i = 0; i < span; i++) {
        const int64_t at = first + i;
        const bool inside = at >= 0 && at < samples;
        s->samples[i] = inside ? x[at] : i < wanted ? x[reflect_index(at, samples)] : 0.0f;
    }
    return s->samples;
}

/* Spectra of frames t .. t + count - 1; always as many as there are lanes are transformed, so that every
 * frame goes the same way. */
static void transform_block(const oss_mel_plan *plan, const mel_scratch *s, const float *x, int64_t samples,
                            int64_t t, int32_t count) {
    oss_fft_forward(plan->fft, s->spectrum, get_samples(plan, s, x, samples, t, count),
                    plan->spec.hop_samples, plan->window, plan->spec.win_samples, s->fft);
}

/* dx += what transform_block did, transposed; the spectrum is used up. */
static void add_block(const oss_mel_plan *plan, const mel_scratch *s, float *dx, int64_t samples, int64_t t,
                      int32_t count) {
    const int64_t first = first_sample(plan, t);
    const int64_t span = count_span(plan, count);
    const bool inside = first >= 0 && first + span <= samples;
    float *at = inside ? dx + first : s->samples;
    if (!inside) {
        memset(at, 0, (size_t)span * sizeof *at);
    }
    oss_fft_transpose(plan->fft, at, plan->spec.hop_samples, plan->window, plan->spec.win_samples, count,
                      s->spectrum, s->fft);
    for (int64_t i = 0; i < span && !inside; i++) {
        dx[reflect_index(first + i, samples)] += at[i];
    }
}

static int32_t count_block(int64_t frames, int64_t t) {
    const int32_t lanes = oss_fft_lanes();
    return frames - t < lanes ? (int32_t)(frames - t) : lanes;
}

/* y[count,bins]: power, or ln(max(power, floor)). */
static void make_block(const oss_mel_plan *plan, const mel_scratch *s, float *y, const float *x,
                       int64_t samples, int64_t t, int32_t count, bool log) {
    transform_block(plan, s, x, samples, t, count);
    oss_k_mel_bank_fwd(&plan->bank, y, s->spectrum, count, log ? plan->log_floor : 0.0f, s->bank);
}

/* ---- Forward ---- */

static bool is_normalized(const oss_mel_plan *plan, oss_mel_norm norm) {
    return plan->spec.kind == OSS_MEL_LOG && plan->spec.norm == norm;
}

/* Normalised with statistics of its own? */
static bool has_own_stats(const oss_mel_plan *plan) {
    return plan->spec.kind == OSS_MEL_LOG && oss_mel_norm_needs_all(plan->spec.norm);
}

size_t oss_mel_stats_floats(const oss_mel_plan *plan, int32_t frames) {
    size_t flags = is_normalized(plan, OSS_MEL_NORM_SPEECH) ? (size_t)frames : 0;
    return 2 * (size_t)plan->spec.bins + flags;
}

void oss_mel_forward_frames(const oss_mel_plan *plan, float *y, const float *x, int64_t samples,
                            int32_t begin, int32_t count, void *scratch) {
    mel_scratch s;
    (void)lay_out_scratch(&s, plan, scratch);
    for (int32_t t = 0; t < count; t += oss_fft_lanes()) {
        make_block(plan, &s, y + (size_t)t * (size_t)plan->spec.bins, x, samples, begin + t,
                   count_block(count, t), plan->spec.kind == OSS_MEL_LOG);
    }
}

void oss_mel_forward_rows(const oss_mel_plan *plan, float *y, const float *x, int64_t samples, int32_t begin,
                          int32_t end, void *scratch) {
    oss_mel_forward_frames(plan, y + (size_t)begin * (size_t)plan->spec.bins, x, samples, begin, end - begin,
                           scratch);
}

void oss_mel_normalize(const oss_mel_plan *plan, float *y, float *stats, int32_t frames, void *scratch) {
    const int32_t bins = plan->spec.bins;
    if (has_own_stats(plan)) {
        mel_scratch s;
        (void)lay_out_scratch(&s, plan, scratch);
        float *kept = stats == NULL ? s.stats : stats;
        const oss_mel_norm_frames which = {
            .frames = frames, .bins = bins, .speech = plan->spec.norm == OSS_MEL_NORM_SPEECH};
        oss_mel_norm_measure(kept, stats == NULL ? NULL : stats + 2 * bins, y, &which, s.sum);
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

/* The gradient of rows [t, t + count) before normalisation: those of dy itself, or s->dmel. */
static const float *undo_norm(const oss_mel_plan *plan, const mel_scratch *s, const oss_mel_norm_gradient *g,
                              int32_t t, int32_t count) {
    if (g->scale == NULL) {
        return g->dy + (size_t)t * (size_t)plan->spec.bins;
    }
    oss_mel_norm_backward(s->dmel, g, t, count);
    return s->dmel;
}

/* stats: of the utterance, for norms that have some. */
static oss_mel_norm_gradient begin_gradient(const oss_mel_plan *plan, const mel_scratch *s, const float *dy,
                                            const float *y, const float *stats, int32_t frames) {
    const int32_t bins = plan->spec.bins;
    oss_mel_norm_gradient g = {.dy = dy, .y = y, .sum = s->sum, .frames = frames, .bins = bins};
    memset(s->sum, 0, 4 * (size_t)bins * sizeof *s->sum); /* fixed statistics: dl = dy / s alone */
    if (has_own_stats(plan)) {
        g.scale = stats + bins;
        g.flag = plan->spec.norm == OSS_MEL_NORM_SPEECH ? stats + 2 * (size_t)bins : NULL;
        oss_mel_norm_sum(&g);
    } else if (is_normalized(plan, OSS_MEL_NORM_FIXED)) {
        g.scale = plan->fixed + bins;
    }
    return g;
}

void oss_mel_backward(const oss_mel_plan *plan, float *dx, const float *dy, const float *y,
                      const float *stats, const float *x, int64_t samples, void *scratch) {
    mel_scratch s;
    (void)lay_out_scratch(&s, plan, scratch);
    const int32_t frames = oss_len_mel_frames(samples, plan->spec.hop_samples);
    const float floor = plan->spec.kind == OSS_MEL_LOG ? plan->log_floor : 0.0f;
    const oss_mel_norm_gradient g = begin_gradient(plan, &s, dy, y, stats, frames);
    for (int32_t t = 0; t < frames; t += oss_fft_lanes()) {
        const int32_t count = count_block(frames, t);
        transform_block(plan, &s, x, samples, t, count);
        const float *dmel = undo_norm(plan, &s, &g, t, count);
        oss_k_mel_bank_bwd(&plan->bank, s.spectrum, dmel, count, floor, s.bank);
        add_block(plan, &s, dx, samples, t, count);
    }
}

/* ---- Statistics of a training set ---- */

void oss_mel_stats_merge(int32_t bins, double *mean, double *m2, int64_t *frames, const double *other_mean,
                         const double *other_m2, int64_t other_frames) {
    const double before = (double)*frames, added = (double)other_frames, all = before + added;
    if (other_frames == 0) {
        return;
    }
    if (*frames == 0) {
        memcpy(mean, other_mean, (size_t)bins * sizeof *mean); /* exactly the other */
        memcpy(m2, other_m2, (size_t)bins * sizeof *m2);
    } else {
        for (int32_t m = 0; m < bins; m++) {
            double delta = other_mean[m] - mean[m];
            mean[m] += delta * added / all;
            m2[m] += other_m2[m] + delta * delta * before * added / all;
        }
    }
    *frames += other_frames;
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
        const int32_t place = t % oss_fft_lanes();
        if (place == 0) {
            make_block(plan, &s, s.mel, x, samples, t, count_block(count, t), true);
        }
        const float *row = s.mel + (size_t)place * (size_t)bins;
        for (int32_t m = 0; m < bins; m++) {
            double delta = (double)row[m] - own_mean[m];
            own_mean[m] += delta / (t + 1);
            own_m2[m] += delta * ((double)row[m] - own_mean[m]);
        }
    }
    oss_mel_stats_merge(bins, mean, m2, frames, own_mean, own_m2, count);
}
