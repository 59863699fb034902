/* Gradients of activations share memory without harming each other: random graphs against a reference that
 * gives every gradient memory of its own. */
#include "tape/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/faults.h"
#include "support/tolerance.h"
#include "tape/mix_op.h"

enum { NODES = 64, LARGEST = 40 };

static int32_t pick(uint64_t seed, uint32_t what, int32_t node, int32_t below) {
    return (int32_t)(oss_rng_u64(seed, OSS_RNG_TEST, what, (uint32_t)node) % (uint64_t)below);
}

/* ---- random graphs: node i takes two earlier tensors (0 and 1 are parameters) ---- */

typedef struct graph {
    int32_t a[NODES], b[NODES], length[NODES + 2];
    float ca[NODES], cb[NODES];
    int32_t count;
} graph;

static graph make_graph(uint64_t seed, int32_t count) {
    graph g = {.count = count, .length = {3, 5}};
    for (int32_t i = 0; i < count; i++) {
        g.length[i + 2] = 1 + pick(seed, 0, i, LARGEST);
        g.a[i] = pick(seed, 1, i, i + 2);
        g.b[i] = i > 6 ? i + 1 - pick(seed, 2, i, 6) : pick(seed, 2, i, i + 2); /* long and short lives */
        float sign = pick(seed, 3, i, 2) == 0 ? -1.0f : 1.0f;
        g.ca[i] = sign / (float)(LARGEST * (1 + pick(seed, 4, i, 9)));
        g.cb[i] = 1.0f / (float)(LARGEST * (1 + pick(seed, 5, i, 9)));
    }
    return g;
}

/* Gradients of all tensors with memory of their own. grad[count + 2][LARGEST] */
static void reference_gradients(const graph *g, int32_t root, double (*grad)[LARGEST]) {
    memset(grad, 0, (size_t)(g->count + 2) * sizeof *grad);
    for (int32_t j = 0; j < g->length[root]; j++) {
        grad[root][j] = 1.0;
    }
    for (int32_t i = root - 2; i >= 0; i--) {
        double sum = 0;
        for (int32_t j = 0; j < g->length[i + 2]; j++) {
            sum += (j + 1) * grad[i + 2][j];
        }
        for (int32_t j = 0; j < g->length[g->a[i]]; j++) {
            grad[g->a[i]][j] += (double)g->ca[i] * sum;
        }
        for (int32_t j = 0; j < g->length[g->b[i]]; j++) {
            grad[g->b[i]][j] += (double)g->cb[i] * sum;
        }
    }
}

static oss_tensor *run_graph(oss_tape *tape, const graph *g, float *value, float *grad, int32_t root) {
    oss_tensor *tensor[NODES + 2];
    for (int32_t p = 0; p < 2; p++) {
        tensor[p] = oss_tape_param(tape, value + p * LARGEST, grad + p * LARGEST, 1, &g->length[p], true);
    }
    for (int32_t i = 0; i < g->count; i++) {
        tensor[i + 2] = mix(tape, tensor[g->a[i]], tensor[g->b[i]], g->ca[i], g->cb[i], g->length[i + 2]);
    }
    return tensor[root];
}

static void check_graph(uint64_t seed, int32_t root) {
    const graph g = make_graph(seed, NODES);
    static double want[NODES + 2][LARGEST];
    float value[2 * LARGEST] = {0}, grad[2 * LARGEST] = {0}, ones[LARGEST];
    for (int32_t j = 0; j < LARGEST; j++) {
        ones[j] = 1.0f;
    }
    reference_gradients(&g, root, want);
    oss_tape *tape = make_tape(NODES, 0);
    oss_tape *measurer = oss_tape_measurer(tape);
    oss_tape_reset(measurer, true);
    oss_tape_backward(measurer, run_graph(measurer, &g, value, grad, root), ones);
    size_t bytes = oss_tape_arena(measurer)->peak_bytes;
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), bytes), OSS_OK);
    spoil_arena(tape);
    oss_tape_backward(tape, run_graph(tape, &g, value, grad, root), ones);
    ck_assert_msg(oss_tape_status(tape) == OSS_OK, "%s", oss_last_error());
    ck_assert_uint_eq(oss_tape_arena(tape)->peak_bytes, bytes);
    for (int32_t p = 0; p < 2; p++) {
        oss_assert_close_f32(grad + p * LARGEST, want[p], (size_t)g.length[p], "gradient of a parameter",
                             1e-4, INFINITY);
    }
    oss_tape_free(tape);
}

START_TEST(test_random_graphs) {
    for (uint64_t seed = 0; seed < 200; seed++) {
        check_graph(seed, NODES + 1);
    }
}
END_TEST

/* The root is not the last node: what follows it must not run. */
START_TEST(test_root_in_the_middle) {
    for (uint64_t seed = 0; seed < 50; seed++) {
        check_graph(seed, NODES / 2);
    }
}
END_TEST

/* ---- memory ---- */

/* In a chain one gradient dies as the next is born: all of them take the room of two. */
START_TEST(test_gradient_memory_is_used_again) {
    enum { LENGTH = 256 };
    float value[LENGTH] = {0}, grad[LENGTH];
    const int32_t length = LENGTH;
    oss_tape *tape = make_tape(NODES, 1 << 20);
    oss_tape_reset(tape, true);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, &length, true);
    for (int i = 0; i < 50; i++) {
        x = mix(tape, x, NULL, 1e-4f, 0, LENGTH);
    }
    size_t before = oss_tape_arena(tape)->used_bytes;
    float ones[LENGTH] = {1};
    oss_tape_backward(tape, x, ones);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    ck_assert_uint_le(oss_tape_arena(tape)->peak_bytes - before, 2 * sizeof value + 128);
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_reset_takes_the_same_places_without_the_heap) {
    const graph g = make_graph(7, NODES);
    float value[2 * LARGEST] = {0}, grad[2 * LARGEST] = {0}, ones[LARGEST] = {1};
    oss_tape *tape = make_tape(NODES, 1 << 20);
    oss_tape_reset(tape, true);
    const float *first = run_graph(tape, &g, value, grad, NODES + 1)->data;
    oss_faults_install();
    for (int round = 0; round < 3; round++) {
        oss_tape_reset(tape, true);
        oss_tensor *root = run_graph(tape, &g, value, grad, NODES + 1);
        ck_assert_ptr_eq(root->data, first);
        oss_tape_backward(tape, root, ones);
        ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    }
    ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), 0);
    oss_faults_remove();
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_measurer_leaves_the_tape_alone) {
    const graph g = make_graph(3, NODES);
    float value[2 * LARGEST] = {1}, grad[2 * LARGEST] = {0}, ones[LARGEST] = {1};
    oss_tape *tape = make_tape(NODES, 1 << 20);
    oss_tape_reset(tape, true);
    oss_tensor *root = run_graph(tape, &g, value, grad, NODES + 1);
    size_t used = oss_tape_arena(tape)->used_bytes;
    oss_tape *measurer = oss_tape_measurer(tape);
    oss_tape_reset(measurer, true);
    oss_tape_backward(measurer, run_graph(measurer, &g, NULL, NULL, NODES + 1), ones);
    ck_assert_uint_eq(oss_tape_arena(tape)->used_bytes, used);
    ck_assert_int_eq(oss_tape_nodes(tape), NODES);
    oss_tape_backward(tape, root, ones);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_overflow_names_the_bytes) {
    const graph g = make_graph(3, NODES);
    float value[2 * LARGEST] = {0}, grad[2 * LARGEST] = {0}, ones[LARGEST] = {1};
    oss_tape *tape = make_tape(NODES, 4096);
    oss_tape_reset(tape, true);
    oss_tape_backward(tape, run_graph(tape, &g, value, grad, NODES + 1), ones);
    ck_assert_int_eq(oss_tape_status(tape), OSS_ENOMEM);
    char text[64];
    snprintf(text, sizeof text, "%zu bytes", oss_tape_arena(tape)->peak_bytes);
    ck_assert_msg(strstr(oss_last_error(), text) != NULL, "%s", oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), "4096") != NULL, "%s", oss_last_error());
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), oss_tape_arena(tape)->peak_bytes), OSS_OK);
    oss_tape_reset(tape, true);
    oss_tape_backward(tape, run_graph(tape, &g, value, grad, NODES + 1), ones);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_random_graphs);
    tcase_add_test(tcase, test_root_in_the_middle);
    tcase_add_test(tcase, test_gradient_memory_is_used_again);
    tcase_add_test(tcase, test_reset_takes_the_same_places_without_the_heap);
    tcase_add_test(tcase, test_measurer_leaves_the_tape_alone);
    tcase_add_test(tcase, test_overflow_names_the_bytes);
    suite_add_tcase(suite, tcase);
    return suite;
}
