/* The self-contained model file: what goes in comes out, and whatever does not fit is refused by name. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "model/model_internal.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/rewrite.h"
#include "support/suite.h"
#include "support/tempdir.h"

static const char tiny_json[] =
    "{\"mel_bins\": 16, \"conv_channels\": 2, \"d_model\": 4, \"n_layers\": 1, \"n_heads\": 2,"
    "\"d_ff\": 6, \"projector_dim\": 3";
static char *folder;
static char *path;
static oss_vocab *vocab;

static void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "m.safetensors");
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "\"", "\\", "\xc3\xa9"};
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 6), OSS_OK);
}

static void tear_down(void) {
    oss_vocab_free(vocab);
    free(path);
    oss_tempdir_remove(folder);
}

static oss_config *make_config(const char *more) {
    char json[1024];
    snprintf(json, sizeof json, "%s%s}", tiny_json, more);
    oss_config *config = NULL;
    ck_assert_msg(oss_config_parse(&config, json, "c") == OSS_OK, "%s", oss_last_error());
    return config;
}

static oss_model *make_model(const char *more, const oss_vocab *symbols) {
    oss_config *config = make_config(more);
    oss_model *model = NULL;
    ck_assert_msg(oss_model_create(&model, config, symbols) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    return model;
}

static void save(const oss_model *model) {
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
}

static oss_model *load(const char *from) {
    oss_model *model = NULL;
    ck_assert_msg(oss_model_load(&model, from) == OSS_OK, "%s", oss_last_error());
    return model;
}

static void assert_load_refused(const char *part) {
    oss_model *model = NULL;
    ck_assert_int_eq(oss_model_load(&model, path), OSS_EINPUT);
    ck_assert_ptr_null(model);
    ck_assert_msg(strstr(oss_last_error(), part) != NULL, "\"%s\" does not say \"%s\"", oss_last_error(),
                  part);
    ck_assert_msg(strstr(oss_last_error(), path) != NULL, "\"%s\" does not name the file", oss_last_error());
}

static void assert_same_model(const oss_model *a, const oss_model *b) {
    ck_assert_uint_eq(a->params->floats, b->params->floats);
    ck_assert_mem_eq(a->value, b->value, a->params->floats * sizeof(float));
    char *x = oss_config_print_model(&a->config);
    char *y = oss_config_print_model(&b->config);
    ck_assert_str_eq(x, y);
    oss_free(x);
    oss_free(y);
    ck_assert((a->vocab == NULL) == (b->vocab == NULL));
    ck_assert(a->vocab == NULL || oss_vocab_equal(a->vocab, b->vocab));
}

START_TEST(test_round_trip) {
    oss_model *model =
        make_model(_i == 0 ? ""
                           : ", \"downsample_time\": 4, \"position\": \"rope\", \"mel\": \"power\", "
                             "\"value_conv\": 3",
                   _i == 2 ? NULL : vocab);
    ck_assert_ptr_null(model->path);
    ck_assert_uint_eq((uintptr_t)model->value % 64, 0);
    save(model);
    oss_model *again = load(path);
    ck_assert_str_eq(again->path, path);
    ck_assert_uint_eq((uintptr_t)again->value % 64, 0);
    assert_same_model(model, again);
    oss_model_free(again);
    oss_model_free(model);
}
END_TEST

/* Nothing of the run goes into the file: not its paths, its threads, its seed, its learning rate. */
START_TEST(test_same_weights_same_bytes) {
    oss_model *a = make_model(", \"seed\": 5", vocab);
    oss_model *b = make_model(
        ", \"seed\": 6, \"train_csv\": \"secret.csv\", \"threads\": 2, \"lr\": 0.5, \"run_dir\": \"x\"",
        vocab);
    ck_assert_mem_ne(a->value, b->value, a->params->floats * sizeof(float));
    memcpy(b->value, a->value, a->params->floats * sizeof(float));
    save(a);
    long bytes = 0;
    long again = 0;
    char *first = oss_tempdir_read(path, &bytes);
    save(b);
    char *second = oss_tempdir_read(path, &again);
    ck_assert_int_eq(bytes, again);
    ck_assert_mem_eq(first, second, (size_t)bytes);
    ck_assert_ptr_null(memmem(first, (size_t)bytes, "secret", 6));
    oss_model *loaded = load(path);
    save(loaded);
    char *third = oss_tempdir_read(path, &again);
    ck_assert_mem_eq(first, third, (size_t)bytes);
    free(first);
    free(second);
    free(third);
    oss_model_free(loaded);
    oss_model_free(a);
    oss_model_free(b);
}
END_TEST

START_TEST(test_seed_decides_first_weights) {
    oss_model *a = make_model(", \"seed\": 5", vocab);
    oss_model *b = make_model(", \"seed\": 5", vocab);
    ck_assert_mem_eq(a->value, b->value, a->params->floats * sizeof(float));
    oss_model_free(a);
    oss_model_free(b);
}
END_TEST

START_TEST(test_mel_stats) {
    oss_model *model = make_model(", \"mel_norm\": \"fixed\"", vocab);
    ck_assert_int_eq(oss_model_save(model, path), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "mel statistics"));
    model->mel_mean = oss_alloc(16, sizeof(float));
    model->mel_std = oss_alloc(16, sizeof(float));
    oss_fill_f32(model->mel_mean, 16, 1, 9.0);
    oss_fill_f32(model->mel_std, 16, 2, 1.0);
    for (int i = 0; i < 16; i++) {
        model->mel_std[i] = fabsf(model->mel_std[i]);
    }
    save(model);
    oss_model *again = load(path);
    ck_assert_mem_eq(model->mel_mean, again->mel_mean, 16 * sizeof(float));
    ck_assert_mem_eq(model->mel_std, again->mel_std, 16 * sizeof(float));
    oss_model_free(again);
    model->mel_std[3] = -1.0f;
    save(model);
    assert_load_refused("\"std\"[3] is -1");
    model->mel_std[3] = NAN;
    ck_assert_int_eq(oss_model_save(model, path), OSS_ENUMERIC);
    oss_model_free(model);
}
END_TEST

/* ---- Which file ---- */

static char *put_model(const char *name, const oss_model *model) {
    char *file = oss_tempdir_path(folder, name);
    char *parent = oss_strdup(file);
    *strrchr(parent, '/') = '\0';
    ck_assert_int_eq(oss_file_make_folders(parent), OSS_OK);
    ck_assert_int_eq(oss_model_save(model, file), OSS_OK);
    oss_free(parent);
    return file;
}

static void assert_resolves(const char *from, const char *wanted) {
    char *start = oss_tempdir_path(folder, from);
    char *end = oss_tempdir_path(folder, wanted);
    char *file = NULL;
    ck_assert_msg(oss_model_resolve(&file, start) == OSS_OK, "%s", oss_last_error());
    ck_assert_str_eq(file, end);
    oss_free(file);
    free(start);
    free(end);
}

static void hear(void *context, oss_log_level level, const char *line) {
    ck_assert_int_eq(level, OSS_LOG_WARN);
    ck_assert_ptr_nonnull(strstr(line, "best points to"));
    ++*(int *)context;
}

START_TEST(test_resolve) {
    oss_model *model = make_model("", vocab);
    free(put_model("run/checkpoints/step-00000001/model.safetensors", model));
    free(put_model("run/checkpoints/step-00000002/model.safetensors", model));
    char *latest = oss_tempdir_path(folder, "run/latest");
    char *best = oss_tempdir_path(folder, "run/best");
    char *run = oss_tempdir_path(folder, "run");
    char *none = NULL;
    ck_assert_int_eq(oss_model_resolve(&none, run), OSS_EINPUT);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), run));
    ck_assert_int_eq(oss_file_symlink(latest, "checkpoints/step-00000002"), OSS_OK);
    assert_resolves("run", "run/latest/model.safetensors");
    ck_assert_int_eq(oss_file_symlink(best, "checkpoints/step-00000001"), OSS_OK);
    assert_resolves("run", "run/best/model.safetensors");
    assert_resolves("run/checkpoints/step-00000002", "run/checkpoints/step-00000002/model.safetensors");
    assert_resolves("m.safetensors", "m.safetensors");
    ck_assert_int_eq(oss_file_symlink(best, "checkpoints/step-00000009"), OSS_OK);
    int warnings = 0;
    oss_log_set(hear, &warnings);
    assert_resolves("run", "run/latest/model.safetensors");
    oss_log_set(NULL, NULL);
    ck_assert_int_eq(warnings, 1);
    oss_model *loaded = load(run);
    assert_same_model(model, loaded);
    oss_model_free(loaded);
    oss_model_free(model);
    free(latest);
    free(best);
    free(run);
}
END_TEST

START_TEST(test_missing_file) {
    oss_model *model = NULL;
    ck_assert_int_eq(oss_model_load(&model, path), OSS_EIO);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), path));
}
END_TEST

/* ---- Files with a right sum and wrong content ---- */

static void rewrite(const char *from, const char *to) {
    oss_rewrite_header(path, from, to);
}

static const struct {
    const char *from, *to, *part;
} rewrites[] = {
    {"\"ossicle_format\":\"1\"", "\"ossicle_format\":\"3\"",
     "it has format 3; this version of Ossicle reads formats 1 and 2"},
    {"\"ossicle_format\":\"1\"", "\"ossicle_format\":\"2\"",
     "\"storage\" is missing; in a file of format 2 it must be fp16, bf16 or int8"},
    {"\"ossicle_format\"", "\"ossicle_fromat\"", "not a model file: its metadata have no \"ossicle_format\""},
    {"\"chunk_training\":\"0\"", "\"chunk_training\":\"2\"",
     "\"chunk_training\" is \"2\", no number from 0 to 1"},
    {"\"config\"", "\"confug\"", "not a model file: its metadata have no \"config\""},
    {"\\\"d_ff\\\":6", "\\\"d_ff\\\":7",
     "tensor \"encoder.blocks.0.mlp.0.weight\" has shape [6,4]; by the config it must be [7,4]"},
    {"\\\"n_heads\\\":2", "\\\"n_heads\\\":3", "config: \"n_heads\" is 3; it must divide"},
    {"\\\"n_layers\\\":1", "\\\"n_layers\\\":2", "tensor \"encoder.blocks.1.norm1.weight\" is missing"},
    {"\\\"d_model\\\":4", "\\\"d_modle\\\":4", "config: \"d_modle\": unknown key"},
    {"\\\"projector_dim\\\":3", "\\\"projector_dim\\\":0",
     "tensor \"projector.weight\" is not part of the network"},
    {"\\\"ctc_subframes\\\":2", "\\\"ctc_subframes\\\":3",
     "tensor \"head.weight\" has shape [12,4]; by the config it must be [18,4]"},
    {"\\\"mel_norm\\\":\\\"utterance\\\"", "\\\"mel_norm\\\":\\\"fixed\\\"    ", "mel_stats is missing"},
    {"\\\"units\\\":\\\"char\\\"", "\\\"units\\\":\\\"bbb\\\" ",
     "\"units\" is \"bbb\"; allowed is char or bpe"},
    {"\"vocab\"", "\"vocap\"", "tensor \"head.weight\" is not part of the network"},
    {"\\\"<UNK>\\\"", "\\\"<unk>\\\"", "symbol 1 must be"},
    {",\\\"\xc3\xa9\\\"]", ",\\\" \\\"] ", "are both"},
    {",\\\"\xc3\xa9\\\"]", "        ", "vocab: line 1"},
    {"[\\\"<blank>\\\"", "[12345      ", "vocab: symbol 0: \"every symbol\" must be a string"},
    {"\"encoder.norm.weight\"", "\"encoder.nrom.weight\"", "tensor \"encoder.norm.weight\" is missing"},
    {"\"head.weight\":{\"dtype\":\"F32\"", "\"head.weight\":{\"dtype\":\"I32\"",
     "tensor \"head.weight\" has type I32; it must be F32"},
};

START_TEST(test_rewritten) {
    oss_model *model = make_model("", vocab);
    for (size_t i = 0; i < sizeof rewrites / sizeof rewrites[0]; i++) {
        save(model);
        rewrite(rewrites[i].from, rewrites[i].to);
        assert_load_refused(rewrites[i].part);
    }
    oss_model_free(model);
}
END_TEST

/* A list of byte-pair units whose sum is right and whose content is not. */
START_TEST(test_rewritten_units) {
    static const struct {
        const char *from, *to, *part;
    } cases[] = {
        {"\\\" ab\\\"", "\\\" ac\\\"",
         "vocab: vocabulary: symbol 6, \" ac\", is not what two symbols before it spell"},
        {"\\\" ab\\\"", "\\\"ab \\\"", "symbol 6, \"ab \", has a space after its beginning"},
        {"\\\" a\\\"", "\\\"a\\\" ", "symbols 3 and 5 are both \"a\""},
        {"\\\" \\\"", "\\\"x\\\"", "need a symbol that is a single space"},
    };
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", " a", " ab"};
    oss_vocab *units = NULL;
    ck_assert_int_eq(oss_vocab_from_units(&units, OSS_UNITS_BPE, symbol, 7), OSS_OK);
    oss_model *model = make_model(", \"units\": \"bpe\"", units);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        save(model);
        rewrite(cases[i].from, cases[i].to);
        assert_load_refused(cases[i].part);
    }
    save(model);
    oss_model *again = load(path);
    assert_same_model(model, again);
    oss_model_free(again);
    oss_model_free(model);
    oss_vocab_free(units);
}
END_TEST

START_TEST(test_values_that_are_not_finite) {
    oss_model *model = make_model("", vocab);
    size_t last =
        model->params->item[model->params->count - 1].offset + 2; /* projector.bias[2], the end of the file */
    model->value[last] = INFINITY;
    ck_assert_int_eq(oss_model_save(model, path), OSS_ENUMERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "tensor \"projector.bias\": element 2 is infinite"));
    model->value[last] = 0.25f;
    save(model);
    oss_model_free(model);
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    const float bad = NAN;
    memcpy(text + bytes - 4, &bad, 4);
    oss_tempdir_write(path, text, bytes);
    free(text);
    assert_load_refused("does not fit its ossicle_sum");
    rewrite("\"1\"", "\"1\"");
    assert_load_refused("tensor \"projector.bias\": element 2 is not a number");
}
END_TEST

START_TEST(test_optimizer_file_is_no_model) {
    const float data[] = {1.0f};
    const oss_st_item item[] = {{.name = "m.x", .rank = 1, .dim = {1}, .data = data}};
    ck_assert_int_eq(oss_safetensors_save(path, item, 1, NULL, 0, NULL), OSS_OK);
    assert_load_refused("it is not a model file");
}
END_TEST

START_TEST(test_faults) {
    oss_model *model = make_model("", vocab);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_faults_fail(_i == 0 ? OSS_CALL_ANY_FILE : OSS_CALL_ANY_HEAP, k, ENOSPC);
        oss_status status = oss_model_save(model, path);
        oss_model *again = NULL;
        if (status == OSS_OK) {
            status = oss_model_load(&again, path);
        }
        bool fired = oss_faults_clear();
        ck_assert((status == OSS_OK) == (again != NULL));
        oss_model_free(again);
        ck_assert_msg(oss_faults_blocks() == 0, "call %d: %d blocks are lost", (int)k,
                      (int)oss_faults_blocks());
        if (!fired) {
            ck_assert_int_eq(status, OSS_OK);
            break;
        }
    }
    oss_faults_remove();
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model file");
    TCase *whole = tcase_create("whole");
    tcase_add_checked_fixture(whole, set_up, tear_down);
    tcase_add_loop_test(whole, test_round_trip, 0, 3);
    tcase_add_test(whole, test_same_weights_same_bytes);
    tcase_add_test(whole, test_seed_decides_first_weights);
    tcase_add_test(whole, test_mel_stats);
    tcase_add_test(whole, test_resolve);
    tcase_add_test(whole, test_missing_file);
    suite_add_tcase(suite, whole);
    TCase *wrong = tcase_create("wrong");
    tcase_add_checked_fixture(wrong, set_up, tear_down);
    tcase_add_test(wrong, test_rewritten);
    tcase_add_test(wrong, test_rewritten_units);
    tcase_add_test(wrong, test_values_that_are_not_finite);
    tcase_add_test(wrong, test_optimizer_file_is_no_model);
    tcase_add_loop_test(wrong, test_faults, 0, 2);
    suite_add_tcase(suite, wrong);
    return suite;
}
