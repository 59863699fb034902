/* Settings changed by KEY=VALUE, copied, and printed so that reading gives the same again. */
#include <string.h>

#include "base/mem.h"
#include "model/config.h"
#include "support/faults.h"
#include "support/suite.h"

static oss_config *parse(const char *json) {
    oss_config *config = NULL;
    oss_status status = oss_config_parse(&config, json, "c.json");
    ck_assert_msg(status == OSS_OK, "%s: %s", json, oss_last_error());
    return config;
}

static void assert_set_refused(const char *assignment, const char *part) {
    oss_config *config = parse("{}");
    char *before = oss_config_print(config);
    ck_assert_int_eq(oss_config_set(config, assignment), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "%s: \"%s\" does not say \"%s\"", assignment,
                  oss_last_error(), part);
    char *after = oss_config_print(config);
    ck_assert_str_eq(before, after);
    oss_free(before);
    oss_free(after);
    oss_config_free(config);
}

START_TEST(test_power_has_no_norm) {
    oss_config *config = parse("{\"mel\": \"power\"}");
    ck_assert_int_eq(config->model.mel.norm, OSS_MEL_NORM_NONE);
    ck_assert_int_eq(oss_config_set(config, "mel=log"), OSS_OK);
    ck_assert_int_eq(config->model.mel.norm, OSS_MEL_NORM_UTTERANCE);
    ck_assert_int_eq(oss_config_set(config, "mel_norm=fixed"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "mel=power"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_EINPUT);
    oss_config_free(config);
}
END_TEST

START_TEST(test_set) {
    oss_config *config = parse("{}");
    static const char *const assignment[] = {
        "lr=2e-3",     "case=upper", "mel=\"power\"", "betas=[0.5, 0.6]",  "train_csv=123", "dev_csv=true",
        "max_steps=7", "wd=0",       "run_dir=a=b",   "downsample_time=4", "seed=12"};
    for (size_t i = 0; i < sizeof assignment / sizeof assignment[0]; i++) {
        ck_assert_msg(oss_config_set(config, assignment[i]) == OSS_OK, "%s", oss_last_error());
    }
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    ck_assert(config->training.lr == 2e-3 && config->model.text_case == OSS_CASE_UPPER &&
              config->model.mel.kind == OSS_MEL_POWER);
    ck_assert(config->training.beta1 == 0.5 && config->training.beta2 == 0.6 &&
              config->training.max_steps == 7 && config->training.weight_decay == 0);
    ck_assert_str_eq(config->data.train_csv[0].csv, "123");
    ck_assert_str_eq(config->data.dev_csv, "true");
    ck_assert_str_eq(config->training.run_dir, "a=b");
    ck_assert(config->model.target_hz == 25 && config->training.seed == 12);
    ck_assert_int_eq(oss_config_set(config, "dev_csv=null"), OSS_OK);
    ck_assert_ptr_null(config->data.dev_csv);
    ck_assert_int_eq(oss_config_set(config, "train_csv=[{\"csv\": \"a\", \"weight\": 2}]"), OSS_OK);
    ck_assert(config->data.train_csvs == 1 && config->data.train_csv[0].weight == 2);
    ck_assert_int_eq(oss_config_set(config, "target_hz=20"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_EINPUT);
    ck_assert_int_eq(oss_config_set(config, "target_hz=null"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    oss_config_free(config);
}
END_TEST

START_TEST(test_set_refused) {
    assert_set_refused("lr", "KEY=VALUE");
    assert_set_refused("=3", "KEY=VALUE");
    assert_set_refused("lr=", "lr=: the value is missing");
    assert_set_refused("lr=abc", "\"lr\" must be a number, not a string");
    assert_set_refused("lr=1,5", "lr=1,5: \"lr\": write 1.5, with a point");
    assert_set_refused("lr=11", "\"lr\" is 11");
    assert_set_refused("case=Lower", "\"case\" is \"Lower\"; allowed is lower, upper or keep");
    assert_set_refused("lrr=1", "the nearest known one is \"lr\"");
    assert_set_refused("use_amp=true", "means nothing here");
    assert_set_refused("train_csv=[{\"csv\": 1}]", "entry 1");
    assert_set_refused("train_csv=[", "line 1");
    assert_set_refused("train_csv=a\xff.csv", "not UTF-8");
    assert_set_refused("dev_csv={\"a\": 1}", "\"dev_csv\" must be a string");
}
END_TEST

START_TEST(test_resume) {
    static const char *const may[] = {"max_steps=9",  "threads=2",  "train_csv=a",        "dev_csv=b",
                                      "eval_every=1", "val_freq=1", "checkpoint_every=1", "checkpoint_freq=1",
                                      "keep_last=1",  "patience=1", "max_steps"};
    static const char *const may_not[] = {
        "lr=1", "seed=2", "grad_shards=8", "run_dir=x",    "batch_seconds=3", "max_step=1",
        "",     "=",      "mel=log",       "accum_steps=2"};
    for (size_t i = 0; i < sizeof may / sizeof may[0]; i++) {
        ck_assert_msg(oss_config_may_change_on_resume(may[i]), "%s", may[i]);
    }
    for (size_t i = 0; i < sizeof may_not / sizeof may_not[0]; i++) {
        ck_assert_msg(!oss_config_may_change_on_resume(may_not[i]), "%s", may_not[i]);
    }
}
END_TEST

/* ---- Printing ---- */

static void assert_round_trip(const oss_config *config) {
    char *text = oss_config_print(config);
    oss_config *again = parse(text);
    char *second = oss_config_print(again);
    ck_assert_str_eq(text, second);
    oss_free(text);
    oss_free(second);
    oss_config_free(again);
}

START_TEST(test_print) {
    oss_config *config =
        parse("{\"train_csv\": [{\"csv\": \"a \\\"q\\\" \\u00e9\", \"weight\": 0.1}], \"lr\": 0.1,"
              "\"seed\": 9007199254740991, \"eps\": 1e-12, \"run_dir\": \"x\", \"dev_csv\": \"d\", "
              "\"noise_dir\": \"n\", \"reverb_dir\": \"r\", \"freeze\": [\"encoder.*\"]}");
    assert_round_trip(config);
    oss_config_free(config);
}
END_TEST

START_TEST(test_print_model_only) {
    oss_config *config = parse("{\"train_csv\": \"secret/a.csv\", \"threads\": 3, \"run_dir\": \"r\"}");
    char *text = oss_config_print_model(&config->model);
    ck_assert_str_eq(
        text,
        "{\"case\":\"lower\",\"conv_channels\":64,\"ctc_subframes\":2,\"d_ff\":768,\"d_model\":192,"
        "\"downsample_time\":8,\"dropout\":0.1,\"frame_hop\":160,\"frame_win\":400,\"mel\":\"log\","
        "\"mel_bins\":128,\"mel_floor\":1e-06,\"mel_norm\":\"utterance\",\"min_peak\":0.01,\"n_fft\":1024,"
        "\"n_heads\":3,\"n_layers\":4,\"normalize\":\"none\",\"position\":\"rope\","
        "\"projector_dim\":0,\"sample_rate\":16000,\"target_hz\":12.5,\"units\":\"char\",\"value_conv\":0,"
        "\"vocab_size\":0}");
    oss_free(text);
    oss_config_free(config);
}
END_TEST

/* Versions without value_conv read files that say nothing of it. */
START_TEST(test_print_stored) {
    for (int taps = 0; taps <= 7; taps += 7) {
        oss_config *config = parse(taps == 0 ? "{}" : "{\"value_conv\": 7}");
        char *stored = oss_config_print_stored(&config->model),
             *whole = oss_config_print_model(&config->model);
        ck_assert_ptr_nonnull(strstr(whole, "\"value_conv\":"));
        ck_assert_int_eq(strcmp(stored, whole) == 0, taps > 0);
        ck_assert_int_eq(strstr(stored, "value_conv") != NULL, taps > 0);
        oss_config *again = parse(stored);
        ck_assert_int_eq(again->model.value_conv, taps);
        oss_config_free(again);
        oss_free(stored);
        oss_free(whole);
        oss_config_free(config);
    }
}
END_TEST

/* Keys that would follow from others are the model's all the same, whatever is set afterwards. */
START_TEST(test_sections_of_a_model) {
    oss_config *config = parse("{\"mel_norm\": \"fixed\", \"d_model\": 96, \"lr\": 0.5}");
    oss_config *other = NULL, *defaults = parse("{}");
    ck_assert_int_eq(oss_config_create_from(&other, &config->model), OSS_OK);
    ck_assert_int_eq(oss_config_set(other, "threads=3"), OSS_OK);
    ck_assert_int_eq(oss_config_check(other), OSS_OK);
    char *wanted = oss_config_print_model(&config->model), *got = oss_config_print_model(&other->model);
    ck_assert_str_eq(got, wanted);
    ck_assert(other->training.lr == defaults->training.lr);
    oss_free(wanted);
    oss_free(got);
    oss_config_free(other);
    oss_config_free(defaults);
    oss_config_free(config);
}
END_TEST

START_TEST(test_memory_may_run_out_anywhere) {
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_config *config = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status =
            oss_config_parse(&config,
                             "{\"train_csv\": [{\"csv\": \"a\"}, {\"csv\": \"b\"}], "
                             "\"dev_csv\": \"c\", \"noise_dir\": \"n\", \"reverb_dir\": \"r\", \"use_amp\": "
                             "1, \"lr\": 0.1, \"freeze\": [\"a\", \"b\"]}",
                             "c");
        if (status == OSS_OK) {
            status = oss_config_set(config, "run_dir=r");
        }
        char *text = status == OSS_OK ? oss_config_print(config) : NULL;
        bool fired = oss_faults_clear();
        ck_assert_msg(fired ? status == OSS_ENOMEM || text == NULL : text != NULL, "call %d: %s", (int)k,
                      oss_last_error());
        oss_free(text);
        oss_config_free(config);
        ck_assert_int_eq(oss_faults_blocks(), 0);
        if (!fired) {
            break;
        }
    }
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("config set and printed");
    TCase *setting = tcase_create("setting");
    tcase_add_test(setting, test_power_has_no_norm);
    tcase_add_test(setting, test_set);
    tcase_add_test(setting, test_set_refused);
    tcase_add_test(setting, test_resume);
    suite_add_tcase(suite, setting);
    TCase *printing = tcase_create("printing");
    tcase_add_test(printing, test_print);
    tcase_add_test(printing, test_print_model_only);
    tcase_add_test(printing, test_print_stored);
    tcase_add_test(printing, test_sections_of_a_model);
    tcase_add_test(printing, test_memory_may_run_out_anywhere);
    suite_add_tcase(suite, printing);
    return suite;
}
