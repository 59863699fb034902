#include "tape/tape.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/contract.h"
#include "base/fail.h"
#include "base/mem.h"
#include "tape/plan.h"
#include "tape/tape_internal.h"

enum { TENSORS_PER_NODE = 4 };

/* ---- life ---- */

static oss_status create_one(oss_tape **out, int32_t nodes) {
    oss_tape *tape = oss_alloc_zero(1, sizeof *tape);
    if (tape == NULL) {
        return OSS_ENOMEM;
    }
    oss_arena_init_measuring(&tape->arena);
    tape->node_capacity = nodes;
    tape->tensor_capacity = TENSORS_PER_NODE * nodes;
    tape->node = oss_alloc((size_t)nodes, sizeof *tape->node);
    tape->tensor = oss_alloc((size_t)tape->tensor_capacity, sizeof *tape->tensor);
    tape->live_grad = oss_alloc((size_t)tape->tensor_capacity, sizeof *tape->live_grad);
    if (tape->node == NULL || tape->tensor == NULL || tape->live_grad == NULL) {
        oss_tape_free(tape);
        return OSS_ENOMEM;
    }
    oss_tape_reset(tape, true);
    *out = tape;
    return OSS_OK;
}

oss_status oss_tape_create(oss_tape **out, int32_t nodes) {
    if (nodes < 1 || nodes > INT32_MAX / TENSORS_PER_NODE) {
        return oss_fail(OSS_EUSAGE, "a tape of %" PRId32 " nodes: at least 1 and at most %d", nodes,
                        INT32_MAX / TENSORS_PER_NODE);
    }
    oss_tape *tape = NULL;
    oss_status status = create_one(&tape, nodes);
    if (status == OSS_OK) {
        status = create_one(&tape->measurer, nodes);
    }
    if (status != OSS_OK) {
        oss_tape_free(tape);
        return status;
    }
    *out = tape;
    return OSS_OK;
}

static void free_heap_blocks(oss_tape *tape) {
    while (tape->heap_block != NULL) {
        oss_heap_block *next = tape->heap_block->next;
        oss_free(tape->heap_block);
        tape->heap_block = next;
    }
}

void oss_tape_free(oss_tape *tape) {
    if (tape == NULL) {
        return;
    }
    oss_tape_free(tape->measurer);
    free_heap_blocks(tape);
    oss_arena_deinit(&tape->arena);
    oss_free(tape->node);
    oss_free(tape->tensor);
    oss_free(tape->live_grad);
    oss_free(tape);
}

oss_arena *oss_tape_arena(oss_tape *tape) {
    return &tape->arena;
}

oss_tape *oss_tape_measurer(oss_tape *tape) {
    return tape->measurer;
}

void oss_tape_reset(oss_tape *tape, bool record) {
    free_heap_blocks(tape);
    oss_arena_rewind(&tape->arena, 0);
    tape->arena.peak_bytes = 0;
    tape->record = record;
    tape->nodes = 0;
    tape->tensors = 0;
    tape->failure = OSS_OK;
}

bool oss_tape_records(const oss_tape *tape) {
    return tape->record;
}

int32_t oss_tape_nodes(const oss_tape *tape) {
    return tape->nodes;
}

/* ---- status ---- */

/* Keeps the first failure; from then on nothing is live. */
static void fail(oss_tape *tape, oss_status status, const char *message) {
    if (tape->failure == OSS_OK) {
        tape->failure = status;
        snprintf(tape->message, sizeof tape->message, "%s", message);
    }
}

static void print_shape(char out[64], const oss_tensor *tensor) {
    int used = snprintf(out, 64, "[");
    for (int32_t axis = 0; axis < tensor->rank; axis++) {
        used +=
            snprintf(out + used, 64 - (size_t)used, "%s%" PRId32, axis == 0 ? "" : ",", tensor->dim[axis]);
    }
    snprintf(out + used, 64 - (size_t)used, "]");
}

void oss_tape_fail_shape(oss_tape *tape, const char *op, const oss_tensor *a, const oss_tensor *b,
                         const char *rule) {
    char message[OSS_TAPE_MESSAGE_BYTES];
    char shape_a[64], shape_b[64];
    print_shape(shape_a, a);
    if (b != NULL) {
        print_shape(shape_b, b);
        snprintf(message, sizeof message, "%s: shapes %s and %s do not fit: %s", op, shape_a, shape_b, rule);
    } else {
        snprintf(message, sizeof message, "%s: shape %s does not fit: %s", op, shape_a, rule);
    }
    fail(tape, OSS_EBUG, message);
}

oss_status oss_tape_status(const oss_tape *tape) {
    if (tape->failure != OSS_OK) {
        return oss_fail(tape->failure, "%s", tape->message);
    }
    if (tape->arena.overflowed) {
        return oss_fail(OSS_ENOMEM,
                        "a step needs at least %zu bytes of step memory, %zu are reserved: reserve more, or "
                        "make batches smaller",
                        tape->arena.peak_bytes, tape->arena.size_bytes);
    }
    return OSS_OK;
}

/* ---- tensors ---- */

static oss_tensor *add_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad) {
    OSS_CONTRACT(rank >= 0 && rank <= OSS_MAX_RANK);
    OSS_CONTRACT(rank == 0 || dim != NULL);
    oss_tensor *tensor = &tape->spare;
    if (tape->tensors < tape->tensor_capacity) {
        tensor = &tape->tensor[tape->tensors++];
    } else {
        char message[OSS_TAPE_MESSAGE_BYTES];
        snprintf(message, sizeof message,
                 "the tape has room for %" PRId32 " tensors: make it with more nodes", tape->tensor_capacity);
        fail(tape, OSS_EBUG, message);
    }
    *tensor = (oss_tensor){.rank = rank, .needs_grad = needs_grad && tape->record};
    for (int32_t axis = 0; axis < rank; axis++) {
        tensor->dim[axis] = dim[axis];
    }
    return tensor;
}

oss_tensor *oss_tape_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad) {
    oss_tensor *tensor = add_tensor(tape, rank, dim, needs_grad);
    tensor->data = oss_tape_take(tape, oss_tensor_count(tensor), sizeof *tensor->data);
    return tensor;
}

/* Rows of bf16 are the last dimension's. */
static void take_half(oss_tape *tape, oss_tensor *tensor, int32_t *rows, int32_t *columns) {
    *columns = tensor->rank == 0 ? 1 : tensor->dim[tensor->rank - 1];
    *rows = *columns == 0 ? 0 : (int32_t)(oss_tensor_count(tensor) / (size_t)*columns);
    tensor->half = oss_tape_take(tape, oss_k_operand_bytes(OSS_K_BF16, *rows, *columns), 1);
    tensor->has_half = true;
}

oss_tensor *oss_tape_half_tensor(oss_tape *tape, int32_t rank, const int32_t *dim, bool needs_grad) {
    OSS_CONTRACT(rank > 0);
    oss_tensor *tensor = add_tensor(tape, rank, dim, needs_grad);
    int32_t rows, columns;
    take_half(tape, tensor, &rows, &columns);
    return tensor;
}

const void *oss_tape_operand(oss_tape *tape, oss_tensor *tensor, oss_k_format format) {
    OSS_CONTRACT(tensor->data != NULL || (format == OSS_K_BF16 && tensor->has_half) || !oss_tape_live(tape));
    if (format == OSS_K_FP32) {
        return tensor->data;
    }
    if (!tensor->has_half) {
        int32_t rows, columns;
        take_half(tape, tensor, &rows, &columns);
        if (oss_tape_live(tape)) {
            (void)oss_k_operand(OSS_K_BF16, tensor->data, rows, columns, tensor->half);
        }
    }
    return tensor->half;
}

oss_tensor *oss_tape_input(oss_tape *tape, const float *data, int32_t rank, const int32_t *dim) {
    oss_tensor *tensor = add_tensor(tape, rank, dim, false);
    tensor->data = (float *)data; /* never written: ops write to what they make */
    return tensor;
}

oss_tensor *oss_tape_param(oss_tape *tape, const float *data, float *grad, int32_t rank, const int32_t *dim,
                           bool needs_grad) {
    OSS_CONTRACT(needs_grad == false || grad != NULL || !tape->record || !oss_tape_live(tape));
    oss_tensor *tensor = add_tensor(tape, rank, dim, needs_grad);
    tensor->data = (float *)data; /* never written: ops write to what they make */
    tensor->grad = tensor->needs_grad ? grad : NULL;
    tensor->grad_written = true;
    tensor->caller_grad = tensor->needs_grad;
    return tensor;
}

oss_tensor *oss_tape_reshape(oss_tape *tape, oss_tensor *tensor, int32_t rank, const int32_t *dim) {
    oss_tensor *view = add_tensor(tape, rank, dim, tensor->needs_grad);
    view->data = tensor->data;
    view->base = oss_tensor_base(tensor);
    if (oss_tensor_count(view) != oss_tensor_count(tensor)) {
        oss_tape_fail_shape(tape, "reshape", tensor, view, "both must have the same number of elements");
    }
    return view;
}

/* ---- for ops ---- */

bool oss_tape_live(const oss_tape *tape) {
    return tape->failure == OSS_OK && oss_arena_is_live(&tape->arena);
}

void *oss_tape_take(oss_tape *tape, size_t count, size_t size) {
    return tape->failure == OSS_OK ? oss_arena_take(&tape->arena, count, size) : NULL;
}

size_t oss_tape_mark(const oss_tape *tape) {
    return tape->arena.used_bytes;
}

void oss_tape_release(oss_tape *tape, size_t mark) {
    OSS_CONTRACT(mark <= tape->arena.used_bytes);
    /* A rewind to 0 would forget an overflow; the first thing an op takes is its output, so a mark of 0 has
     * nothing above it that matters. */
    if (mark > 0 || !tape->arena.overflowed) {
        oss_arena_rewind(&tape->arena, mark);
    }
}

/* int32 [count] that exist even when the arena gives nothing: then from the heap, until the next reset. */
static int32_t *take_ints(oss_tape *tape, size_t count) {
    int32_t *ints = oss_tape_take(tape, count, sizeof *ints);
    if (ints == NULL) {
        oss_heap_block *block = oss_alloc(1, sizeof *block + count * sizeof *ints);
        if (block == NULL) {
            fail(tape, OSS_ENOMEM, oss_last_error());
            return NULL;
        }
        block->next = tape->heap_block;
        tape->heap_block = block;
        ints = (int32_t *)(block + 1);
    }
    return ints;
}

oss_seq oss_tape_seq(oss_tape *tape, int32_t count, int32_t (*length)(const void *context, int32_t b),
                     const void *context) {
    OSS_CONTRACT(count >= 0 && length != NULL);
    static const int32_t nothing[1] = {0};
    int32_t *start = take_ints(tape, (size_t)count + 1);
    if (start == NULL) {
        return (oss_seq){.count = 0, .start = nothing};
    }
    start[0] = 0;
    for (int32_t b = 0; b < count; b++) {
        start[b + 1] = start[b] + length(context, b);
    }
    return (oss_seq){.count = count, .start = start};
}

void oss_tape_record(oss_tape *tape, const oss_node *node) {
    OSS_CONTRACT(node->op != NULL && node->op->backward != NULL && node->out != NULL);
    if (!tape->record || !node->out->needs_grad) {
        return;
    }
    if (tape->nodes == tape->node_capacity) {
        char message[OSS_TAPE_MESSAGE_BYTES];
        snprintf(message, sizeof message, "the tape has room for %" PRId32 " nodes: make it with more",
                 tape->node_capacity);
        fail(tape, OSS_EBUG, message);
        return;
    }
    tape->node[tape->nodes++] = *node;
}

/* ---- backward ---- */

float *oss_tape_grad(oss_tape *tape, oss_tensor *tensor, bool *accumulate) {
    *accumulate = false;
    if (tensor == NULL || !tensor->needs_grad) {
        return NULL;
    }
    oss_tensor *base = oss_tensor_base(tensor);
    *accumulate = base->grad_written;
    base->grad_written = true;
    tensor->grad = base->grad;
    return oss_tape_live(tape) ? base->grad : NULL;
}

static void seed_root(oss_tape *tape, oss_tensor *root, const float *seed_grad) {
    bool accumulate;
    float *grad = oss_tape_grad(tape, root, &accumulate);
    if (grad == NULL) {
        return;
    }
    size_t count = oss_tensor_count(root);
    for (size_t i = 0; i < count; i++) {
        grad[i] = seed_grad != NULL ? seed_grad[i] : 1.0f;
    }
}

/* An input that the planner gave memory and the op did not write would hand garbage on. */
static void check_written(oss_tape *tape, const oss_node *node) {
    for (int32_t i = 0; i < OSS_NODE_INPUTS; i++) {
        if (node->in[i] != NULL && node->in[i]->needs_grad && !oss_tensor_base(node->in[i])->grad_written) {
            oss_tape_fail_shape(tape, node->op->name, node->in[i], NULL,
                                "backward left its gradient unwritten");
        }
    }
}

/* Takes the region of the planned gradients and points them into it. */
static void take_gradients(oss_tape *tape, size_t bytes) {
    unsigned char *region = oss_tape_take(tape, bytes, 1);
    for (int32_t i = 0; i < tape->tensors && region != NULL; i++) {
        oss_tensor *tensor = &tape->tensor[i];
        if (tensor->grad_planned && !tensor->caller_grad) {
            tensor->grad = (float *)(void *)(region + tensor->grad_offset);
        }
    }
}

void oss_tape_backward(oss_tape *tape, oss_tensor *root, const float *seed_grad) {
    OSS_CONTRACT(tape->record || !root->needs_grad);
    if (!root->needs_grad) {
        return;
    }
    take_gradients(tape, oss_plan_gradients(tape, root));
    seed_root(tape, root, seed_grad);
    for (int32_t i = tape->nodes - 1; i >= 0; i--) {
        const oss_node *node = &tape->node[i];
        if (!oss_tensor_base(node->out)->grad_planned) {
            continue;
        }
        node->out->grad = oss_tensor_base(node->out)->grad;
        size_t mark = oss_tape_mark(tape);
        node->op->backward(tape, node);
        oss_tape_release(tape, mark);
        if (oss_tape_live(tape)) {
            check_written(tape, node);
        }
    }
}
