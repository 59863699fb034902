#include "tape/tape.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/faults.h"
#include "support/suite.h"
#include "support/tolerance.h"

enum { NODES = 64, LARGEST = 40 };

/* ---- an op for these tests: y[j] = (j + 1) (ca sum a + cb sum b), y of any length; b may be NULL ---- */

static void add_mixed(oss_tape *tape, oss_tensor *in, float scale, const oss_tensor *out) {
    bool accumulate;
    float *grad = oss_tape_grad(tape, in, &accumulate);
    if (grad == NULL) {
        return;
    }
    float sum = 0;
    for (int32_t j = 0; j < out->dim[0]; j++) {
        sum += (float)(j + 1) * out->grad[j];
    }
    for (int32_t i = 0; i < in->dim[0]; i++) {
        grad[i] = accumulate ? grad[i] + scale * sum : scale * sum;
    }
}

static void mix_backward(oss_tape *tape, const oss_node *node) {
    float *scratch = oss_tape_take(tape, 5, sizeof *scratch); /* given back by the tape */
    if (scratch != NULL) {
        memset(scratch, 0xFF, 5 * sizeof *scratch); /* NaN: harm to a gradient would show */
    }
    add_mixed(tape, node->in[0], node->f[0], node->out);
    add_mixed(tape, node->in[1], node->f[1], node->out);
}

static const oss_op mix_op = {"mix", mix_backward};

static oss_tensor *mix(oss_tape *tape, oss_tensor *a, oss_tensor *b, float ca, float cb, int32_t length) {
    bool needs_grad = a->needs_grad || (b != NULL && b->needs_grad);
    oss_tensor *y = oss_tape_tensor(tape, 1, &length, needs_grad);
    if (oss_tape_live(tape)) {
        float sum = 0;
        for (int32_t i = 0; i < a->dim[0]; i++) {
            sum += ca * a->data[i];
        }
        for (int32_t i = 0; b != NULL && i < b->dim[0]; i++) {
            sum += cb * b->data[i];
        }
        for (int32_t j = 0; j < length; j++) {
            y->data[j] = (float)(j + 1) * sum;
        }
    }
    oss_tape_record(tape, &(oss_node){.op = &mix_op, .in = {a, b}, .out = y, .f = {ca, cb}});
    return y;
}

static void forgetful_backward(oss_tape *tape, const oss_node *node) {
    (void)tape;
    (void)node;
}

static const oss_op forgetful_op = {"forgetful", forgetful_backward};

/* ---- helpers ---- */

static oss_tape *make_tape(int32_t nodes, size_t bytes) {
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, nodes), OSS_OK);
    if (bytes > 0) {
        ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), bytes), OSS_OK);
    }
    return tape;
}

static void spoil_arena(oss_tape *tape) {
    oss_arena *arena = oss_tape_arena(tape);
    oss_arena_rewind(arena, 0);
    float *all = oss_arena_take(arena, arena->size_bytes, 1);
    ck_assert_ptr_nonnull(all);
    memset(all, 0xFF, arena->size_bytes);
    oss_tape_reset(tape, true);
}

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

START_TEST(test_creation_survives_any_failed_allocation) {
    oss_faults_install();
    for (int64_t nth = 1;; nth++) {
        oss_tape *tape = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, nth, ENOMEM);
        oss_status status = oss_tape_create(&tape, NODES);
        if (!oss_faults_clear()) {
            ck_assert_int_eq(status, OSS_OK);
            oss_tape_free(tape);
            break;
        }
        ck_assert_int_eq(status, OSS_ENOMEM);
        ck_assert_ptr_null(tape);
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    oss_tape *tape = NULL;
    ck_assert_int_eq(oss_tape_create(&tape, 0), OSS_EUSAGE);
}
END_TEST

/* ---- tensors ---- */

static int32_t length_of(const void *context, int32_t b) {
    return ((const int32_t *)context)[b];
}

START_TEST(test_sequences_are_real_while_measuring) {
    const int32_t length[] = {4, 1, 7};
    for (int measuring = 0; measuring < 2; measuring++) {
        oss_tape *tape = make_tape(1, 1 << 12);
        oss_tape *used = measuring ? oss_tape_measurer(tape) : tape;
        oss_tape_reset(used, true);
        oss_seq seq = oss_tape_seq(used, 3, length_of, length);
        const int32_t want[] = {0, 4, 5, 12};
        ck_assert_int_eq(seq.count, 3);
        ck_assert_mem_eq(seq.start, want, sizeof want);
        oss_tape_free(tape);
    }
}
END_TEST

START_TEST(test_reshape_shares_data_and_gradient) {
    float value[6] = {1, 2, 3, 4, 5, 6}, grad[6] = {0}, seed[4] = {1, 2, 3, 4};
    oss_tape *tape = make_tape(4, 1 << 14);
    spoil_arena(tape);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){6}, true);
    oss_tensor *y = mix(tape, x, NULL, 2, 0, 4);
    oss_tensor *view = oss_tape_reshape(tape, y, 2, (const int32_t[]){2, 2});
    ck_assert_ptr_eq(view->data, y->data);
    oss_tape_backward(tape, view, seed);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    ck_assert(grad[0] == 2.0f * (1 + 4 + 9 + 16) && grad[5] == grad[0]);

    oss_tape_reset(tape, true);
    y = oss_tape_input(tape, value, 1, (const int32_t[]){6});
    oss_tape_reshape(tape, y, 2, (const int32_t[]){4, 2});
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "[6] and [4,2]") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

/* A gradient that is stored ignores what was there; one that is added keeps it; a second reader adds. */
START_TEST(test_first_writer_stores_later_writers_add) {
    float value[2] = {1, 2}, grad[2] = {NAN, NAN}, one = 1;
    oss_tape *tape = make_tape(4, 1 << 14);
    for (int written = 0; written < 2; written++) {
        oss_tape_reset(tape, true);
        grad[0] = grad[1] = written ? 10.0f : NAN;
        oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){2}, true);
        x->grad_written = written;
        oss_tape_backward(tape, mix(tape, x, x, 2, 3, 1), &one);
        ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
        ck_assert_float_eq(grad[0], written ? 15.0f : 5.0f);
        ck_assert_float_eq(grad[1], grad[0]);
    }
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_nothing_is_recorded_without_need) {
    float value[2] = {1, 2}, grad[2] = {7, 7}, one = 1;
    oss_tape *tape = make_tape(4, 1 << 14);
    for (int record = 0; record < 2; record++) { /* not recording; recording, but nothing needs a gradient */
        oss_tape_reset(tape, record);
        oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){2}, !record);
        oss_tensor *y = mix(tape, x, NULL, 2, 0, 1);
        ck_assert_int_eq(oss_tape_nodes(tape), 0);
        ck_assert_float_eq(y->data[0], 6.0f);
        oss_tape_backward(tape, y, &one);
        ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
        ck_assert(grad[0] == 7.0f && grad[1] == 7.0f);
    }
    oss_tape_free(tape);
}
END_TEST

/* ---- failures ---- */

START_TEST(test_full_tables_are_named) {
    float value[1] = {1}, grad[1] = {0};
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, true);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){1}, true);
    for (int i = 0; i < 3; i++) {
        x = mix(tape, x, NULL, 1, 0, 1);
    }
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "2 nodes") != NULL, "%s", oss_last_error());
    oss_tape_reset(tape, false);
    for (int i = 0; i < 9; i++) {
        x = oss_tape_input(tape, value, 1, (const int32_t[]){1});
        ck_assert_ptr_nonnull(x);
    }
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "8 tensors") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_first_shape_failure_is_kept) {
    float value[6] = {0};
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, false);
    oss_tensor *a = oss_tape_input(tape, value, 2, (const int32_t[]){2, 3});
    oss_tensor *b = oss_tape_input(tape, value, 1, (const int32_t[]){6});
    ck_assert(oss_tape_live(tape));
    oss_tape_fail_shape(tape, "first", a, b, "rule one");
    oss_tape_fail_shape(tape, "second", b, NULL, "rule two");
    ck_assert(!oss_tape_live(tape));
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_str_eq(oss_last_error(), "first: shapes [2,3] and [6] do not fit: rule one");
    oss_tape_reset(tape, false);
    ck_assert_int_eq(oss_tape_status(tape), OSS_OK);
    oss_tape_free(tape);
}
END_TEST

START_TEST(test_backward_that_forgets_an_input_is_named) {
    float value[1] = {1}, grad[1] = {0}, one = 1;
    oss_tape *tape = make_tape(2, 1 << 14);
    oss_tape_reset(tape, true);
    oss_tensor *x = oss_tape_param(tape, value, grad, 1, (const int32_t[]){1}, true);
    oss_tensor *y = mix(tape, x, NULL, 1, 0, 1);
    oss_tensor *z = oss_tape_tensor(tape, 1, (const int32_t[]){1}, true);
    oss_tape_record(tape, &(oss_node){.op = &forgetful_op, .in = {y}, .out = z});
    oss_tape_backward(tape, z, &one);
    ck_assert_int_eq(oss_tape_status(tape), OSS_EBUG);
    ck_assert_msg(strstr(oss_last_error(), "forgetful") != NULL, "%s", oss_last_error());
    oss_tape_free(tape);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("tape");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_random_graphs);
    tcase_add_test(tcase, test_root_in_the_middle);
    tcase_add_test(tcase, test_gradient_memory_is_used_again);
    tcase_add_test(tcase, test_reset_takes_the_same_places_without_the_heap);
    tcase_add_test(tcase, test_measurer_leaves_the_tape_alone);
    tcase_add_test(tcase, test_overflow_names_the_bytes);
    tcase_add_test(tcase, test_creation_survives_any_failed_allocation);
    tcase_add_test(tcase, test_sequences_are_real_while_measuring);
    tcase_add_test(tcase, test_reshape_shares_data_and_gradient);
    tcase_add_test(tcase, test_first_writer_stores_later_writers_add);
    tcase_add_test(tcase, test_nothing_is_recorded_without_need);
    tcase_add_test(tcase, test_full_tables_are_named);
    tcase_add_test(tcase, test_first_shape_failure_is_kept);
    tcase_add_test(tcase, test_backward_that_forgets_an_input_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
