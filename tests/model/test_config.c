/* Settings in, checked struct out; what is refused is refused by name. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/config_compare.h"
#include "support/golden.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_config *parse(const char *json) {
    oss_config *config = NULL;
    oss_status status = oss_config_parse(&config, json, "c.json");
    ck_assert_msg(status == OSS_OK, "%s: %s", json, oss_last_error());
    return config;
}

static void assert_refused(const char *json, const char *part) {
    oss_config *config = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "c.json") == OSS_EINPUT, "%s was taken", json);
    ck_assert_ptr_null(config);
    ck_assert_msg(strncmp(oss_last_error(), "c.json: ", 8) == 0, "%s", oss_last_error());
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "%s: \"%s\" does not say \"%s\"", json,
                  oss_last_error(), part);
    ck_assert_ptr_null(strchr(oss_last_error(), '\n'));
}

START_TEST(test_the_consistency_warms_up) {
    oss_config *config = parse("{\"cr_ctc_weight\": 0.2, \"cr_ctc_warmup_steps\": 2000}");
    ck_assert_double_eq_tol(oss_config_cr_ctc_weight(config, 1), 0.0001, 1e-12);
    ck_assert_double_eq_tol(oss_config_cr_ctc_weight(config, 1000), 0.1, 1e-12);
    ck_assert(oss_config_cr_ctc_weight(config, 2000) == 0.2 &&
              oss_config_cr_ctc_weight(config, 90000) == 0.2);
    oss_config_free(config);
    config = parse("{\"cr_ctc_weight\": 0.2}");
    ck_assert(oss_config_cr_ctc_weight(config, 1) == 0.2);
    oss_config_free(config);
    assert_refused("{\"cr_ctc_warmup_steps\": -1}", "allowed is 0 to");
}
END_TEST

START_TEST(test_defaults) {
    oss_config *config = parse("{}");
    ck_assert_int_eq(config->model.mel.sample_rate_hz, 16000);
    ck_assert_int_eq(config->model.mel.n_fft, 1024);
    ck_assert_int_eq(config->model.mel.win_samples, 400);
    ck_assert_int_eq(config->model.mel.hop_samples, 160);
    ck_assert_int_eq(config->model.mel.bins, 128);
    ck_assert_int_eq(config->model.mel.kind, OSS_MEL_LOG);
    ck_assert_int_eq(config->model.mel.norm, OSS_MEL_NORM_UTTERANCE);
    ck_assert(config->model.mel.floor == 1e-6 && config->model.min_peak == 0.01 &&
              config->model.target_hz == 12.5);
    ck_assert_int_eq(config->model.normalize, OSS_NORMALIZE_NONE);
    ck_assert_int_eq(config->model.downsample_time, 8);
    ck_assert_int_eq(config->model.d_model, 192);
    ck_assert_int_eq(config->model.n_layers, 4);
    ck_assert_int_eq(config->model.n_heads, 3);
    ck_assert_int_eq(config->model.d_ff, 768);
    ck_assert_int_eq(config->model.conv_channels, 64);
    ck_assert_int_eq(config->model.ctc_subframes, 2);
    ck_assert_int_eq(config->model.projector_dim, 0);
    ck_assert_int_eq(config->model.position, OSS_POSITION_ROPE);
    ck_assert_int_eq(config->model.units, OSS_UNITS_CHAR);
    ck_assert_int_eq(config->model.text_case, OSS_CASE_LOWER);
    ck_assert(config->model.dropout == 0.1 && config->data.dev_fraction == 0.1);
    ck_assert_int_eq(config->data.split_by, OSS_SPLIT_TEXT);
    ck_assert(config->data.min_seconds == 0.1 && config->data.max_seconds == 30);
    ck_assert_int_eq(config->data.infeasible, OSS_POLICY_SKIP);
    ck_assert_int_eq(config->data.bad_audio, OSS_POLICY_SKIP);
    ck_assert(config->data.train_csv == NULL && config->data.train_csvs == 0 &&
              config->data.dev_csv == NULL && config->training.run_dir == NULL);
    ck_assert_int_eq(config->data.cache_mib, 4096);
    ck_assert(config->training.beta1 == 0.9 && config->training.beta2 == 0.999 &&
              config->training.eps == 1e-8 && config->training.clip_norm == 1);
    ck_assert(config->training.weight_decay == 0.1 && config->training.min_lr_ratio == 0.1 &&
              config->training.seed == 1);
    ck_assert_int_eq(config->training.grad_shards, 16);
    oss_config_free(config);
}
END_TEST

START_TEST(test_values) {
    oss_config *config = parse(
        "{\"position\": \"rope\", \"n_heads\": 4, \"case\": \"keep\", \"lr\": 3e-4, \"max_steps\": 4e9,"
        "\"seed\": 9007199254740991, \"betas\": [0.8, 0.95], \"dev_csv\": \"d.csv\", \"split_by\": \"row\","
        "\"downsample_time\": 4, \"bad_audio\": \"error\", \"vocab_size\": 3}");
    ck_assert_int_eq(config->model.position, OSS_POSITION_ROPE);
    ck_assert_int_eq(config->model.text_case, OSS_CASE_KEEP);
    ck_assert_int_eq(config->data.split_by, OSS_SPLIT_ROW);
    ck_assert_int_eq(config->data.bad_audio, OSS_POLICY_ERROR);
    ck_assert(config->training.lr == 3e-4 && config->training.max_steps == 4000000000 &&
              config->training.seed == UINT64_C(9007199254740991));
    ck_assert(config->training.beta1 == 0.8 && config->training.beta2 == 0.95);
    ck_assert_str_eq(config->data.dev_csv, "d.csv");
    ck_assert_msg(config->model.target_hz == 25.0, "target_hz follows downsample_time");
    ck_assert_int_eq(config->model.vocab_size, 3);
    oss_config_free(config);
}
END_TEST

START_TEST(test_aliases) {
    oss_config *config =
        parse("{\"wd\": 0.2, \"max_grad_norm\": 2, \"val_freq\": 3, \"checkpoint_freq\": 4,"
              "\"gradient_accumulation_steps\": 5, \"save_dir\": \"r\", \"val_split\": 0.25}");
    ck_assert(config->training.weight_decay == 0.2 && config->training.clip_norm == 2 &&
              config->training.eval_every == 3);
    ck_assert(config->training.checkpoint_every == 4 && config->training.accum_steps == 5 &&
              config->data.dev_fraction == 0.25);
    ck_assert_str_eq(config->training.run_dir, "r");
    oss_config_free(config);
    assert_refused("{\"wd\": 0.2, \"weight_decay\": 0.2}",
                   "\"weight_decay\" and \"wd\" are the same setting");
    assert_refused("{\"lr\": 0.2, \"lr\": 0.2}", "\"lr\" is there twice");
}
END_TEST

START_TEST(test_sources) {
    oss_config *config = parse("{\"train_csv\": \"a.csv\"}");
    ck_assert_int_eq(config->data.train_csvs, 1);
    ck_assert_str_eq(config->data.train_csv[0].csv, "a.csv");
    ck_assert(config->data.train_csv[0].weight == 1);
    oss_config_free(config);
    config = parse("{\"train_csv\": [{\"csv\": \"a.csv\", \"weight\": 0.5}, {\"csv\": \"b.csv\"}]}");
    ck_assert_int_eq(config->data.train_csvs, 2);
    ck_assert_str_eq(config->data.train_csv[1].csv, "b.csv");
    ck_assert(config->data.train_csv[0].weight == 0.5 && config->data.train_csv[1].weight == 1);
    oss_config_free(config);
    assert_refused("{\"train_csv\": []}", "\"train_csv\" lists 0 CSVs");
    assert_refused("{\"train_csv\": \"\"}", "\"train_csv\" is empty");
    assert_refused("{\"train_csv\": 7}", "\"train_csv\" must be a path, a list");
    assert_refused("{\"train_csv\": [{\"csv\": \"a\"}, \"b\"]}", "\"train_csv\", entry 2");
    assert_refused("{\"train_csv\": [{\"weight\": 1}]}", "\"csv\" is missing");
    assert_refused("{\"train_csv\": [{\"csv\": \"a\", \"weight\": 0}]}", "\"weight\" is 0");
    assert_refused("{\"train_csv\": [{\"csv\": \"a\", \"wieght\": 1}]}", "\"wieght\": unknown key");
}
END_TEST

static const struct {
    const char *json, *part;
} refused[] = {
    {"[]", "must be a JSON object, not an array"},
    {"{\"freeze\": \"encoder.*\"}", "\"freeze\" must be a list such as"},
    {"{\"freeze\": [\"\"]}", "\"freeze\" has an empty entry"},
    {"{\"freeze\": [1]}", "\"freeze\" must be a string"},
    {"{\"d_modle\": 1}", "\"d_modle\": unknown key; the nearest known one is \"d_model\""},
    {"{\"weight_deacy\": 1}", "nearest known one is \"weight_decay\""},
    {"{\"max_grad_nrom\": 1}", "nearest known one is \"clip_norm\""},
    {"{\"LR\": 1}", "unknown key"},
    {"{\"\": 1}", "unknown key"},
    {"{\"d_model\": 1.5}", "\"d_model\" is 1.5; it must be a whole number"},
    {"{\"d_model\": 0}", "\"d_model\" is 0; allowed is 1 to 4096"},
    {"{\"d_model\": -192}", "\"d_model\" is -192"},
    {"{\"d_model\": 1e15}", "allowed is 1 to 4096"},
    {"{\"d_model\": \"192\"}", "\"d_model\" must be a number, not a string"},
    {"{\"d_model\": true}", "\"d_model\" must be a number, not true or false"},
    {"{\"d_model\": null}", "\"d_model\" must be a number, not null"},
    {"{\"seed\": 9007199254740992}", "\"seed\""},
    {"{\"seed\": -1}", "\"seed\" is -1"},
    {"{\"lr\": 0}", "\"lr\" is 0; allowed is above 0, at most 10"},
    {"{\"lr\": NaN}", "line 1"},
    {"{\"lr\": 1e999}", "too large"},
    {"{\"dropout\": 1}", "\"dropout\" is 1; allowed is at least 0, below 1"},
    {"{\"wd\": -1}", "\"wd\" is -1"},
    {"{\"betas\": [0.9]}", "list of two numbers"},
    {"{\"betas\": [0.9, 1]}", "\"betas[1]\" is 1"},
    {"{\"betas\": [0.9, \"x\"]}", "\"betas[1]\" must be a number"},
    {"{\"mel\": \"Log\"}", "\"mel\" is \"Log\"; allowed is log or power"},
    {"{\"mel_norm\": \"batch\"}", "allowed is utterance, speech, fixed or none"},
    {"{\"mel\": \"power\", \"mel_norm\": \"utterance\"}", "\"mel_norm\" is for \"mel\": \"log\""},
    {"{\"n_fft\": 1023}", "\"n_fft\" is 1023; it must be even"},
    {"{\"frame_win\": 2048}", "\"frame_win\" is 2048"},
    {"{\"frame_hop\": 2048}", "\"frame_hop\" is 2048"},
    {"{\"downsample_time\": 6}", "\"downsample_time\" is 6; allowed is 4 or 8"},
    {"{\"target_hz\": 25}", "\"target_hz\" is 25, but sample_rate / frame_hop / downsample_time is 12.5"},
    {"{\"value_conv\": 4}", "\"value_conv\" is 4; allowed is an odd number, or 0 for none"},
    {"{\"value_conv\": 257}", "\"value_conv\" is 257; allowed is 0, or odd up to 255"},
    {"{\"value_conv\": -1}", "\"value_conv\" is -1; allowed is 0, or odd up to 255"},
    {"{\"n_heads\": 5}", "\"n_heads\" is 5; it must divide \"d_model\", 192"},
    {"{\"n_layers\": 1, \"inter_ctc_weight\": 0.3}", "it needs \"n_layers\" of at least 2"},
    {"{\"inter_ctc_block\": 4, \"inter_ctc_weight\": 0.3}", "it must be less than \"n_layers\", 4"},
    {"{\"d_model\": 9, \"position\": \"sinusoidal\"}", "needs an even one"},
    {"{\"d_model\": 9, \"position\": \"rope\"}", "needs an even width of heads"},
    {"{\"units\": \"bpe\", \"vocab_size\": 31}",
     "\"vocab_size\" is 31; with \"units\": \"bpe\" allowed is 32 to 1024, or 0 for 256"},
    {"{\"units\": \"bpe\", \"vocab_size\": 1025}", "allowed is 32 to 1024"},
    {"{\"bpe_dropout\": 0.1}", "\"bpe_dropout\" is for \"units\": \"bpe\""},
    {"{\"units\": \"bpe\", \"bpe_dropout\": 1.1}", "\"bpe_dropout\" is 1.1; allowed is 0 to 1"},
    {"{\"vocab_size\": 2}", "\"vocab_size\" is 2"},
    {"{\"min_seconds\": 30}", "\"max_seconds\" is 30"},
    {"{\"dev_csv\": \"\"}", "\"dev_csv\" is empty"},
    {"{\"dev_csv\": 3}", "\"dev_csv\" must be a string"},
    {"{\"lr\": 1", "line 1"},
    {"{\"lr\": 0,001}", "a number has a decimal point, not a comma"},
    {"{\"lr\": \"0,001\"}", "\"lr\": write 0.001, with a point"},
    {"{\"lr\": 1, }", "JSON allows no comma before a closing brace"},
};

START_TEST(test_refused) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(refused[i].json, refused[i].part);
    }
}
END_TEST

/* Every key refuses a value of a wrong type, and unknown keys are found wherever they stand. */
START_TEST(test_every_key_checks_its_type) {
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        oss_config_key key = oss_config_key_get(i);
        char json[256];
        snprintf(json, sizeof json, "{\"%s\": {}}", key.name);
        char part[128];
        snprintf(part, sizeof part, "\"%s\" must be", key.name);
        assert_refused(json, part);
        snprintf(json, sizeof json, "{\"%sx\": 1}", key.name);
        snprintf(part, sizeof part, "the nearest known one is \"%s\"", key.name);
        assert_refused(json, part);
    }
}
END_TEST

/* ---- Keys of the origin ---- */

typedef struct heard {
    int lines;
    char line[512];
} heard;

static void hear(void *context, oss_log_level level, const char *line) {
    heard *ear = context;
    ck_assert_int_eq(level, OSS_LOG_WARN);
    ear->lines++;
    snprintf(ear->line, sizeof ear->line, "%s", line);
}

START_TEST(test_foreign_keys_make_one_warning) {
    heard ear = {0};
    oss_log_set(hear, &ear);
    oss_config *config = parse("{\"use_amp\": true, \"lr\": 0.01, \"batch_size\": 4, \"num_workers\": 2}");
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(ear.lines, 1);
    ck_assert_str_eq(
        ear.line, "c.json: keys that mean nothing here are ignored: use_amp, batch_size (see batch_seconds), "
                  "num_workers (see threads)");
    ck_assert(config->training.lr == 0.01);
    oss_config_free(config);
}
END_TEST

/* ---- Files ---- */

static oss_config *load(const char *name) {
    char *path = oss_golden_path(name);
    oss_config *config = NULL;
    ck_assert_msg(oss_config_load(&config, path) == OSS_OK, "%s", oss_last_error());
    free(path);
    return config;
}

static oss_status fail_on_difference(void *context, const char *key, const char *in_tiny,
                                     const char *in_defaults) {
    (void)context;
    ck_abort_msg("audio_enc_tiny.json: %s is %s, the default %s", key, in_tiny, in_defaults);
    return OSS_OK;
}

START_TEST(test_every_shipped_config_is_valid) {
    char *pattern = oss_golden_path("../configs/*.json");
    glob_t found;
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 8);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        oss_config *config = NULL;
        ck_assert_msg(oss_config_load(&config, found.gl_pathv[i]) == OSS_OK, "%s", oss_last_error());
        oss_config_free(config);
    }
    globfree(&found);
    free(pattern);
}
END_TEST

START_TEST(test_shipped_configs) {
    oss_config *tiny = load("../configs/audio_enc_tiny.json");
    oss_config *defaults = parse("{}");
    ck_assert_int_eq(oss_config_compare(&tiny->model, &defaults->model, fail_on_difference, NULL), OSS_OK);
    oss_config *seed = load("../configs/seed.json");
    ck_assert(seed->model.mel.kind == OSS_MEL_POWER && seed->model.mel.norm == OSS_MEL_NORM_NONE &&
              seed->model.ctc_subframes == 1);
    ck_assert(seed->model.position == OSS_POSITION_NONE && seed->model.text_case == OSS_CASE_KEEP &&
              seed->training.weight_decay == 0.1);
    oss_config *micro = load("../configs/micro.json");
    ck_assert_int_eq(micro->model.conv_channels, 16);
    oss_config_free(tiny);
    oss_config_free(defaults);
    oss_config_free(seed);
    oss_config_free(micro);
}
END_TEST

START_TEST(test_load_names_the_file) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "bad.json");
    oss_config *config = NULL;
    ck_assert_int_eq(oss_config_load(&config, path), OSS_EIO);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    oss_tempdir_write(path, "{\"lr\": 99}", 10);
    ck_assert_int_eq(oss_config_load(&config, path), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "\"lr\" is 99"));
    ck_assert_ptr_null(config);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("config");
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, test_defaults);
    tcase_add_test(reading, test_the_consistency_warms_up);
    tcase_add_test(reading, test_values);
    tcase_add_test(reading, test_aliases);
    tcase_add_test(reading, test_sources);
    tcase_add_test(reading, test_refused);
    tcase_add_test(reading, test_every_key_checks_its_type);
    tcase_add_test(reading, test_foreign_keys_make_one_warning);
    suite_add_tcase(suite, reading);
    TCase *files = tcase_create("files");
    tcase_add_test(files, test_shipped_configs);
    tcase_add_test(files, test_every_shipped_config_is_valid);
    tcase_add_test(files, test_load_names_the_file);
    suite_add_tcase(suite, files);
    return suite;
}
