/* Where the gradients of activations go. */
#ifndef OSS_TAPE_PLAN_H
#define OSS_TAPE_PLAN_H

#include "tape/tape.h"

/* Walks the nodes from the last to the first as backward will. A gradient takes a place when its first writer
 * (its last consumer) comes up, the lowest gap that is wide enough, and gives it back after its producer.
 * Marks with grad_planned what backward from `root` reaches, and sets grad_offset of those whose memory is the
 * tape's. Returns the bytes of the region that holds them all. Places depend on shapes only. */
size_t oss_plan_gradients(const oss_tape *tape, oss_tensor *root);

#endif
