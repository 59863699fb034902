/* Lengths, widths and operations of the network. */
#include "model/flop.h"
#include "model/sizes.h"
#include "support/suite.h"

static oss_config *make(const char *json) {
    oss_config *config = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "c") == OSS_OK, "%s", oss_last_error());
    return config;
}

static int ceil_div(int64_t a, int b) {
    return (int)((a + b - 1) / b);
}

START_TEST(test_lengths) {
    oss_config *eight = make("{}");
    oss_config *four = make("{\"downsample_time\": 4, \"ctc_subframes\": 3}");
    ck_assert_int_eq(oss_sizes_mel_frames(&eight->model, 0), 0);
    ck_assert_int_eq(oss_sizes_encoder_frames(&eight->model, 0), 0);
    for (int64_t n = 1; n < 20000; n += 37) {
        int t = (int)(1 + n / 160);
        ck_assert_int_eq(oss_sizes_mel_frames(&eight->model, n), t);
        ck_assert_int_eq(oss_sizes_encoder_frames(&eight->model, n), ceil_div(t, 8));
        ck_assert_int_eq(oss_sizes_encoder_frames(&four->model, n), ceil_div(t, 4));
        ck_assert_int_eq(oss_sizes_ctc_frames(&eight->model, n), 2 * ceil_div(t, 8));
        ck_assert_int_eq(oss_sizes_ctc_frames(&four->model, n), 3 * ceil_div(t, 4));
    }
    ck_assert(oss_sizes_embedding_hz(&eight->model) == 12.5 && oss_sizes_embedding_hz(&four->model) == 25.0);
    oss_config_free(eight);
    oss_config_free(four);
}
END_TEST

START_TEST(test_widths) {
    oss_config *eight = make("{}");
    oss_config *four = make("{\"downsample_time\": 4}");
    oss_config *odd = make("{\"mel_bins\": 81, \"conv_channels\": 5}");
    ck_assert_int_eq(oss_sizes_stem_layers(&eight->model), 3);
    ck_assert_int_eq(oss_sizes_stem_layers(&four->model), 2);
    ck_assert_int_eq(oss_sizes_stem_bins(&eight->model, 0), 128);
    ck_assert_int_eq(oss_sizes_stem_bins(&eight->model, 3), 16);
    ck_assert_int_eq(oss_sizes_flat_width(&eight->model), 1024);
    ck_assert_int_eq(oss_sizes_flat_width(&four->model), 2048);
    ck_assert_int_eq(oss_sizes_stem_bins(&odd->model, 1), 41);
    ck_assert_int_eq(oss_sizes_flat_width(&odd->model), 55);
    ck_assert_int_eq(oss_sizes_head_dim(&eight->model), 64);
    oss_config_free(eight);
    oss_config_free(four);
    oss_config_free(odd);
}
END_TEST

/* 131 and 391 MFLOP a second of audio in 8 s utterances. */
START_TEST(test_flop) {
    oss_config *config = make("{}");
    double forward = oss_flop_forward(&config->model, 8 * 16000, 0);
    double training = oss_flop_training(&config->model, 8 * 16000, 0);
    ck_assert_double_eq_tol(forward / 8e6, 131.426688, 1e-9);
    ck_assert_double_eq_tol(training / 8e6, 390.584448, 1e-9);
    double head = oss_flop_forward(&config->model, 8 * 16000, 30) - forward;
    ck_assert_double_eq_tol(head, 2.0 * 101 * 192 * 2 * 30, 1e-3);
    oss_config *convolved = make("{\"value_conv\": 15}");
    double taps = oss_flop_forward(&convolved->model, 8 * 16000, 0) - forward;
    ck_assert_double_eq_tol(taps, 4 * 2.0 * 101 * 192 * 15, 1e-3);
    ck_assert_double_eq_tol(oss_flop_training(&convolved->model, 8 * 16000, 0) - training, 3 * taps, 1e-3);
    oss_config_free(convolved);
    oss_config_free(config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("spec");
    TCase *sizes = tcase_create("sizes");
    tcase_add_test(sizes, test_lengths);
    tcase_add_test(sizes, test_widths);
    tcase_add_test(sizes, test_flop);
    suite_add_tcase(suite, sizes);
    return suite;
}
