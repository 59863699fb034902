/* Weights in smaller numbers: every half, every tie, and integers that come back. */
#include "model/storage.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/bf16.h"
#include "support/fill.h"
#include "support/suite.h"

enum { HALVES = 0x7c00 /* finite ones from 0 up */, ROWS = 5, WIDTH = 37 };

static float decode(oss_storage storage, uint16_t bits) {
    float value = 0.0f;
    oss_storage_decode(&value, storage, &bits, NULL, 1, 1);
    return value;
}

static uint16_t encode(oss_storage storage, float value) {
    uint16_t bits = 0;
    ck_assert_msg(oss_storage_encode(&bits, NULL, storage, &value, 1, 1) == OSS_OK, "%a: %s", (double)value,
                  oss_last_error());
    return bits;
}

static void assert_too_large(oss_storage storage, float value, const char *part) {
    uint16_t bits = 0;
    const float pair[] = {1.0f, value};
    uint16_t out[2];
    ck_assert_int_eq(oss_storage_encode(&bits, NULL, storage, &value, 1, 1), OSS_ENUMERIC);
    ck_assert_int_eq(oss_storage_encode(out, NULL, storage, pair, 1, 2), OSS_ENUMERIC);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "%s", oss_last_error());
}

START_TEST(test_names) {
    oss_storage storage = OSS_STORAGE_BF16;
    for (int i = 0; i < OSS_STORAGES; i++) {
        ck_assert(oss_storage_parse(oss_storage_name[i], &storage));
        ck_assert_int_eq((int)storage, i);
    }
    ck_assert(!oss_storage_parse("int4", &storage));
    ck_assert_int_eq((int)storage, OSS_STORAGE_INT8);
    ck_assert_str_eq(oss_storage_dtype(OSS_STORAGE_INT8), "I8");
    ck_assert_uint_eq(oss_storage_bytes(OSS_STORAGE_FP16), 2);
}
END_TEST

/* By the definition: (-1)^s * 2^(e-15) * (1 + f/1024), and f * 2^-24 where e is 0. */
START_TEST(test_value_of_every_half) {
    for (int bits = 0; bits < HALVES; bits++) {
        int e = bits >> 10, f = bits & 0x3ff;
        double want = e == 0 ? ldexp(f, -24) : ldexp(1024 + f, e - 25);
        float got = decode(OSS_STORAGE_FP16, (uint16_t)bits);
        ck_assert_msg((double)got == want, "%#x: %a, not %a", bits, (double)got, want);
        float negative = decode(OSS_STORAGE_FP16, (uint16_t)(bits | 0x8000));
        ck_assert(negative == -got && signbit(negative));
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, got), bits);
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, negative), bits | 0x8000);
    }
    ck_assert(isinf(decode(OSS_STORAGE_FP16, 0x7c00)) && decode(OSS_STORAGE_FP16, 0xfc00) < 0.0f);
    ck_assert(isnan(decode(OSS_STORAGE_FP16, 0x7c01)));
}
END_TEST

/* The middle between two neighbours goes to the even one, what lies beside it to the nearer one. */
START_TEST(test_rounding_between_halves) {
    for (int bits = 0; bits + 1 < HALVES; bits++) {
        float low = decode(OSS_STORAGE_FP16, (uint16_t)bits),
              high = decode(OSS_STORAGE_FP16, (uint16_t)(bits + 1));
        float middle = 0.5f * (low + high);
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, middle), bits + (bits & 1));
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, nextafterf(middle, 0.0f)), bits);
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, nextafterf(middle, INFINITY)), bits + 1);
        ck_assert_int_eq(encode(OSS_STORAGE_FP16, -middle), 0x8000 | (bits + (bits & 1)));
    }
    ck_assert_int_eq(encode(OSS_STORAGE_FP16, 1e-30f), 0);
    ck_assert_int_eq(encode(OSS_STORAGE_FP16, nextafterf(65520.0f, 0.0f)), 0x7bff);
}
END_TEST

START_TEST(test_beyond_the_range) {
    assert_too_large(OSS_STORAGE_FP16, 65520.0f, "element 1, 65520, is beyond what fp16 can hold");
    assert_too_large(OSS_STORAGE_FP16, -1e30f, "element 1, -1e+30, is beyond what fp16 can hold");
    assert_too_large(OSS_STORAGE_BF16, FLT_MAX, "is beyond what bf16 can hold");
    for (int storage = OSS_STORAGE_FP16; storage <= OSS_STORAGE_BF16; storage++) {
        assert_too_large((oss_storage)storage, NAN, "element 1 is not a number");
        assert_too_large((oss_storage)storage, -INFINITY, "element 1 is infinite");
    }
    int8_t q[2 * ROWS];
    float scale[ROWS], w[2 * ROWS] = {0};
    w[5] = FLT_MAX;
    ck_assert_int_eq(oss_storage_encode(q, scale, OSS_STORAGE_INT8, w, ROWS, 2), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "element 5, 3.40282e+38, is beyond what int8 can hold"));
    w[5] = NAN;
    ck_assert_int_eq(oss_storage_encode(q, scale, OSS_STORAGE_INT8, w, ROWS, 2), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "element 5 is not a number"));
}
END_TEST

/* The same bits as the products of bf16 take. */
START_TEST(test_bf16_is_the_kernels) {
    enum { COUNT = 1 << 14 };
    static float w[COUNT];
    static uint16_t got[COUNT];
    static oss_bf16 want[COUNT] __attribute__((aligned(64)));
    for (int i = 0; i < COUNT; i++) {
        uint32_t bits = (uint32_t)oss_fill_bits(7, (uint64_t)i);
        memcpy(&w[i], &bits, sizeof bits);
        if (!(fabsf(w[i]) >= FLT_MIN && fabsf(w[i]) < 1e38f)) { /* a product takes subnormals for 0 */
            w[i] = ldexpf((float)(bits & 0xffffff) + 0.5f, -20);
        }
    }
    ck_assert_int_eq(oss_storage_encode(got, NULL, OSS_STORAGE_BF16, w, 1, COUNT), OSS_OK);
    oss_k_bf16_round(want, w, COUNT, 1, COUNT);
    ck_assert_mem_eq(got, want, sizeof got);
    ck_assert(decode(OSS_STORAGE_BF16, 0x3fc0) == 1.5f);
}
END_TEST

START_TEST(test_int8) {
    float w[ROWS * WIDTH], again[ROWS * WIDTH], scale[ROWS], second_scale[ROWS];
    int8_t q[ROWS * WIDTH], second[ROWS * WIDTH];
    oss_fill_f32(w, ROWS * WIDTH, 3, 0.25);
    for (int row = 1; row < ROWS; row++) {
        for (int i = 0; i < WIDTH; i++) {
            w[row * WIDTH + i] *= row == 3 ? 0.0f : powf(10.0f, (float)(3 * row - 6));
        }
    }
    ck_assert_int_eq(oss_storage_encode(q, scale, OSS_STORAGE_INT8, w, ROWS, WIDTH), OSS_OK);
    oss_storage_decode(again, OSS_STORAGE_INT8, q, scale, ROWS, WIDTH);
    for (int i = 0; i < ROWS * WIDTH; i++) {
        double step = (double)scale[i / WIDTH];
        ck_assert(fabs((double)w[i] - (double)again[i]) <= 0.5 * step * (1 + 1e-6));
        ck_assert((double)again[i] == q[i] * step);
        ck_assert_int_eq(q[i], (int)nearbyint((double)(w[i] / scale[i / WIDTH])));
    }
    ck_assert(scale[3] == 1.0f && again[3 * WIDTH] == 0.0f);
    ck_assert_int_eq(oss_storage_encode(second, second_scale, OSS_STORAGE_INT8, again, ROWS, WIDTH), OSS_OK);
    ck_assert_mem_eq(second, q, sizeof q);
    ck_assert_mem_eq(second_scale, scale, sizeof scale);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("storage");
    TCase *all = tcase_create("numbers");
    tcase_add_test(all, test_names);
    tcase_add_test(all, test_value_of_every_half);
    tcase_add_test(all, test_rounding_between_halves);
    tcase_add_test(all, test_beyond_the_range);
    tcase_add_test(all, test_bf16_is_the_kernels);
    tcase_add_test(all, test_int8);
    suite_add_tcase(suite, all);
    return suite;
}
