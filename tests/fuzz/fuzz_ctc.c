/* The CTC loss of any logits and labels: a number or infinity, and a gradient whose frames sum to nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "kernel/ctc.h"

enum { FRAMES_MAX = 24, SYMBOLS_MAX = 8, LABELS_MAX = 16 };

static bool are_finite(const float *x, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

/* Fewest frames that the labels take. */
static int32_t count_needed(const int32_t *label, int32_t labels) {
    int32_t needed = labels;
    for (int32_t i = 1; i < labels; i++) {
        needed += label[i] == label[i - 1];
    }
    return needed;
}

static void check_gradient(const float *gradient, int32_t t, int32_t v, bool is_zero) {
    for (int32_t i = 0; i < t; i++) {
        double sum = 0.0, largest = 0.0;
        for (int32_t id = 0; id < v; id++) {
            double g = (double)gradient[i * v + id];
            ck_assert_msg(isfinite(g), "gradient %d,%d is %g", i, id, g);
            sum += g;
            largest = fmax(largest, fabs(g));
        }
        ck_assert_msg(fabs(sum) < 1e-5 && largest <= 1.0 + 1e-6, "frame %d: sum %g, largest %g", i, sum,
                      largest);
        ck_assert(!is_zero || largest == 0.0);
    }
}

static void check(const float *logits, int32_t t, int32_t v, const int32_t *label, int32_t labels) {
    float *gradient = malloc((size_t)(t * v) * sizeof *gradient);
    void *scratch = NULL;
    ck_assert_ptr_nonnull(gradient);
    ck_assert_int_eq(posix_memalign(&scratch, 64, oss_k_ctc_scratch_bytes(t, v, labels)), 0);
    memset(scratch, 0x7f, oss_k_ctc_scratch_bytes(t, v, labels));
    oss_ctc_result result = oss_k_ctc(gradient, logits, t, v, label, labels, 1.0, scratch);
    bool finite = are_finite(logits, t * v), fits = count_needed(label, labels) <= t;
    if (!finite) {
        ck_assert_msg(isnan(result.nll) || !fits, "the loss is %g", result.nll);
    } else {
        ck_assert_msg(fits ? isfinite(result.nll) && result.nll > -1e-4 : result.nll == INFINITY,
                      "the loss is %g", result.nll);
        ck_assert_msg(result.max_imbalance < 1e-6, "off by %g", result.max_imbalance);
    }
    check_gradient(gradient, t, v, !finite || !fits);
    oss_ctc_result alone = oss_k_ctc(NULL, logits, t, v, label, labels, 1.0, scratch);
    ck_assert(memcmp(&alone.nll, &result.nll, sizeof alone.nll) == 0 ||
              (isnan(alone.nll) && isnan(result.nll)));
    free(scratch);
    free(gradient);
}

/* Frames, symbols, labels; then logits: a byte each, or with the first byte's top bit any float. */
static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    int32_t label[LABELS_MAX];
    uint8_t how = oss_fuzz_u8(&bytes);
    int32_t t = 1 + how % FRAMES_MAX, v = 2 + oss_fuzz_u8(&bytes) % (SYMBOLS_MAX - 1);
    int32_t labels = oss_fuzz_u8(&bytes) % (LABELS_MAX + 1);
    for (int32_t i = 0; i < labels; i++) {
        label[i] = 1 + oss_fuzz_u8(&bytes) % (v - 1);
    }
    float *logits = malloc((size_t)(t * v) * sizeof *logits); /* ends where they end */
    ck_assert_ptr_nonnull(logits);
    for (int32_t i = 0; i < t * v; i++) {
        logits[i] = how < 128 ? (float)oss_fuzz_u8(&bytes) / 8.0F - 16.0F : oss_fuzz_f32(&bytes);
    }
    check(logits, t, v, label, labels);
    free(logits);
}

static void seeds(void) {
    OSS_FUZZ_SEED(
        "\x05\x03\x02\x01\x02\x80\x90\xa0\x70\x60\x80\x90\xa0\x70\x60\x80\x90\xa0\x70\x60\x80\x90\xa0\x70\x60");
    OSS_FUZZ_SEED("\x04\x01\x03\x01\x01\x02");
    OSS_FUZZ_SEED("\x03\x01\x00\xff\xff\xff\xff");
    OSS_FUZZ_SEED(
        "\x81\x01\x01\x01\0\0\x80\x7f\0\0\xc0\x7f\0\0\x80\xff\x28\x6b\x6e\x4e\x28\x6b\x6e\xce\0\0\0\0");
}

const oss_fuzz_target oss_target_ctc = {.name = "ctc", .run = run, .seeds = seeds};
