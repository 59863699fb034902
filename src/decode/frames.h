/* The best symbol of a frame of logits: the one rule of decoding, training and validation.
 *
 * The largest logit wins; of equal ones the lowest id. NaN never wins against a number, and a frame of NaN only is a
 * blank. */
#ifndef OSS_DECODE_FRAMES_H
#define OSS_DECODE_FRAMES_H

#include <stdint.h>

/* Id of the best of logits[V], V >= 1. */
int32_t oss_frame_best(const float *logits, int32_t v);

/* How many of the frames of logits[T,V] have the blank as their best symbol. */
int64_t oss_frames_blank(const float *logits, int32_t t, int32_t v);

#endif
