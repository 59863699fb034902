/* The tape's insides, for tape.c and plan.c only. */
#ifndef OSS_TAPE_TAPE_INTERNAL_H
#define OSS_TAPE_TAPE_INTERNAL_H

#include "tape/tape.h"

enum { OSS_TAPE_MESSAGE_BYTES = 320 };

/* Heap memory that stands in for the arena's while measuring; freed at reset. */
typedef struct oss_heap_block {
    struct oss_heap_block *next;
} oss_heap_block;

struct oss_tape {
    oss_arena arena;
    bool record;
    int32_t nodes, node_capacity;
    oss_node *node;
    int32_t tensors, tensor_capacity;
    oss_tensor *tensor;
    oss_tensor spare;           /* handed out when the table is full */
    oss_tensor **live_grad;     /* [tensor_capacity] work space of the planner */
    oss_heap_block *heap_block; /* newest first */
    oss_status failure;
    char message[OSS_TAPE_MESSAGE_BYTES];
    struct oss_tape *measurer; /* NULL in a measurer */
};

#endif
