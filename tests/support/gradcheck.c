#include "support/gradcheck.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/faults.h"
#include "support/fill.h"
#include "support/tolerance.h"

enum { NODES = 8, MAX_DIFFERENCES = 240, NAME_BYTES = 128 };

/* One tape, and per input a copy of the value that may be changed and a gradient buffer. */
typedef struct bench {
    const oss_gradcheck *check;
    oss_tape *tape;
    size_t bytes; /* of the arena */
    float *value[OSS_GRADCHECK_INPUTS];
    float *grad[OSS_GRADCHECK_INPUTS];
    size_t count[OSS_GRADCHECK_INPUTS];
    size_t out_count;
} bench;

/* How one run treats the gradients. */
typedef struct mode {
    bool record, accumulate;
    int32_t frozen; /* the input that needs none; -1: all need one */
} mode;

static const mode STORE = {.record = true, .accumulate = false, .frozen = -1};
static const mode ADD = {.record = true, .accumulate = true, .frozen = -1};
static const mode FORWARD = {.record = false, .accumulate = false, .frozen = -1};

/* ---- runs ---- */

static void fill_nan(float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = NAN;
    }
}

/* Whatever forward or backward reads without having written it is NaN. */
static void spoil_arena(oss_tape *tape) {
    oss_arena *arena = oss_tape_arena(tape);
    oss_tape_reset(tape, true);
    size_t floats = arena->size_bytes / sizeof(float);
    float *all = oss_arena_take(arena, floats, sizeof *all);
    if (all != NULL) {
        fill_nan(all, floats);
    }
}

static oss_tensor *run_forward(bench *b, oss_tape *tape, mode m) {
    oss_tensor *in[OSS_GRADCHECK_INPUTS] = {NULL};
    oss_tape_reset(tape, m.record);
    for (int32_t i = 0; i < b->check->inputs; i++) {
        const oss_gradcheck_input *input = &b->check->input[i];
        in[i] = oss_tape_param(tape, b->value[i], b->grad[i], input->rank, input->dim, i != m.frozen);
        in[i]->grad_written = m.accumulate;
    }
    return b->check->forward(tape, in, b->check->data);
}

static oss_tensor *run_both(bench *b, mode m) {
    spoil_arena(b->tape);
    oss_tensor *out = run_forward(b, b->tape, m);
    oss_tape_backward(b->tape, out, b->check->cotangent);
    ck_assert_msg(oss_tape_status(b->tape) == OSS_OK, "%s: %s", b->check->name, oss_last_error());
    return out;
}

static size_t measure(bench *b, mode m) {
    oss_tape *tape = oss_tape_measurer(b->tape);
    oss_tensor *out = run_forward(b, tape, m);
    if (m.record) {
        oss_tape_backward(tape, out, b->check->cotangent);
    }
    ck_assert_msg(oss_tape_status(tape) == OSS_OK, "%s: %s", b->check->name, oss_last_error());
    b->out_count = oss_tensor_count(out);
    return oss_tape_arena(tape)->peak_bytes;
}

static bench make_bench(const oss_gradcheck *check) {
    bench b = {.check = check};
    ck_assert_int_eq(oss_tape_create(&b.tape, NODES), OSS_OK);
    for (int32_t i = 0; i < check->inputs; i++) {
        b.count[i] = 1;
        for (int32_t axis = 0; axis < check->input[i].rank; axis++) {
            b.count[i] *= (size_t)check->input[i].dim[axis];
        }
        b.value[i] = malloc(b.count[i] * sizeof(float));
        b.grad[i] = malloc(b.count[i] * sizeof(float));
        ck_assert(b.value[i] != NULL && b.grad[i] != NULL);
        memcpy(b.value[i], check->input[i].value, b.count[i] * sizeof(float));
    }
    b.bytes = measure(&b, STORE);
    size_t adding_bytes = measure(&b, ADD);
    ck_assert_int_eq(
        oss_arena_reserve(oss_tape_arena(b.tape), b.bytes > adding_bytes ? b.bytes : adding_bytes), OSS_OK);
    return b;
}

static void free_bench(bench *b) {
    for (int32_t i = 0; i < b->check->inputs; i++) {
        free(b->value[i]);
        free(b->grad[i]);
    }
    oss_tape_free(b->tape);
}

static const char *name_of(const bench *b, const char *what, int32_t input) {
    static char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s, %s of input %d", b->check->name, what, input);
    return name;
}

/* ---- checks ---- */

/* The gradients, stored over NaN, in b->grad. */
static const oss_tensor *store_gradients(bench *b) {
    for (int32_t i = 0; i < b->check->inputs; i++) {
        fill_nan(b->grad[i], b->count[i]);
    }
    return run_both(b, STORE);
}

static void check_golden(bench *b) {
    const oss_gradcheck *check = b->check;
    double limit = check->golden_l2 > 0 ? check->golden_l2 : 1e-6;
    const oss_tensor *out = store_gradients(b);
    if (check->want_out != NULL) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s, output", check->name);
        oss_assert_close_f32(out->data, check->want_out, b->out_count, name, limit, INFINITY);
    }
    for (int32_t i = 0; i < check->inputs; i++) {
        if (check->input[i].want_grad != NULL) {
            oss_assert_close_f32(b->grad[i], check->input[i].want_grad, b->count[i],
                                 name_of(b, "gradient", i), limit, INFINITY);
        }
    }
    ck_assert_msg(oss_tape_arena(b->tape)->peak_bytes == b->bytes, "%s: measured %zu bytes, took %zu",
                  check->name, b->bytes, oss_tape_arena(b->tape)->peak_bytes);
}

/* What was there stays: gradient `input` is added to numbers, the others to NaN. */
static void check_accumulation(bench *b, int32_t input) {
    size_t count = b->count[input];
    double *want = malloc(count * sizeof *want);
    ck_assert_ptr_nonnull(want);
    store_gradients(b);
    float *grad = b->grad[input];
    for (size_t i = 0; i < count; i++) {
        want[i] = (double)grad[i];
        grad[i] = (float)oss_fill_value(77, i);
        want[i] += (double)grad[i];
    }
    for (int32_t other = 0; other < b->check->inputs; other++) {
        if (other != input) {
            fill_nan(b->grad[other], b->count[other]);
        }
    }
    run_both(b, ADD);
    oss_assert_close_f32(grad, want, count, name_of(b, "added gradient", input), 1e-6, INFINITY);
    for (int32_t other = 0; other < b->check->inputs; other++) {
        ck_assert_msg(other == input || isnan(b->grad[other][0]), "%s was stored, not added",
                      name_of(b, "gradient", other));
    }
    free(want);
}

/* Stored gradients again, input `frozen` left out: the others to the bit, that one untouched. */
static void check_frozen(bench *b, int32_t frozen) {
    float *stored[OSS_GRADCHECK_INPUTS];
    store_gradients(b);
    for (int32_t i = 0; i < b->check->inputs; i++) {
        stored[i] = malloc(b->count[i] * sizeof(float));
        ck_assert_ptr_nonnull(stored[i]);
        memcpy(stored[i], b->grad[i], b->count[i] * sizeof(float));
        oss_fill_garbage_f32(b->grad[i], b->count[i]);
    }
    run_both(b, (mode){.record = true, .frozen = frozen});
    for (int32_t i = 0; i < b->check->inputs; i++) {
        if (i == frozen) {
            float *garbage = malloc(b->count[i] * sizeof *garbage);
            ck_assert_ptr_nonnull(garbage);
            oss_fill_garbage_f32(garbage, b->count[i]);
            ck_assert_msg(memcmp(garbage, b->grad[i], b->count[i] * sizeof(float)) == 0, "%s was written",
                          name_of(b, "frozen gradient", i));
            free(garbage);
        } else {
            ck_assert_msg(memcmp(stored[i], b->grad[i], b->count[i] * sizeof(float)) == 0,
                          "%s depends on whether input %d is frozen", name_of(b, "gradient", i), frozen);
        }
        free(stored[i]);
    }
}

static void check_not_recording(bench *b) {
    float *recorded = malloc(b->out_count * sizeof *recorded);
    ck_assert_ptr_nonnull(recorded);
    spoil_arena(b->tape);
    memcpy(recorded, run_forward(b, b->tape, STORE)->data, b->out_count * sizeof *recorded);
    size_t bytes = measure(b, FORWARD);
    spoil_arena(b->tape);
    const oss_tensor *out = run_forward(b, b->tape, FORWARD);
    ck_assert_msg(memcmp(recorded, out->data, b->out_count * sizeof *recorded) == 0,
                  "%s: forward gives other bits when not recording", b->check->name);
    ck_assert_int_eq(oss_tape_nodes(b->tape), 0);
    ck_assert_uint_eq(oss_tape_arena(b->tape)->peak_bytes, bytes);
    free(recorded);
}

static void check_short_arena(bench *b) {
    oss_tape *tape;
    ck_assert_int_eq(oss_tape_create(&tape, NODES), OSS_OK);
    ck_assert_int_eq(oss_arena_reserve(oss_tape_arena(tape), b->bytes - 1), OSS_OK);
    oss_tensor *out = run_forward(b, tape, STORE);
    oss_tape_backward(tape, out, b->check->cotangent);
    ck_assert_int_eq(oss_tape_status(tape), OSS_ENOMEM);
    char bytes[32];
    snprintf(bytes, sizeof bytes, "%zu", b->bytes);
    ck_assert_msg(strstr(oss_last_error(), bytes) != NULL, "%s: \"%s\" does not name the %s bytes needed",
                  b->check->name, oss_last_error(), bytes);
    oss_tape_free(tape);
}

static void check_heap(bench *b) {
    oss_faults_install();
    int64_t before = oss_faults_count(OSS_CALL_ANY_HEAP);
    spoil_arena(b->tape);
    oss_tensor *out = run_forward(b, b->tape, STORE);
    oss_tape_backward(b->tape, out, b->check->cotangent);
    int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP) - before;
    oss_faults_remove();
    ck_assert_msg(calls == 0, "%s: %lld heap calls in forward and backward", b->check->name,
                  (long long)calls);
}

/* ---- finite differences ---- */

/* sum_i cotangent_i (f(x + far) - f(x + near))_i: what does not depend on x cancels exactly. */
static double difference(bench *b, float *element, float from, float to) {
    float *low = malloc(b->out_count * sizeof *low);
    ck_assert_ptr_nonnull(low);
    *element = from;
    memcpy(low, run_forward(b, b->tape, FORWARD)->data, b->out_count * sizeof *low);
    *element = to;
    const float *high = run_forward(b, b->tape, FORWARD)->data;
    double sum = 0;
    for (size_t i = 0; i < b->out_count; i++) {
        sum += (double)b->check->cotangent[i] * ((double)high[i] - (double)low[i]);
    }
    free(low);
    return sum;
}

/* Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h */
static double differentiate(bench *b, float *element, float h) {
    float x = *element;
    double near = difference(b, element, x - h, x + h);
    double far = difference(b, element, x - 2 * h, x + 2 * h);
    *element = x;
    return (8 * near - far) / (12 * (double)h);
}

static void check_differences(bench *b, int32_t input) {
    float h = b->check->step > 0 ? (float)b->check->step : 0x1p-5f;
    double limit = b->check->difference_l2 > 0 ? b->check->difference_l2 : 2e-3;
    size_t tries = b->count[input] < MAX_DIFFERENCES ? b->count[input] : MAX_DIFFERENCES;
    float got[MAX_DIFFERENCES];
    double want[MAX_DIFFERENCES];
    for (size_t i = 0; i < tries; i++) {
        size_t e = i * b->count[input] / tries;
        got[i] = b->grad[input][e];
        want[i] = differentiate(b, &b->value[input][e], h);
    }
    oss_assert_close_f32(got, want, tries, name_of(b, "gradient against differences", input), limit,
                         INFINITY);
}

/* ---- public ---- */

void oss_gradcheck_run(const oss_gradcheck *check) {
    bench b = make_bench(check);
    check_golden(&b);
    for (int32_t i = 0; i < check->inputs; i++) {
        check_accumulation(&b, i);
        check_frozen(&b, i);
    }
    check_not_recording(&b);
    check_short_arena(&b);
    check_heap(&b);
    store_gradients(&b);
    for (int32_t i = 0; i < check->inputs; i++) {
        check_differences(&b, i);
    }
    free_bench(&b);
}

static const char *join(const char *name, const char *part) {
    static char joined[NAME_BYTES];
    snprintf(joined, sizeof joined, "%s.%s", name, part);
    return joined;
}

const int32_t *oss_golden_ints(const oss_golden *golden, const char *name, const char *part,
                               size_t *out_count) {
    return oss_golden_i32(golden, join(name, part), out_count);
}

oss_gradcheck oss_gradcheck_from_golden(const oss_golden *golden, const char *name,
                                        oss_gradcheck_forward forward, const void *data) {
    oss_gradcheck check = {.name = name, .forward = forward, .data = data};
    check.want_out = oss_golden_f64(golden, join(name, "out"), NULL);
    check.cotangent = oss_golden_f32(golden, join(name, "cotangent"), NULL);
    char part[24];
    for (int32_t i = 0; i < OSS_GRADCHECK_INPUTS; i++) {
        oss_gradcheck_input *input = &check.input[i];
        int64_t dim[8];
        snprintf(part, sizeof part, "in.%d", i);
        if (!oss_golden_has(golden, join(name, part))) {
            break;
        }
        input->rank = oss_golden_dims(golden, join(name, part), dim);
        for (int32_t axis = 0; axis < input->rank; axis++) {
            input->dim[axis] = (int32_t)dim[axis];
        }
        input->value = oss_golden_f32(golden, join(name, part), NULL);
        snprintf(part, sizeof part, "grad.%d", i);
        input->want_grad = oss_golden_f64(golden, join(name, part), NULL);
        check.inputs++;
    }
    return check;
}

static int32_t length_of(const void *context, int32_t b) {
    return ((const int32_t *)context)[b];
}

oss_seq oss_gradcheck_seq(oss_tape *tape, const int32_t *lengths, int32_t count) {
    return oss_tape_seq(tape, count, length_of, lengths);
}
