/* Greedy CTC decoding: the best symbol of each frame, repeats merged, blanks dropped (Graves et al. 2006,
 * best path). */
#ifndef OSS_DECODE_GREEDY_H
#define OSS_DECODE_GREEDY_H

#include <stdint.h>

/* ids[T] from logits[T,V]; returns how many. Which symbol of a frame is best: decode/frames.h. */
int32_t oss_ctc_greedy(int32_t *ids, const float *logits, int32_t t, int32_t v);

#endif
