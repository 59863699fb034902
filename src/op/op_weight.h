/* A weight tensor, w[N,K] or w[Co,Ci,3,3], as kernel/linear.h takes it. */
#ifndef OSS_OP_OP_WEIGHT_H
#define OSS_OP_OP_WEIGHT_H

#include "kernel/linear.h"
#include "tape/tape.h"

/* With what the tensor's owner laid out; the rest stays NULL. b may be NULL. */
oss_k_weight oss_op_weight(const oss_tensor *w, const oss_tensor *b);
/* Lays out, in the arena, what is missing for forward, or for the gradient of the input. While measuring it
 * only takes the memory. */
void oss_op_pack(oss_tape *tape, oss_k_weight *weight, const oss_tensor *w);
void oss_op_pack_back(oss_tape *tape, oss_k_weight *weight, const oss_tensor *w);

#endif
