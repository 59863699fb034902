/* base/contract.h, and some contracts of kernels and ops broken on purpose. In builds without contracts the same calls
 * are not made: there they are undefined. */
#include <check.h>
#include <signal.h>

#include "base/contract.h"
#include "kernel/attention.h"
#include "kernel/bf16.h"
#include "kernel/conv2d.h"
#include "kernel/ctc.h"
#include "kernel/fft.h"
#include "kernel/gemm.h"
#include "kernel/vec.h"
#include "op/ops.h"
#include "support/suite.h"
#include "tape/tape.h"

static int evaluations;

static bool note_evaluation(void) {
    evaluations++;
    return true;
}

START_TEST(test_conditions_are_evaluated_only_where_contracts_are_alive) {
    evaluations = 0;
    OSS_CONTRACT(note_evaluation());
    ck_assert_int_eq(evaluations, OSS_CONTRACTS);
}
END_TEST

START_TEST(test_addresses) {
    float x[32] = {0};
    ck_assert(oss_is_aligned(NULL, 64));
    ck_assert(oss_is_aligned(x, sizeof *x));
    ck_assert(!oss_is_aligned((const char *)x + 1, 2) || !oss_is_aligned((const char *)x + 2, 4));
    ck_assert(oss_is_apart(x, 16, x + 16, 16));
    ck_assert(oss_is_apart(x + 16, 16, x, 16));
    ck_assert(!oss_is_apart(x, 17, x + 16, 16));
    ck_assert(!oss_is_apart(x + 16, 16, x, 17));
    ck_assert(oss_is_apart(NULL, 17, x, 16) && oss_is_apart(x, 17, NULL, 16));
    ck_assert(oss_is_same_or_apart(x, x, 32));
    ck_assert(!oss_is_same_or_apart(x, x + 1, 16));
}
END_TEST

#if OSS_CONTRACTS

static float a[4096], b[4096], c[4096];
static _Alignas(64) float scratch[1 << 16];

static void break_overlap(void) {
    oss_k_add(a, a + 1, 8);
}

static void break_dropout_probability(void) {
    const oss_dropout_key key = {.seed = 1};
    oss_k_dropout(a, b, 8, 1.0f, &key, 0, false);
}

static void break_dropout_place(void) {
    const oss_dropout_key key = {.seed = 1};
    oss_k_dropout(a, b, 8, 0.5f, &key, 3, false);
}

static void break_odd_rotary_width(void) {
    oss_k_rope_table(a, 4, 7, 10000.0);
}

static void break_product_stride(void) {
    oss_k_gemm(false, false, 4, 8, 8, a, 7, b, 8, 0.0f, c, 8, scratch);
}

static void break_product_beta(void) {
    oss_k_gemm(false, false, 4, 8, 8, a, 8, b, 8, 0.5f, c, 8, scratch);
}

static void break_convolution_rows(void) {
    oss_k_conv2d_fwd(c, NULL, a, scratch, b, 8, 8, 1, 4, 0, 5, false); /* ceil(8 / 2) is 4 */
}

static void break_odd_channels_of_bf16(void) {
    oss_k_bf16_conv2d_fwd(c, NULL, (const oss_bf16 *)(const void *)a, scratch, b, 8, 8, 3, 4, 0, 4, false);
}

static void break_attention_rows(void) {
    oss_k_attention_fwd(c, NULL, a, 4, 1, 8, 0, 5, NULL, 0.0f, NULL, scratch);
}

static void break_ctc_label(void) {
    const int32_t label[2] = {1, 5};
    oss_k_ctc(NULL, a, 8, 5, label, 2, 1.0, scratch);
}

static void break_ctc_alignment(void) {
    const int32_t label[1] = {1};
    oss_k_ctc(NULL, a, 8, 5, label, 1, 1.0, scratch + 1);
}

static void break_fft_window(void) {
    oss_fft *fft = NULL;
    if (oss_fft_create(&fft, 16) == OSS_OK) {
        oss_fft_forward(fft, scratch, a, 4, b, 17, scratch + 4096);
    }
}

static void break_residual_probability(void) {
    oss_tape *tape = NULL;
    if (oss_tape_create(&tape, 4) != OSS_OK) {
        return;
    }
    oss_tape_reset(tape, true);
    const int32_t start[2] = {0, 2};
    oss_tensor *x = oss_tape_input(tape, a, 2, (const int32_t[]){2, 8});
    oss_tensor *h = oss_tape_input(tape, b, 2, (const int32_t[]){2, 8});
    (void)oss_op_residual(tape, x, h, (oss_seq){1, start}, &(oss_dropout){.p = -0.1f});
}

static void break_rank(void) {
    oss_tape *tape = NULL;
    if (oss_tape_create(&tape, 4) == OSS_OK) {
        (void)oss_tape_input(tape, a, 5, (const int32_t[]){1, 1, 1, 1, 1});
    }
}

static void (*const breaks[])(void) = {
    break_overlap,
    break_dropout_probability,
    break_dropout_place,
    break_odd_rotary_width,
    break_product_stride,
    break_product_beta,
    break_convolution_rows,
    break_odd_channels_of_bf16,
    break_attention_rows,
    break_ctc_label,
    break_ctc_alignment,
    break_fft_window,
    break_residual_probability,
    break_rank,
};

/* Each must abort; one that returns makes Check say that no signal came. */
START_TEST(test_a_broken_contract_aborts) {
    breaks[_i]();
}
END_TEST

#endif

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("contracts");
    TCase *tcase = tcase_create("contract");
    tcase_add_test(tcase, test_conditions_are_evaluated_only_where_contracts_are_alive);
    tcase_add_test(tcase, test_addresses);
#if OSS_CONTRACTS
    tcase_add_loop_test_raise_signal(tcase, test_a_broken_contract_aborts, SIGABRT, 0,
                                     (int)(sizeof breaks / sizeof breaks[0]));
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
