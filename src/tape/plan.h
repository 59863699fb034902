/* Where the gradients of activations go. */
#ifndef OSS_TAPE_PLAN_H
#define OSS_TAPE_PLAN_H

#include "tape/tape.h"

/* Walks the nodes from the last to the first as backward will. A gradient takes a place when its first writer
 * (its last consumer) comes up, the lowest gap that is wide enough, and gives it back after its producer.
 * Then takes the whole region from the arena and points every planned gradient into it. Marks with
 * grad_planned what backward from `root` reaches. Places depend on shapes only. */
void oss_plan_gradients(oss_tape *tape, oss_tensor *root);

#endif
