#include "audio/measure.h"

#include <math.h>

#include "base/hash.h"

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

oss_audio_measure oss_audio_measure_samples(const float *x, int64_t samples) {
    double sum[LANES] = {0}, squares[LANES] = {0};
    float peak[LANES] = {0};
    for (int64_t i = 0; i < samples; i += LANES) {
        int64_t lanes = samples - i < LANES ? samples - i : LANES;
        for (int64_t lane = 0; lane < lanes; lane++) {
            float value = x[i + lane], size = fabsf(value);
            sum[lane] += (double)value;
            squares[lane] += (double)value * (double)value;
            peak[lane] = size > peak[lane] ? size : peak[lane];
        }
    }
    for (int lane = 1; lane < LANES; lane++) {
        sum[0] += sum[lane];
        squares[0] += squares[lane];
        peak[0] = peak[lane] > peak[0] ? peak[lane] : peak[0];
    }
    double mean = sum[0] / (double)samples;
    double variance = squares[0] / (double)samples - mean * mean;
    return (oss_audio_measure){.samples = samples,
                               .peak = (double)peak[0],
                               .mean = mean,
                               .deviation = sqrt(variance > 0.0 ? variance : 0.0),
                               .clipped_samples = peak[0] < full_scale ? 0 : count_clipped(x, samples),
                               .hash = oss_hash(x, (size_t)samples * sizeof *x)};
}
