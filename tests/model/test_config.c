/* Settings in, checked struct out; what is refused is refused by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "model/config.h"
#include "support/faults.h"
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

static void assert_set_refused(const char *assignment, const char *part) {
    oss_config *config = parse("{}");
    char *before = oss_config_print(config, false);
    ck_assert_int_eq(oss_config_set(config, assignment), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "%s: \"%s\" does not say \"%s\"", assignment,
                  oss_last_error(), part);
    char *after = oss_config_print(config, false);
    ck_assert_str_eq(before, after);
    oss_free(before);
    oss_free(after);
    oss_config_free(config);
}

START_TEST(test_defaults) {
    oss_config *config = parse("{}");
    ck_assert_int_eq(config->mel.sample_rate_hz, 16000);
    ck_assert_int_eq(config->mel.n_fft, 1024);
    ck_assert_int_eq(config->mel.win_samples, 400);
    ck_assert_int_eq(config->mel.hop_samples, 160);
    ck_assert_int_eq(config->mel.bins, 128);
    ck_assert_int_eq(config->mel.kind, OSS_MEL_LOG);
    ck_assert_int_eq(config->mel.norm, OSS_MEL_NORM_UTTERANCE);
    ck_assert(config->mel.floor == 1e-6 && config->min_peak == 0.01 && config->target_hz == 12.5);
    ck_assert_int_eq(config->normalize, OSS_NORMALIZE_NONE);
    ck_assert_int_eq(config->downsample_time, 8);
    ck_assert_int_eq(config->d_model, 192);
    ck_assert_int_eq(config->n_layers, 4);
    ck_assert_int_eq(config->n_heads, 3);
    ck_assert_int_eq(config->d_ff, 768);
    ck_assert_int_eq(config->conv_channels, 64);
    ck_assert_int_eq(config->ctc_subframes, 2);
    ck_assert_int_eq(config->projector_dim, 0);
    ck_assert_int_eq(config->position, OSS_POSITION_SINUSOIDAL);
    ck_assert_int_eq(config->units, OSS_UNITS_CHAR);
    ck_assert_int_eq(config->text_case, OSS_CASE_LOWER);
    ck_assert(config->dropout == 0.1 && config->dev_fraction == 0.1);
    ck_assert_int_eq(config->split_by, OSS_SPLIT_TEXT);
    ck_assert(config->min_seconds == 0.1 && config->max_seconds == 30);
    ck_assert_int_eq(config->infeasible, OSS_POLICY_SKIP);
    ck_assert_int_eq(config->bad_audio, OSS_POLICY_SKIP);
    ck_assert(config->train_csv == NULL && config->train_csvs == 0 && config->dev_csv == NULL &&
              config->run_dir == NULL);
    ck_assert_int_eq(config->cache_mib, 4096);
    ck_assert(config->beta1 == 0.9 && config->beta2 == 0.999 && config->eps == 1e-8 &&
              config->clip_norm == 1);
    ck_assert(config->weight_decay == 0.1 && config->min_lr_ratio == 0.1 && config->seed == 1);
    ck_assert_int_eq(config->grad_shards, 16);
    oss_config_free(config);
}
END_TEST

START_TEST(test_values) {
    oss_config *config = parse(
        "{\"position\": \"rope\", \"n_heads\": 4, \"case\": \"keep\", \"lr\": 3e-4, \"max_steps\": 4e9,"
        "\"seed\": 9007199254740991, \"betas\": [0.8, 0.95], \"dev_csv\": \"d.csv\", \"split_by\": \"row\","
        "\"downsample_time\": 4, \"bad_audio\": \"error\", \"vocab_size\": 3}");
    ck_assert_int_eq(config->position, OSS_POSITION_ROPE);
    ck_assert_int_eq(config->text_case, OSS_CASE_KEEP);
    ck_assert_int_eq(config->split_by, OSS_SPLIT_ROW);
    ck_assert_int_eq(config->bad_audio, OSS_POLICY_ERROR);
    ck_assert(config->lr == 3e-4 && config->max_steps == 4000000000 &&
              config->seed == UINT64_C(9007199254740991));
    ck_assert(config->beta1 == 0.8 && config->beta2 == 0.95);
    ck_assert_str_eq(config->dev_csv, "d.csv");
    ck_assert_msg(config->target_hz == 25.0, "target_hz follows downsample_time");
    ck_assert_int_eq(config->vocab_size, 3);
    oss_config_free(config);
}
END_TEST

START_TEST(test_aliases) {
    oss_config *config =
        parse("{\"wd\": 0.2, \"max_grad_norm\": 2, \"val_freq\": 3, \"checkpoint_freq\": 4,"
              "\"gradient_accumulation_steps\": 5, \"save_dir\": \"r\", \"val_split\": 0.25}");
    ck_assert(config->weight_decay == 0.2 && config->clip_norm == 2 && config->eval_every == 3);
    ck_assert(config->checkpoint_every == 4 && config->accum_steps == 5 && config->dev_fraction == 0.25);
    ck_assert_str_eq(config->run_dir, "r");
    oss_config_free(config);
    assert_refused("{\"wd\": 0.2, \"weight_decay\": 0.2}",
                   "\"weight_decay\" and \"wd\" are the same setting");
    assert_refused("{\"lr\": 0.2, \"lr\": 0.2}", "\"lr\" is there twice");
}
END_TEST

START_TEST(test_sources) {
    oss_config *config = parse("{\"train_csv\": \"a.csv\"}");
    ck_assert_int_eq(config->train_csvs, 1);
    ck_assert_str_eq(config->train_csv[0].csv, "a.csv");
    ck_assert(config->train_csv[0].weight == 1);
    oss_config_free(config);
    config = parse("{\"train_csv\": [{\"csv\": \"a.csv\", \"weight\": 0.5}, {\"csv\": \"b.csv\"}]}");
    ck_assert_int_eq(config->train_csvs, 2);
    ck_assert_str_eq(config->train_csv[1].csv, "b.csv");
    ck_assert(config->train_csv[0].weight == 0.5 && config->train_csv[1].weight == 1);
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
    {"{\"mel_norm\": \"batch\"}", "allowed is utterance, fixed or none"},
    {"{\"mel\": \"power\", \"mel_norm\": \"utterance\"}", "\"mel_norm\" is for \"mel\": \"log\""},
    {"{\"n_fft\": 1023}", "\"n_fft\" is 1023; it must be even"},
    {"{\"frame_win\": 2048}", "\"frame_win\" is 2048"},
    {"{\"frame_hop\": 2048}", "\"frame_hop\" is 2048"},
    {"{\"downsample_time\": 6}", "\"downsample_time\" is 6; allowed is 4 or 8"},
    {"{\"target_hz\": 25}", "\"target_hz\" is 25, but sample_rate / frame_hop / downsample_time is 12.5"},
    {"{\"n_heads\": 5}", "\"n_heads\" is 5; it must divide \"d_model\", 192"},
    {"{\"d_model\": 9}", "needs an even one"},
    {"{\"d_model\": 9, \"position\": \"rope\"}", "needs an even width of heads"},
    {"{\"units\": \"bpe\"}", "byte-pair units are not available in this version, use \"char\""},
    {"{\"vocab_size\": 2}", "\"vocab_size\" is 2"},
    {"{\"min_seconds\": 30}", "\"max_seconds\" is 30"},
    {"{\"dev_csv\": \"\"}", "\"dev_csv\" is empty"},
    {"{\"dev_csv\": 3}", "\"dev_csv\" must be a string"},
    {"{\"lr\": 1", "line 1"},
};

START_TEST(test_refused) {
    assert_refused(refused[_i].json, refused[_i].part);
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

START_TEST(test_power_has_no_norm) {
    oss_config *config = parse("{\"mel\": \"power\"}");
    ck_assert_int_eq(config->mel.norm, OSS_MEL_NORM_NONE);
    ck_assert_int_eq(oss_config_set(config, "mel=log"), OSS_OK);
    ck_assert_int_eq(config->mel.norm, OSS_MEL_NORM_UTTERANCE);
    ck_assert_int_eq(oss_config_set(config, "mel_norm=fixed"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "mel=power"), OSS_OK);
    ck_assert_int_eq(oss_config_check(config), OSS_EINPUT);
    oss_config_free(config);
}
END_TEST

/* ---- KEY=VALUE ---- */

START_TEST(test_set) {
    oss_config *config = parse("{}");
    static const char *const assignment[] = {
        "lr=2e-3",     "case=upper", "mel=\"power\"", "betas=[0.5, 0.6]",  "train_csv=123", "dev_csv=true",
        "max_steps=7", "wd=0",       "run_dir=a=b",   "downsample_time=4", "seed=12"};
    for (size_t i = 0; i < sizeof assignment / sizeof assignment[0]; i++) {
        ck_assert_msg(oss_config_set(config, assignment[i]) == OSS_OK, "%s", oss_last_error());
    }
    ck_assert_int_eq(oss_config_check(config), OSS_OK);
    ck_assert(config->lr == 2e-3 && config->text_case == OSS_CASE_UPPER && config->mel.kind == OSS_MEL_POWER);
    ck_assert(config->beta1 == 0.5 && config->beta2 == 0.6 && config->max_steps == 7 &&
              config->weight_decay == 0);
    ck_assert_str_eq(config->train_csv[0].csv, "123");
    ck_assert_str_eq(config->dev_csv, "true");
    ck_assert_str_eq(config->run_dir, "a=b");
    ck_assert(config->target_hz == 25 && config->seed == 12);
    ck_assert_int_eq(oss_config_set(config, "dev_csv=null"), OSS_OK);
    ck_assert_ptr_null(config->dev_csv);
    ck_assert_int_eq(oss_config_set(config, "train_csv=[{\"csv\": \"a\", \"weight\": 2}]"), OSS_OK);
    ck_assert(config->train_csvs == 1 && config->train_csv[0].weight == 2);
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
    assert_set_refused("lr=1,5", "lr=1,5");
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
    char *text = oss_config_print(config, false);
    oss_config *again = parse(text);
    char *second = oss_config_print(again, false);
    ck_assert_str_eq(text, second);
    oss_free(text);
    oss_free(second);
    oss_config_free(again);
}

START_TEST(test_print) {
    oss_config *config =
        parse("{\"train_csv\": [{\"csv\": \"a \\\"q\\\" \\u00e9\", \"weight\": 0.1}], \"lr\": 0.1,"
              "\"seed\": 9007199254740991, \"eps\": 1e-12, \"run_dir\": \"x\", \"freeze\": [\"encoder.*\"]}");
    assert_round_trip(config);
    oss_config *copy = NULL;
    ck_assert_int_eq(oss_config_copy(&copy, config), OSS_OK);
    char *text = oss_config_print(config, false);
    char *copied = oss_config_print(copy, false);
    ck_assert_str_eq(text, copied);
    oss_free(text);
    oss_free(copied);
    oss_config_free(config);
    oss_config_free(copy);
}
END_TEST

START_TEST(test_print_model_only) {
    oss_config *config = parse("{\"train_csv\": \"secret/a.csv\", \"threads\": 3, \"run_dir\": \"r\"}");
    char *text = oss_config_print(config, true);
    ck_assert_str_eq(
        text,
        "{\"case\":\"lower\",\"conv_channels\":64,\"ctc_subframes\":2,\"d_ff\":768,\"d_model\":192,"
        "\"downsample_time\":8,\"dropout\":0.1,\"frame_hop\":160,\"frame_win\":400,\"mel\":\"log\","
        "\"mel_bins\":128,\"mel_floor\":1e-06,\"mel_norm\":\"utterance\",\"min_peak\":0.01,\"n_fft\":1024,"
        "\"n_heads\":3,\"n_layers\":4,\"normalize\":\"none\",\"position\":\"sinusoidal\","
        "\"projector_dim\":0,\"sample_rate\":16000,\"target_hz\":12.5,\"units\":\"char\",\"vocab_size\":0}");
    oss_free(text);
    oss_config_free(config);
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
    ck_assert(config->lr == 0.01);
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

START_TEST(test_shipped_configs) {
    oss_config *tiny = load("../configs/audio_enc_tiny.json");
    oss_config *defaults = parse("{}");
    char *a = oss_config_print(tiny, false);
    char *b = oss_config_print(defaults, false);
    ck_assert_msg(strcmp(a, b) == 0, "audio_enc_tiny.json spells out the defaults");
    oss_free(a);
    oss_free(b);
    oss_config *seed = load("../configs/seed.json");
    ck_assert(seed->mel.kind == OSS_MEL_POWER && seed->mel.norm == OSS_MEL_NORM_NONE &&
              seed->ctc_subframes == 1);
    ck_assert(seed->position == OSS_POSITION_NONE && seed->text_case == OSS_CASE_KEEP &&
              seed->weight_decay == 0.1);
    oss_config *micro = load("../configs/micro.json");
    ck_assert_int_eq(micro->conv_channels, 16);
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

START_TEST(test_memory_may_run_out_anywhere) {
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_config *config = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status =
            oss_config_parse(&config,
                             "{\"train_csv\": [{\"csv\": \"a\"}, {\"csv\": \"b\"}], "
                             "\"dev_csv\": \"c\", \"use_amp\": 1, \"lr\": 0.1, \"freeze\": [\"a\", \"b\"]}",
                             "c");
        oss_config *copy = NULL;
        if (status == OSS_OK) {
            status = oss_config_copy(&copy, config);
        }
        if (status == OSS_OK) {
            status = oss_config_set(copy, "run_dir=r");
        }
        char *text = status == OSS_OK ? oss_config_print(copy, false) : NULL;
        bool fired = oss_faults_clear();
        ck_assert_msg(fired ? status == OSS_ENOMEM || text == NULL : text != NULL, "call %d: %s", (int)k,
                      oss_last_error());
        oss_free(text);
        oss_config_free(copy);
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
    Suite *suite = suite_create("config");
    TCase *reading = tcase_create("reading");
    tcase_add_test(reading, test_defaults);
    tcase_add_test(reading, test_values);
    tcase_add_test(reading, test_aliases);
    tcase_add_test(reading, test_sources);
    tcase_add_loop_test(reading, test_refused, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(reading, test_every_key_checks_its_type);
    tcase_add_test(reading, test_power_has_no_norm);
    tcase_add_test(reading, test_foreign_keys_make_one_warning);
    suite_add_tcase(suite, reading);
    TCase *setting = tcase_create("setting");
    tcase_add_test(setting, test_set);
    tcase_add_test(setting, test_set_refused);
    tcase_add_test(setting, test_resume);
    suite_add_tcase(suite, setting);
    TCase *printing = tcase_create("printing and files");
    tcase_add_test(printing, test_print);
    tcase_add_test(printing, test_print_model_only);
    tcase_add_test(printing, test_shipped_configs);
    tcase_add_test(printing, test_load_names_the_file);
    tcase_add_test(printing, test_memory_may_run_out_anywhere);
    suite_add_tcase(suite, printing);
    return suite;
}
