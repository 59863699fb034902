/* Reverse-mode differentiation by an eager tape. Ops run when they are called; each leaves one fixed-size
 * node; oss_tape_backward walks the nodes in reverse through their descriptors. Tensors, nodes and data live
 * in the tape's own tables and arena: nothing is freed one by one, oss_tape_reset rewinds all. One tape, one
 * thread.
 *
 *     oss_tape_reset(tape, true);
 *     oss_tensor *x = oss_tape_input(tape, data, 2, (int32_t[]){n, k});
 *     oss_tensor *w = oss_tape_param(tape, value, grad, 2, (int32_t[]){m, k}, true);
 *     oss_tensor *y = oss_op_linear(tape, x, w, NULL);
 *     oss_tape_backward(tape, y, dy);                      // adds to grad
 *     status = oss_tape_status(tape);                      // checked once, here
 *
 * Arena during a step (offsets depend on shapes only, never on addresses):
 *
 *     | outputs and what ops save, in order of forward | gradients of activations | scratch of one backward |
 *
 * The gradient of an activation lives from its last consumer to its producer. Both are known when forward has
 * ended, so the middle part is laid out by one pass over the nodes and its memory is used again and again.
 * First writer stores, later writers add: activation gradients are never cleared.
 *
 * Packing: a batch is utterances laid end to end. A packed tensor's first dimension is the sum of the
 * lengths; oss_seq says where each begins. There is no padding and no mask.
 *
 * Measuring: with a measuring (or overflowed) arena `data` is NULL and ops do shapes and sizes only, so the
 * arena's peak after forward and backward is what the real run needs, to the byte. */
#ifndef OSS_TAPE_TAPE_H
#define OSS_TAPE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "ossicle/status.h"
#include "tape/tensor.h"

enum { OSS_NODE_INPUTS = 4 };

/* B utterances laid end to end: rows [start[b], start[b+1]). */
typedef struct oss_seq {
    int32_t count;        /* B */
    const int32_t *start; /* [B+1], start[0] = 0; valid while measuring too */
} oss_seq;

typedef struct oss_tape oss_tape;
struct oss_node;

typedef struct oss_op {
    const char *name;
    /* Gives every input that needs one its gradient (oss_tape_grad) from node->out->grad, which it may
     * overwrite: nobody reads it afterwards. Scratch from the arena is given back by the tape. */
    void (*backward)(oss_tape *tape, const struct oss_node *node);
} oss_op;

/* What an op leaves for its backward. The meaning of the last six fields is the op's own affair. */
typedef struct oss_node {
    const oss_op *op;
    oss_tensor *in[OSS_NODE_INPUTS]; /* NULL where unused */
    oss_tensor *out;
    oss_seq seq;
    void *saved;        /* from the arena: NULL while measuring */
    const void *ref[5]; /* the caller's objects, which outlive the tape's reset */
    int32_t i[2];
    uint32_t u[2];
    uint64_t seed;
    float f[2];
} oss_node;

/* Room for `nodes` nodes and four times as many tensors. The arena starts measuring: oss_arena_reserve it. */
oss_status oss_tape_create(oss_tape **out, int32_t nodes);
void oss_tape_free(oss_tape *tape);
oss_arena *oss_tape_arena(oss_tape *tape);
/* A second tape, of this one's size and owned by it, whose arena stays measuring: estimates leave what this
 * one holds alone. */
oss_tape *oss_tape_measurer(oss_tape *tape);
/* record false: forward only (validation): no nodes, nothing needs a gradient, nothing is saved for backward. */
void oss_tape_reset(oss_tape *tape, bool record);
bool oss_tape_records(const oss_tape *tape);
int32_t oss_tape_nodes(const oss_tape *tape); /* recorded since reset */

/* Tensors: an uninitialised one from the arena; the caller's memory as input, or as parameter (its gradient
 * is added to grad; for one that must be stored, set grad_written = false afterwards); another shape of the
 * same data and gradient. Never NULL: when the table is full the tape's status says so and a spare is
 * returned. */
oss_tensor *oss_tape_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad);
/* One that has its data in bf16 only, for an op that says that it reads such. */
oss_tensor *oss_tape_half_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad);
oss_tensor *oss_tape_input(oss_tape *tape, const float *data, int32_t rank, const int32_t *dim);
oss_tensor *oss_tape_param(oss_tape *tape, const float *data, float *grad, int32_t rank, const int32_t *dim,
                           bool needs_grad);
oss_tensor *oss_tape_reshape(oss_tape *tape, oss_tensor *tensor, int32_t rank, const int32_t *dim);
/* The data as products of a format read it (kernel/linear.h): made when it is asked for first, then kept.
 * NULL while measuring. */
const void *oss_tape_operand(oss_tape *tape, oss_tensor *tensor, oss_k_format format);

/* For ops. live: arithmetic may run. take: `count` items of `size` bytes from the arena, NULL while
 * measuring; what was taken since `mark` is given back by release (scratch of a forward; backward needs no
 * release). */
bool oss_tape_live(const oss_tape *tape);
void *oss_tape_take(oss_tape *tape, size_t count, size_t size);
size_t oss_tape_mark(const oss_tape *tape);
void oss_tape_release(oss_tape *tape, size_t mark);
/* The sequence of B lengths; its table is real memory even while measuring. */
oss_seq oss_tape_seq(oss_tape *tape, int32_t count, int32_t (*length)(const void *context, int32_t b),
                     const void *context);
/* Copies the node unless the tape is not recording or the output needs no gradient. */
void oss_tape_record(oss_tape *tape, const oss_node *node);

/* For backward functions: the gradient buffer of `tensor`. *accumulate says whether to add (true) or to
 * store, while measuring too; the call marks the gradient as written. NULL when it needs none, or while
 * measuring; tensor may be NULL. */
float *oss_tape_grad(oss_tape *tape, oss_tensor *tensor, bool *accumulate);

/* Gives root the gradient `seed_grad` (its shape; NULL: all ones, for a scalar) and runs every backward that
 * leads to something that needs a gradient, in reverse order. Once per reset. No heap call. */
void oss_tape_backward(oss_tape *tape, oss_tensor *root, const float *seed_grad);

/* OSS_OK, or the first thing that went wrong since reset: OSS_ENOMEM with bytes needed and available when the
 * arena overflowed, OSS_EBUG for shapes that do not fit (op and shapes named) or a full table. */
oss_status oss_tape_status(const oss_tape *tape);
/* For ops: "OP: shapes [..] and [..] do not fit: RULE". b may be NULL. Only the first failure is kept. */
void oss_tape_fail_shape(oss_tape *tape, const char *op, const oss_tensor *a, const oss_tensor *b,
                         const char *rule);

#endif
