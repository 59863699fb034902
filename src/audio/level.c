#include "audio/level.h"

#include <math.h>
#include <string.h>

#include "audio/measure.h"
#include "kernel/vec.h"

/* Loudness is kept by whole dB from BINS below BIN_TOP_DB on: floats beyond [-1, 1] are not wrong. */
enum { BINS = 400, BIN_TOP_DB = 100, RANGE_DB = 30 };
static const double BLOCK_S = 0.1;

typedef struct bin {
    double energy; /* sum of variance times samples */
    int64_t samples;
} bin;

static int32_t find_bin(double variance) {
    double db = 10.0 * log10(variance) - (double)BIN_TOP_DB + (double)BINS;
    return db < 0 ? 0 : db < (double)BINS ? (int32_t)db : BINS - 1;
}

double oss_audio_speech_level(const float *x, int64_t samples, int32_t rate_hz) {
    bin bins[BINS];
    memset(bins, 0, sizeof bins);
    int64_t block = (int64_t)(BLOCK_S * rate_hz) > 0 ? (int64_t)(BLOCK_S * rate_hz) : 1;
    int32_t loudest = -1;
    for (int64_t from = 0; from < samples; from += block) {
        int64_t count = samples - from < block ? samples - from : block;
        double variance = oss_audio_find_moments(x + from, count).variance;
        if (variance > 0.0) {
            int32_t at = find_bin(variance);
            bins[at].energy += variance * (double)count;
            bins[at].samples += count;
            loudest = at > loudest ? at : loudest;
        }
    }
    double energy = 0.0;
    int64_t counted = 0;
    for (int32_t i = loudest; i >= 0 && i >= loudest - RANGE_DB; i--) {
        energy += bins[i].energy;
        counted += bins[i].samples;
    }
    return counted == 0 ? -HUGE_VAL : 10.0 * log10(energy / (double)counted);
}

double oss_audio_raise_quiet(float *x, int64_t samples, double level_db, double usual_db) {
    double gain_db = usual_db - level_db;
    if (gain_db <= OSS_LEVEL_QUIET_DB || level_db < OSS_LEVEL_NOTHING_DB) {
        return 0.0;
    }
    oss_k_scale(x, x, (float)pow(10.0, gain_db / 20.0), (size_t)samples);
    return gain_db;
}
