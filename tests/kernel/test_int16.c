/* The convolution of one channel and attention in 16 bits, on every path against plain loops in double on floats, and
 * against each other: the same bits. */
#include "kernel/int16.h"
#include "kernel/int8_cases.h"
#include "kernel/lengths.h"
#include "support/suite.h"

/* ---- the convolution of one channel ---- */

typedef struct conv_case {
    int32_t t, f, co;
    const float *x, *w, *bias;
} conv_case;

static void fill_conv(float *y, void *context) {
    const conv_case *c = context;
    float *packed = oss_exact_floats(oss_k_int16_conv2d_packed_floats(c->co));
    float *scratch = oss_exact_floats(oss_k_int16_conv2d_scratch_floats(c->f));
    oss_k_int16_conv2d_pack(packed, c->w, c->co);
    for (int32_t row = 0; row < oss_len_conv(c->t); row++) {
        oss_k_int16_conv2d_row(y + row * oss_len_conv(c->f) * c->co, c->x, packed, c->bias, c->t, c->f, c->co,
                               row, scratch);
    }
    free(packed);
    free(scratch);
}

static double convolve(const conv_case *c, int32_t row, int32_t column, int32_t o) {
    double sum = (double)c->bias[o];
    for (int32_t tap = 0; tap < 9; tap++) {
        int32_t u = 2 * row + tap / 3 - 1, v = 2 * column + tap % 3 - 1;
        if (u >= 0 && u < c->t && v >= 0 && v < c->f) {
            sum += (double)c->x[u * c->f + v] * (double)c->w[o * 9 + tap];
        }
    }
    return sum;
}

START_TEST(test_convolution) {
    static const int32_t shapes[][3] = {{1, 1, 1},   {2, 1, 5},   {1, 2, 17},  {5, 7, 16},
                                        {6, 14, 33}, {4, 32, 64}, {3, 128, 70}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        conv_case c = {.t = shapes[i][0], .f = shapes[i][1], .co = shapes[i][2]};
        int32_t to = oss_len_conv(c.t), fo = oss_len_conv(c.f);
        float *x = oss_exact_filled((size_t)(c.t * c.f), 1), *w = oss_exact_filled((size_t)c.co * 9, 2);
        float *bias = oss_exact_filled((size_t)c.co, 3), *y = oss_exact_floats((size_t)(to * fo * c.co));
        c.x = x;
        c.w = w;
        c.bias = bias;
        check_paths(fill_conv, &c, y, (size_t)(to * fo * c.co));
        for (int32_t at = 0; at < to * fo * c.co; at++) {
            double want = convolve(&c, at / c.co / fo, at / c.co % fo, at % c.co);
            /* numbers below 1: nine terms, each rounded at 2^-14 and 2^-13 of the largest */
            ck_assert_msg(fabs((double)y[at] - want) <= 9 * 0.5 * (1.0 / 16383 + 1.0 / 8191),
                          "%d x %d to %d: y[%d] is %g, not %g", c.t, c.f, c.co, at, (double)y[at], want);
        }
        free(x);
        free(w);
        free(bias);
        free(y);
    }
}
END_TEST

/* All products as large as they get, of one sign. */
START_TEST(test_largest_convolution) {
    enum { T = 3, F = 9, CO = 2, CELLS = 2 * 5 };
    float x[T * F], w[CO * 9], bias[CO] = {0.0F, 0.0F}, *y = oss_exact_floats(CELLS * CO);
    for (int i = 0; i < T * F; i++) {
        x[i] = -5.0F;
    }
    for (int i = 0; i < CO * 9; i++) {
        w[i] = i < 9 ? 3.0F : -3.0F;
    }
    conv_case c = {T, F, CO, x, w, bias};
    check_paths(fill_conv, &c, y, CELLS * CO);
    for (int32_t at = 0; at < CELLS * CO; at++) {
        ck_assert_double_eq_tol((double)y[at], convolve(&c, at / CO / 5, at / CO % 5, at % CO), 1e-3);
    }
    free(y);
}
END_TEST

START_TEST(test_nan_in_a_convolution) {
    enum { T = 9, F = 6, CO = 3, ROW = 3 * CO };
    float *x = oss_exact_filled(T * F, 1), *w = oss_exact_filled(CO * 9, 2), bias[CO] = {1.0F, 2.0F, 3.0F};
    float *y = oss_exact_floats(5 * ROW);
    conv_case c = {T, F, CO, x, w, bias};
    x[3 * F + 2] = _i == 0 ? NAN : -INFINITY; /* rows 1 and 2 see it */
    check_paths(fill_conv, &c, y, 5 * ROW);
    for (int at = 0; at < 5 * ROW; at++) {
        ck_assert_int_eq(isnan(y[at]) != 0, at / ROW == 1 || at / ROW == 2);
    }
    free(x);
    free(w);
    free(y);
}
END_TEST

/* ---- attention ---- */

typedef struct attention_case {
    int32_t s, heads, d, cut;
    oss_attention_reach reach;
    const float *qkv;
} attention_case;

static void fill_attention(float *out, void *context) {
    const attention_case *c = context;
    int32_t width = c->heads * c->d;
    void *memory = oss_exact_floats(oss_k_int16_qkv_bytes(c->s, c->heads, c->d) / sizeof(float));
    float *scratch = oss_exact_floats(oss_k_int16_attention_scratch_floats(c->s, c->d));
    oss_int16_qkv whole = oss_k_int16_qkv_place(memory, c->s, c->heads, c->d);
    oss_k_int16_qkv_set(&whole, c->qkv + c->cut * 3 * width, c->cut, c->s - c->cut); /* in any order */
    oss_k_int16_qkv_set(&whole, c->qkv, 0, c->cut);
    oss_k_int16_attention(out, &whole, 0, c->cut, &c->reach, scratch);
    oss_k_int16_attention(out, &whole, c->cut, c->s, &c->reach, scratch);
    free(memory);
    free(scratch);
}

/* What query q of head h gives, to want[D]; returns the largest size of a value that it sees. */
static double attend(const attention_case *c, double *want, int32_t q, int32_t h) {
    int32_t chunk = c->reach.chunk == 0 ? c->s : c->reach.chunk, own = q - q % chunk,
            row = 3 * c->heads * c->d;
    int32_t first = own > c->reach.left ? own - c->reach.left : 0,
            end = own + chunk < c->s ? own + chunk : c->s;
    double sum = 0.0, largest = 0.0;
    const float *from = c->qkv + q * row + h * c->d;
    memset(want, 0, (size_t)c->d * sizeof *want);
    for (int32_t j = first; j < end; j++) {
        const float *k = c->qkv + j * row + (c->heads + h) * c->d, *v = k + c->heads * c->d;
        double score = 0.0;
        for (int32_t i = 0; i < c->d; i++) {
            score += (double)from[i] * (double)k[i];
        }
        double weight = exp(score / sqrt((double)c->d));
        sum += weight;
        for (int32_t i = 0; i < c->d; i++) {
            want[i] += weight * (double)v[i];
            largest = fmax(largest, fabs((double)v[i]));
        }
    }
    for (int32_t i = 0; i < c->d; i++) {
        want[i] /= sum;
    }
    return largest;
}

static void check_attention(attention_case c, double scale, double bound) {
    size_t count = (size_t)(c.s * c.heads * c.d);
    float *qkv = oss_exact_filled(3 * count, (uint64_t)c.s), *out = oss_exact_floats(count);
    double *want = calloc((size_t)c.d, sizeof *want);
    ck_assert_ptr_nonnull(want);
    for (size_t i = 0; i < 3 * count; i++) {
        qkv[i] = (float)(scale * (double)qkv[i]);
    }
    c.qkv = qkv;
    check_paths(fill_attention, &c, out, count);
    for (int32_t at = 0; at < c.s * c.heads; at++) {
        double largest = attend(&c, want, at / c.heads, at % c.heads);
        for (int32_t i = 0; i < c.d; i++) {
            double got = (double)out[at * c.d + i];
            ck_assert_msg(fabs(got - want[i]) <= bound * largest, "%d x %d x %d: out[%d, %d] is %g, not %g",
                          c.s, c.heads, c.d, at, i, got, want[i]);
        }
    }
    free(qkv);
    free(out);
    free(want);
}

START_TEST(test_attention) {
    static const int32_t shapes[][4] = {{1, 1, 1, 0},    {2, 3, 5, 1},    {17, 2, 7, 4}, {33, 1, 64, 33},
                                        {41, 2, 22, 19}, {70, 3, 48, 31}, {9, 1, 200, 5}};
    static const oss_attention_reach reaches[] = {{0, 0}, {5, 0}, {4, 3}, {7, 100}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t r = 0; r < sizeof reaches / sizeof *reaches; r++) {
            attention_case c = {shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3], reaches[r], NULL};
            check_attention(c, 1.0, 5e-4);
            check_attention(c, 3.0, 5e-3); /* sharper: scores of 10 and more */
        }
    }
}
END_TEST

/* Of 3000 keys alike each has a weight of 1/3000, and all together 1. */
START_TEST(test_many_keys) {
    enum { S = 3000, D = 4 };
    float *qkv = oss_exact_floats(3 * S * D), *out = oss_exact_floats(S * D);
    for (int i = 0; i < 3 * S * D; i++) {
        qkv[i] = 1.0F;
    }
    attention_case c = {S, 1, D, 0, {0}, qkv};
    check_paths(fill_attention, &c, out, S * D);
    for (int i = 0; i < S * D; i++) {
        ck_assert_double_eq_tol((double)out[i], 1.0, 6e-3);
    }
    free(qkv);
    free(out);
}
END_TEST

/* Sums of products as large as they get, for every limit that depends on D. */
START_TEST(test_largest_scores) {
    static const int32_t ds[] = {128, 129, 512, 513, OSS_INT16_MAX_HEAD};
    enum { S = 3 };
    for (size_t k = 0; k < sizeof ds / sizeof *ds; k++) {
        size_t count = (size_t)(S * ds[k]);
        float *qkv = oss_exact_floats(3 * count), *out = oss_exact_floats(count);
        for (size_t i = 0; i < 3 * count; i++) { /* key 1 has all of the weight, and 2 as its value */
            size_t row = i / (size_t)(3 * ds[k]), part = i / (size_t)ds[k] % 3;
            qkv[i] = part == 1 ? (row == 1 ? 1.0F : -1.0F) : part == 0 ? 1.0F : (float)row + 1.0F;
        }
        attention_case c = {S, 1, ds[k], 1, {0}, qkv};
        check_paths(fill_attention, &c, out, count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_double_eq_tol((double)out[i], 2.0, 1e-3);
        }
        free(qkv);
        free(out);
    }
}
END_TEST

/* A row of q that is not finite spoils its own output; of k or v, that of all queries that see it. */
START_TEST(test_nan_in_attention) {
    enum { S = 12, D = 6 };
    static const float bad[] = {NAN, -NAN, INFINITY};
    float *qkv = oss_exact_filled(3 * S * D, 1), *out = oss_exact_floats(S * D);
    int part = _i % 3;
    attention_case c = {S, 1, D, 5, {4, 0}, qkv};
    qkv[(6 * 3 + part) * D + 2] = bad[_i / 3];
    check_paths(fill_attention, &c, out, S * D);
    for (int i = 0; i < S * D; i++) {
        int row = i / D;
        ck_assert_int_eq(isnan(out[i]) != 0, part == 0 ? row == 6 : row / 4 == 1);
    }
    free(qkv);
    free(out);
}
END_TEST

static void check_values(const oss_int16_qkv *whole, const float *qkv, int32_t first, int32_t begin,
                         int32_t end) {
    int32_t width = whole->heads * whole->d;
    float *v = oss_exact_floats((size_t)((end - begin) * width));
    oss_k_int16_qkv_values(v, whole, begin, end);
    for (int32_t at = 0; at < (end - begin) * width; at++) {
        const float *row = qkv + ((first + begin + at / width) * 3 + 2) * width;
        ck_assert_double_eq_tol((double)v[at], (double)row[at % width], 1.3e-4);
    }
    free(v);
}

/* Values come back as floats, rounded at 1/4095 of the largest, from any rows, and after rows were dropped from either side
 * of a pair. */
START_TEST(test_values) {
    enum { S = 13, HEADS = 3 };
    static const int32_t ds[] = {1, 5, 16, 33};
    for (size_t k = 0; k < sizeof ds / sizeof *ds; k++) {
        size_t count = (size_t)(S * HEADS * ds[k]);
        float *qkv = oss_exact_filled(3 * count, 1);
        void *memory = oss_exact_floats(oss_k_int16_qkv_bytes(S, HEADS, ds[k]) / sizeof(float));
        oss_int16_qkv whole = oss_k_int16_qkv_place(memory, S, HEADS, ds[k]);
        oss_k_int16_qkv_set(&whole, qkv, 0, S);
        check_values(&whole, qkv, 0, 0, S);
        check_values(&whole, qkv, 0, 3, 8);
        check_values(&whole, qkv, 0, 5, 5);
        for (int32_t more = 3; more <= 4; more++) {
            oss_k_int16_qkv_drop(&whole, more);
            whole.s -= more;
            check_values(&whole, qkv, S - whole.s, 0, whole.s);
            check_values(&whole, qkv, S - whole.s, 1, whole.s);
        }
        free(qkv);
        free(memory);
    }
}
END_TEST

START_TEST(test_values_of_nothing) {
    enum { S = 5, D = 3 };
    float *qkv = oss_exact_filled(3 * S * D, 1), *out = oss_exact_floats(S * D);
    for (int row = 0; row < S; row++) {
        memset(qkv + (row * 3 + 2) * D, 0, D * sizeof *qkv);
    }
    attention_case c = {S, 1, D, 2, {0}, qkv};
    check_paths(fill_attention, &c, out, S * D);
    for (int i = 0; i < S * D; i++) {
        ck_assert_float_eq(out[i], 0.0F);
    }
    free(qkv);
    free(out);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/int16");
    TCase *conv = tcase_create("convolution"), *attention = tcase_create("attention");
    tcase_add_test(conv, test_convolution);
    tcase_add_test(conv, test_largest_convolution);
    tcase_add_loop_test(conv, test_nan_in_a_convolution, 0, 2);
    tcase_add_test(attention, test_attention);
    tcase_add_test(attention, test_many_keys);
    tcase_add_test(attention, test_largest_scores);
    tcase_add_loop_test(attention, test_nan_in_attention, 0, 9);
    tcase_add_test(attention, test_values);
    tcase_add_test(attention, test_values_of_nothing);
    suite_add_tcase(suite, conv);
    suite_add_tcase(suite, attention);
    return suite;
}
