/* Fine-tuning keeps what the head knows: its rows belong to symbols, whatever rows these have. */
#include "train/head_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/logger.h"
#include "base/mem.h"
#include "model/vocab_file.h"
#include "support/runs.h"
#include "support/suite.h"
#include "support/tempdir.h"

static char heard[8000];

static void note_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    (void)level;
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, "%s\n", line);
}

/* Recordings of texts of their own in folder/own.csv. */
static char *write_rows(const char *folder, const char *const *text, int32_t rows) {
    char *csv = oss_tempdir_path(folder, "own.csv");
    FILE *out = fopen(csv, "w");
    ck_assert_ptr_nonnull(out);
    fputs("wav,text\n", out);
    for (int32_t i = 0; i < rows; i++) {
        char name[20];
        snprintf(name, sizeof name, "own-%d.wav", (int)i);
        char *path = oss_tempdir_path(folder, name);
        oss_tones_write_wav(path, text[i], 500 + (uint64_t)i, 16000);
        fprintf(out, "%s,%s\n", name, text[i]);
        free(path);
    }
    ck_assert_int_eq(fclose(out), 0);
    return csv;
}

/* RUN "first" on tones of the letters a to h, and a config for the rows of these texts. */
static oss_config *make_first(oss_test_runs *runs, const char *json, const char *const *text, int32_t rows) {
    const oss_tones tones = {.rows = 12, .seed = 8, .min_letters = 4, .max_letters = 7};
    oss_test_runs_make(runs, &tones);
    oss_config *config = oss_test_runs_config(runs, json);
    (void)oss_test_runs_train(runs, "first", config, false, 0, OSS_OK);
    char *csv = write_rows(runs->folder, text, rows);
    char setting[600];
    snprintf(setting, sizeof setting, "train_csv=%s", csv);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    ck_assert_int_eq(oss_config_set(config, "max_steps=1"), OSS_OK);
    free(csv);
    heard[0] = '\0';
    oss_log_set(note_line, NULL);
    return config;
}

static void clear(oss_test_runs *runs, oss_config *config) {
    oss_log_set(NULL, NULL);
    oss_config_free(config);
    oss_test_runs_remove(runs);
}

static void expect_heard(const char *words) {
    ck_assert_msg(strstr(heard, words) != NULL, "%s", heard);
}

/* Loss of the first step, or of the last line of training. */
static double read_loss(const oss_test_runs *runs, const char *run, bool last) {
    char name[100];
    snprintf(name, sizeof name, "%s/metrics.jsonl", run);
    char *metrics = oss_tempdir_read(oss_test_runs_path(runs, name), NULL);
    double loss = -1;
    for (const char *at = metrics; (at = strstr(at, "{\"kind\":\"train\"")) != NULL && (last || loss < 0);
         at++) {
        ck_assert_int_eq(sscanf(strstr(at, "\"loss\":"), "\"loss\":%lf", &loss), 1);
    }
    free(metrics);
    return loss;
}

/* Numbers of a row of the head. */
static const float *head_row(const oss_model *model, const char *name, int32_t subframe, int32_t id) {
    const oss_param *param = oss_params_find(model->params, name);
    size_t width = param->count / (size_t)param->dim[0];
    size_t row = (size_t)(subframe * oss_vocab_size(model->vocab) + id);
    return model->value + param->offset + row * width;
}

static bool same_rows(const oss_model *a, int32_t id_a, const oss_model *b, int32_t id_b) {
    bool same = true;
    for (int32_t j = 0; j < a->config.ctc_subframes; j++) {
        size_t width = (size_t)a->config.d_model;
        same = same && memcmp(head_row(a, "head.weight", j, id_a), head_row(b, "head.weight", j, id_b),
                              width * sizeof(float)) == 0;
        same = same && *head_row(a, "head.bias", j, id_a) == *head_row(b, "head.bias", j, id_b);
    }
    return same;
}

/* Every symbol of the first model that the second has too has its row; returns how many have none there. */
static int32_t assert_rows_of_symbols(const oss_model *from, const oss_model *to) {
    oss_config *config = NULL; /* with the seed of the runs, the default */
    oss_model *fresh = NULL;
    int32_t unknown = 0;
    ck_assert_int_eq(oss_config_create_from(&config, &to->config), OSS_OK);
    ck_assert_int_eq(oss_model_create(&fresh, config, to->vocab), OSS_OK);
    for (int32_t id = 0; id < oss_vocab_size(to->vocab); id++) {
        const char *symbol = oss_vocab_symbol(to->vocab, id);
        int32_t known = oss_vocab_find(from->vocab, symbol);
        unknown += known < 0;
        ck_assert_msg(known < 0 || same_rows(to, id, from, known), "the row of '%s' was not kept", symbol);
        ck_assert_msg(known >= 0 || !same_rows(to, id, fresh, 0), "'%s' has the row of the blank", symbol);
    }
    oss_model_free(fresh);
    oss_config_free(config);
    return unknown;
}

static const char learning[] =
    "\"batch_seconds\": 30, \"max_steps\": 150, \"eval_every\": 150, \"lr\": 0.01, "
    "\"dropout\": 0, \"dev_fraction\": 0";

/* Three of the first model's own rows, which lack some letters: the first step's loss is that of a model that
 * knows them. */
START_TEST(test_rows_that_lack_letters) {
    static const char *const any[] = {"a"};
    oss_test_runs runs;
    oss_config *config = make_first(&runs, learning, any, 1);
    char *csv = oss_tempdir_read(runs.csv, NULL), *end = strchr(csv, '\n') + 1;
    for (int row = 0; row < 3; row++) {
        const char *said = strchr(end, ',') + 1;
        end = strchr(end, '\n') + 1;
        ck_assert_ptr_null(memchr(said, 'a', (size_t)(end - said)));
    }
    *end = '\0';
    oss_tempdir_write(oss_test_runs_path(&runs, "own.csv"), csv, (long)strlen(csv));
    double learnt = read_loss(&runs, "first", true);
    ck_assert_msg(learnt < 0.1, "the first model has learnt nothing: %g", learnt);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    double loss = read_loss(&runs, "second", false);
    ck_assert_msg(loss < 0.2, "loss of step 1: %g, after %g", loss, learnt);
    oss_model *from = oss_test_runs_load(&runs, "first/latest"),
              *to = oss_test_runs_load(&runs, "second/latest");
    ck_assert(oss_vocab_equal(from->vocab, to->vocab));
    expect_heard("head: 11 of 11 symbols kept, 0 new\n");
    free(csv);
    oss_model_free(from);
    oss_model_free(to);
    clear(&runs, config);
}
END_TEST

static const char short_run[] =
    "\"batch_seconds\": 4, \"max_steps\": 5, \"dev_fraction\": 0, \"ctc_subframes\": 3";

/* New letters behind the model's own, in all sub-frames. */
START_TEST(test_new_letters) {
    static const char *const text[] = {"abi", "ca jb", "iab"};
    oss_test_runs runs;
    oss_config *config = make_first(&runs, short_run, text, 3);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_model *from = oss_test_runs_load(&runs, "first/latest");
    oss_model *to = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    ck_assert_int_eq(assert_rows_of_symbols(from, to), 2);
    ck_assert_int_eq(oss_vocab_find(to->vocab, "h"), oss_vocab_find(from->vocab, "h"));
    ck_assert_int_eq(oss_vocab_find(to->vocab, "i"), 11);
    ck_assert_int_eq(oss_vocab_find(to->vocab, "j"), 12);
    expect_heard("head: 11 of 13 symbols kept, 2 new: 'i', 'j'\n");
    oss_model_free(from);
    oss_model_free(to);
    clear(&runs, config);
}
END_TEST

/* Byte-pair units: the model's own stay, and a letter that they do not spell comes in. */
START_TEST(test_units) {
    static const char *const known[] = {"abc", "ca b", "hah"}, *const more[] = {"abc", "iab"};
    oss_test_runs runs;
    oss_config *config = make_first(&runs,
                                    "\"batch_seconds\": 4, \"max_steps\": 5, \"dev_fraction\": 0, "
                                    "\"ctc_subframes\": 2, \"units\": \"bpe\", \"vocab_size\": 32",
                                    _i == 0 ? known : more, _i == 0 ? 3 : 2);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_model *from = oss_test_runs_load(&runs, "first/latest");
    oss_model *to = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    int32_t merged = oss_vocab_size(from->vocab) - oss_vocab_characters(from->vocab) - OSS_VOCAB_SPECIALS;
    ck_assert_int_gt(merged, 2);
    ck_assert_int_eq(assert_rows_of_symbols(from, to), _i);
    ck_assert_int_eq(oss_vocab_size(to->vocab), oss_vocab_size(from->vocab) + _i);
    ck_assert(_i == 1 || oss_vocab_equal(from->vocab, to->vocab));
    ck_assert_int_eq(oss_vocab_find(to->vocab, "i"), _i == 0 ? -1 : oss_vocab_characters(from->vocab) + 2);
    char words[100];
    snprintf(words, sizeof words, "head: %d of %d symbols kept, %s\n", (int)oss_vocab_size(from->vocab),
             (int)oss_vocab_size(to->vocab), _i == 0 ? "0 new" : "1 new: 'i'");
    expect_heard(words);
    oss_model_free(from);
    oss_model_free(to);
    clear(&runs, config);
}
END_TEST

/* The list that the user names is the vocabulary; its symbols have their rows all the same. */
START_TEST(test_a_list_of_the_users) {
    static const char *const text[] = {"abc", "ca bk"};
    static const char *const symbol[] = {"<blank>", "<UNK>", "k", "c", "b", "a", " "};
    oss_test_runs runs;
    oss_config *config = make_first(&runs, short_run, text, 2);
    oss_vocab *list = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&list, symbol, 7), OSS_OK);
    const char *path = oss_test_runs_path(&runs, "list.json");
    ck_assert_int_eq(oss_vocab_save(list, config, path), OSS_OK);
    char setting[600];
    snprintf(setting, sizeof setting, "vocab_json=%s", path);
    ck_assert_int_eq(oss_config_set(config, setting), OSS_OK);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    oss_model *from = oss_test_runs_load(&runs, "first/latest");
    oss_model *to = oss_test_runs_load(&runs, "second/checkpoints/step-00000000");
    ck_assert(oss_vocab_equal(to->vocab, list));
    ck_assert_int_eq(assert_rows_of_symbols(from, to), 1);
    expect_heard("head: 6 of 7 symbols kept, 1 new: 'k'\n");
    expect_heard(
        "head: 5 symbols of the model are not in vocab_json and are lost: 'd', 'e', 'f', 'g', 'h'\n");
    oss_model_free(from);
    oss_model_free(to);
    oss_vocab_free(list);
    clear(&runs, config);
}
END_TEST

/* A head that spells in other pieces, or has other sub-frames, is new, and its vocabulary the data's own. */
START_TEST(test_another_head_is_new) {
    static const char *const text[] = {"abcabc", "ca bcab"};
    static const char *const setting[] = {"units=bpe", "ctc_subframes=2"};
    static const char *const words[] = {"head.weight (the units differ), head.bias (the units differ)",
                                        "head.weight (ctc_subframes differs)"};
    oss_test_runs runs;
    oss_config *config = make_first(&runs, short_run, text, 2);
    ck_assert_int_eq(oss_config_set(config, setting[_i]), OSS_OK);
    ck_assert_int_eq(oss_test_runs_finetune(&runs, "second", config, "first/latest"), OSS_OK);
    expect_heard(words[_i]);
    ck_assert_ptr_null(strstr(heard, "symbols kept"));
    oss_model *to = oss_test_runs_load(&runs, "second/latest");
    ck_assert_int_lt(oss_vocab_find(to->vocab, "h"), 0);
    oss_model_free(to);
    clear(&runs, config);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("head_match");
    TCase *all = tcase_create("head_match");
    tcase_set_timeout(all, 300);
    tcase_add_test(all, test_rows_that_lack_letters);
    tcase_add_test(all, test_new_letters);
    tcase_add_loop_test(all, test_units, 0, 2);
    tcase_add_test(all, test_a_list_of_the_users);
    tcase_add_loop_test(all, test_another_head_is_new, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}
