#include "decode/frames.h"

#include <math.h>
#include <stdbool.h>

#include "text/vocab.h"

/* Whether a later symbol's logit takes the place of the best one before it. */
static bool beats(float x, float best) {
    return x > best || (isnan(best) && !isnan(x));
}

int32_t oss_frame_best(const float *logits, int32_t v) {
    int32_t best = 0;
    for (int32_t i = 1; i < v; i++) {
        best = beats(logits[i], logits[best]) ? i : best;
    }
    return best;
}

/* The same as oss_frame_best() == OSS_VOCAB_BLANK, done at the first symbol that beats the blank. */
static bool is_blank(const float *logits, int32_t v) {
    int32_t i = 1;
    while (i < v && !beats(logits[i], logits[OSS_VOCAB_BLANK])) {
        i++;
    }
    return i >= v;
}

int64_t oss_frames_blank(const float *logits, int32_t t, int32_t v) {
    int64_t blanks = 0;
    for (int32_t frame = 0; frame < t; frame++) {
        blanks += is_blank(logits + (int64_t)frame * v, v);
    }
    return blanks;
}
