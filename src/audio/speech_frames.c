#include "audio/speech_frames.h"

#include <math.h>

enum { RANK = 10, LANES = 8 };

/* Several maxima side by side, for each waits for the one before. NaN is passed over. */
static float find_level(const float *y, int32_t bins) {
    float lane[LANES];
    for (int32_t i = 0; i < LANES; i++) {
        lane[i] = -INFINITY;
    }
    for (int32_t m = 0; m < bins; m += LANES) {
        int32_t count = bins - m < LANES ? bins - m : LANES;
        for (int32_t i = 0; i < count; i++) {
            lane[i] = y[m + i] > lane[i] ? y[m + i] : lane[i];
        }
    }
    float level = lane[0];
    for (int32_t i = 1; i < LANES; i++) {
        level = lane[i] > level ? lane[i] : level;
    }
    return level;
}

/* loudest[RANK], falling: takes in another level. */
static void insert_level(float *loudest, float level) {
    int32_t place = RANK;
    while (place > 0 && loudest[place - 1] < level) {
        if (place < RANK) {
            loudest[place] = loudest[place - 1];
        }
        place--;
    }
    if (place < RANK) {
        loudest[place] = level;
    }
}

float oss_speech_threshold(const float *y, int32_t frames, int32_t bins) {
    float loudest[RANK];
    for (int32_t i = 0; i < RANK; i++) {
        loudest[i] = -INFINITY;
    }
    for (int32_t t = 0; t < frames; t++) {
        insert_level(loudest, find_level(y + (int64_t)t * bins, bins));
    }
    int32_t rank = frames < RANK ? frames : RANK;
    return loudest[rank - 1] - (float)((double)OSS_SPEECH_RANGE_DB * log(10.0) / 10.0);
}

bool oss_speech_holds(const float *y, int32_t bins, float threshold) {
    return find_level(y, bins) >= threshold;
}
