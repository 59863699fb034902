/* A model from memory is the model of the file, and what a file says of its training. */
#include <stdlib.h>
#include <string.h>

#include "model/model_file.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_model *make_model(void) {
    const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b"};
    oss_vocab *vocab = NULL;
    oss_config *config = NULL;
    oss_model *model = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 5), OSS_OK);
    const char json[] = "{\"mel_bins\": 16, \"conv_channels\": 2, \"d_model\": 4, \"n_layers\": 1, "
                        "\"n_heads\": 2, \"d_ff\": 6}";
    ck_assert_msg(oss_config_parse(&config, json, "c") == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_model_create(&model, config, vocab) == OSS_OK, "%s", oss_last_error());
    oss_config_free(config);
    oss_vocab_free(vocab);
    return model;
}

START_TEST(test_from_memory) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "m.safetensors");
    oss_model *model = make_model();
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    oss_model *again = NULL;
    ck_assert_msg(oss_model_load_memory(&again, all, (size_t)bytes, "a block") == OSS_OK, "%s",
                  oss_last_error());
    memset(all, 0, (size_t)bytes); /* not needed afterwards */
    ck_assert_str_eq(again->path, "a block");
    ck_assert_uint_eq(again->params->floats, model->params->floats);
    ck_assert_mem_eq(again->value, model->value, model->params->floats * sizeof(float));
    ck_assert(oss_vocab_equal(again->vocab, model->vocab));
    oss_model_free(again);
    again = NULL;
    ck_assert_int_eq(oss_model_load_memory(&again, all, (size_t)bytes, "a block"), OSS_EINPUT);
    ck_assert_ptr_null(again);
    ck_assert_ptr_eq(strstr(oss_last_error(), "a block: "), oss_last_error());
    oss_model_free(model);
    free(all);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* Whether a model can run as a stream is a matter of its training, of which the file keeps this. */
START_TEST(test_chunk_training) {
    static const double kept[] = {0.0, 0.25, -1.0}; /* -1: as older files, which do not say */
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "m.safetensors");
    oss_model *model = make_model();
    ck_assert(model->chunk_training == 0.0);
    for (int i = 0; i < 3; i++) {
        oss_model *again = NULL;
        model->chunk_training = kept[i];
        ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
        ck_assert_msg(oss_model_load(&again, path) == OSS_OK, "%s", oss_last_error());
        ck_assert(again->chunk_training == kept[i]);
        oss_model_free(again);
    }
    oss_model_free(model);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model from memory");
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, test_from_memory);
    tcase_add_test(tests, test_chunk_training);
    suite_add_tcase(suite, tests);
    return suite;
}
