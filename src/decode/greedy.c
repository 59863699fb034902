#include "decode/greedy.h"

#include "decode/frames.h"
#include "text/vocab.h"

int32_t oss_ctc_greedy(int32_t *ids, const float *logits, int32_t t, int32_t v) {
    int32_t count = 0;
    int32_t previous = OSS_VOCAB_BLANK;
    for (int32_t frame = 0; frame < t; frame++) {
        int32_t best = oss_frame_best(logits + (int64_t)frame * v, v);
        if (best != previous && best != OSS_VOCAB_BLANK) {
            ids[count++] = best;
        }
        previous = best;
    }
    return count;
}
