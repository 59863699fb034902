#include "audio/measure.h"

#include <math.h>

#include "base/hash.h"
#include "kernel/vec.h"

enum { LANES = 8, SHORTEST_RUN = 3 };

static const float full_scale = 0.999f;

static int64_t count_clipped(const float *x, int64_t samples) {
    int64_t clipped = 0, run = 0;
    for (int64_t i = 0; i < samples; i++) {
        run = fabsf(x[i]) >= full_scale ? run + 1 : 0;
        clipped += run == SHORTEST_RUN ? SHORTEST_RUN : run > SHORTEST_RUN;
    }
    return clipped;
}

oss_audio_moments oss_audio_find_moments(const float *x, int64_t n) {
    double sum[LANES] = {0}, squares[LANES] = {0};
    for (int64_t i = 0; i < n; i += LANES) {
        int64_t lanes = n - i < LANES ? n - i : LANES;
        for (int64_t lane = 0; lane < lanes; lane++) {
            double value = (double)x[i + lane];
            sum[lane] += value;
            squares[lane] += value * value;
        }
    }
    for (int lane = 1; lane < LANES; lane++) {
        sum[0] += sum[lane];
        squares[0] += squares[lane];
    }
    double mean = sum[0] / (double)n;
    double variance = squares[0] / (double)n - mean * mean;
    return (oss_audio_moments){.mean = mean, .variance = variance > 0.0 ? variance : 0.0};
}

oss_audio_measure oss_audio_measure_samples(const float *x, int64_t samples) {
    oss_audio_moments moments = oss_audio_find_moments(x, samples);
    float peak = oss_k_max_abs(x, (size_t)samples);
    return (oss_audio_measure){.samples = samples,
                               .peak = (double)peak,
                               .mean = moments.mean,
                               .deviation = sqrt(moments.variance),
                               .clipped_samples = peak < full_scale ? 0 : count_clipped(x, samples),
                               .hash = oss_hash(x, (size_t)samples * sizeof *x)};
}
