#include "tape/plan.h"

#include "base/round.h"
#include "tape/tape_internal.h"

enum { GRAD_ALIGNMENT = 64 };

typedef struct plan {
    oss_tensor **live; /* gradients that hold memory now, by rising offset */
    int32_t count;
    size_t peak_bytes;
} plan;

static size_t grad_bytes(const oss_tensor *tensor) {
    return oss_round_up(oss_tensor_count(tensor) * sizeof *tensor->grad, GRAD_ALIGNMENT);
}

/* First fit: the lowest gap between live gradients that holds this one. */
static void place_gradient(plan *p, oss_tensor *tensor) {
    size_t bytes = grad_bytes(tensor);
    size_t offset = 0;
    int32_t slot = 0;
    while (slot < p->count && p->live[slot]->grad_offset - offset < bytes) {
        offset = p->live[slot]->grad_offset + grad_bytes(p->live[slot]);
        slot++;
    }
    for (int32_t i = p->count; i > slot; i--) {
        p->live[i] = p->live[i - 1];
    }
    p->live[slot] = tensor;
    p->count++;
    tensor->grad_offset = offset;
    if (offset + bytes > p->peak_bytes) {
        p->peak_bytes = offset + bytes;
    }
}

/* Gradients in the caller's memory need no place. */
static void reach_tensor(plan *p, oss_tensor *tensor) {
    if (tensor->grad_planned) {
        return;
    }
    tensor->grad_planned = true;
    if (!tensor->caller_grad) {
        place_gradient(p, tensor);
    }
}

static void release_gradient(plan *p, const oss_tensor *tensor) {
    int32_t kept = 0;
    for (int32_t i = 0; i < p->count; i++) {
        if (p->live[i] != tensor) {
            p->live[kept++] = p->live[i];
        }
    }
    p->count = kept;
}

static void walk_nodes(plan *p, const oss_tape *tape) {
    for (int32_t i = tape->nodes - 1; i >= 0; i--) {
        const oss_node *node = &tape->node[i];
        oss_tensor *out = oss_tensor_base(node->out);
        if (!out->grad_planned) {
            continue;
        }
        for (int32_t k = 0; k < OSS_NODE_INPUTS; k++) {
            if (node->in[k] != NULL && node->in[k]->needs_grad) {
                reach_tensor(p, oss_tensor_base(node->in[k]));
            }
        }
        release_gradient(p, out);
    }
}

size_t oss_plan_gradients(const oss_tape *tape, oss_tensor *root) {
    plan p = {.live = tape->live_grad};
    reach_tensor(&p, oss_tensor_base(root));
    walk_nodes(&p, tape);
    return p.peak_bytes;
}
