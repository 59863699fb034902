/* Reverse-mode differentiation by an eager tape. Ops run when they are called; each leaves one fixed-size node; oss_tape_backward walks the nodes in
 * reverse through their descriptors. Tensors, nodes and data live in the tape's own arrays and arena: nothing is freed one by one, oss_tape_reset
 * rewinds all. One tape, one thread. See docs/architecture.md for the picture.
 *
 * Packing: a batch is utterances laid end to end. A packed tensor's first dimension is the sum of the lengths; oss_seq says where each begins.
 *
 * Measuring: with a measuring (or overflowed) arena `data` is NULL, ops do shapes and sizes only, so the arena's peak after a forward and backward is what
 * the real run needs. */
#ifndef OSS_TAPE_TAPE_H
#define OSS_TAPE_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "ossicle/status.h"

enum { OSS_MAX_RANK = 4, OSS_NODE_INPUTS = 4 };

/* B utterances laid end to end: rows [start[b], start[b+1]). */
typedef struct oss_seq {
    int32_t count;        /* B */
    const int32_t *start; /* [B+1], start[0] = 0 */
} oss_seq;

typedef struct oss_tensor {
    float *data;                /* row-major; NULL while measuring */
    float *grad;                /* same shape; NULL until backward needs it (parameters: the caller's block) */
    int32_t rank;
    int32_t dim[OSS_MAX_RANK];
    bool needs_grad;
    bool grad_written;          /* first writer stores, later writers add */
} oss_tensor;

struct oss_tape;
struct oss_node;

/* What an op leaves in its node for its backward. The meaning of each field is the op's own affair. */
typedef struct oss_node {
    const struct oss_op *op;
    oss_tensor *in[OSS_NODE_INPUTS]; /* NULL where unused */
    oss_tensor *out;
    void *saved;                     /* from the arena */
    oss_seq seq_in, seq_out;
    int32_t i[4];
    float f[2];
    double d[2];
    uint64_t u[3];
} oss_node;

typedef struct oss_op {
    const char *name;
    void (*backward)(struct oss_tape *tape, const oss_node *node);
} oss_op;

typedef struct oss_tape oss_tape;

/* Room for `nodes` nodes and as many tensors and more; the arena starts measuring. */
oss_status oss_tape_create(oss_tape **out, int32_t nodes);
void oss_tape_free(oss_tape *tape);
oss_arena *oss_tape_arena(oss_tape *tape);
/* record false: forward only (validation): no nodes, no needs_grad, saved state not kept. */
void oss_tape_reset(oss_tape *tape, bool record);
bool oss_tape_records(const oss_tape *tape);

/* Tensors: an uninitialised one from the arena; a view of the caller's memory (input, parameter); a reshape of another (same data and grad). NULL only when
 * the tape's tensor table is full, which sets the tape's status. */
oss_tensor *oss_tape_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad);
oss_tensor *oss_tape_input(oss_tape *tape, float *data, int32_t rank, const int32_t *dim);
oss_tensor *oss_tape_param(oss_tape *tape, float *data, float *grad, int32_t rank, const int32_t *dim);
size_t oss_tensor_count(const oss_tensor *tensor);

/* For ops. node: records (copies) it unless the tape is not recording. live: arithmetic may run. */
void oss_tape_record(oss_tape *tape, const oss_node *node);
bool oss_tape_live(const oss_tape *tape);
/* For backward functions: the gradient buffer of `tensor`, made on first use. *accumulate tells whether to add (true) or store; calling it marks the gradient as
 * written. NULL when the tensor needs no gradient or while measuring. */
float *oss_tape_grad(oss_tape *tape, oss_tensor *tensor, bool *accumulate);
/* Scratch that is given back right after: mark with arena.used_bytes, rewind yourself. */

/* Seeds d(loss)/d(loss) = 1 for a scalar tensor, or takes `seed_grad` of the root's shape, and runs every backward in reverse order. */
void oss_tape_backward(oss_tape *tape, oss_tensor *root, const float *seed_grad);

/* OSS_OK, or what went wrong since reset: OSS_ENOMEM with bytes needed and available when the arena overflowed, OSS_EBUG for a shape that does not fit (op named). */
oss_status oss_tape_status(const oss_tape *tape);
void oss_tape_fail_shape(oss_tape *tape, const char *op, const char *what);

#endif
