#include "decode/greedy.h"

#include <math.h>

#include "text/vocab.h"

/* Index of the largest x[v]; the lowest of equals; 0 when all are NaN. */
static int32_t find_best(const float *x, int32_t v) {
    int32_t best = 0;
    for (int32_t i = 1; i < v; i++) {
        if (x[i] > x[best] || (isnan(x[best]) && !isnan(x[i]))) {
            best = i;
        }
    }
    return best;
}

int32_t oss_ctc_greedy(int32_t *ids, const float *logits, int32_t t, int32_t v) {
    int32_t count = 0;
    int32_t previous = OSS_VOCAB_BLANK;
    for (int32_t frame = 0; frame < t; frame++) {
        int32_t best = find_best(logits + (int64_t)frame * v, v);
        if (best != previous && best != OSS_VOCAB_BLANK) {
            ids[count++] = best;
        }
        previous = best;
    }
    return count;
}
