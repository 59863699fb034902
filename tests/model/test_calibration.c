#include "model/calibration.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/model_file.h"
#include "support/faults.h"
#include "support/models.h"
#include "support/suite.h"
#include "support/tempdir.h"

static oss_calibration example(void) {
    oss_calibration c = {.has_edges = true,
                         .has_confidence = true,
                         .has_search_confidence = true,
                         .has_level = true,
                         .speech_db = -22.5,
                         .edges = {0.0625, 0.03},
                         .confidence = {.bias = -1.25},
                         .search_confidence = {.bias = 0.75}};
    for (int k = 0; k < OSS_CONFIDENCE_FEATURES; k++) {
        c.confidence.weight[k] = k < OSS_CONFIDENCE_OF_NETWORK ? 0.1 * (k - 3) : 0.0;
        c.search_confidence.weight[k] = 0.3 * (k + 1);
    }
    return c;
}

static void expect_equal(const oss_calibration *a, const oss_calibration *b) {
    ck_assert(a->has_edges == b->has_edges && a->has_confidence == b->has_confidence);
    ck_assert(a->has_level == b->has_level);
    ck_assert_double_eq(a->speech_db, b->speech_db);
    ck_assert_double_eq(a->edges.onset_seconds, b->edges.onset_seconds);
    ck_assert_double_eq(a->edges.end_seconds, b->edges.end_seconds);
    ck_assert_double_eq(a->confidence.bias, b->confidence.bias);
    ck_assert_mem_eq(a->confidence.weight, b->confidence.weight, sizeof a->confidence.weight);
    ck_assert(a->has_search_confidence == b->has_search_confidence);
    ck_assert_double_eq(a->search_confidence.bias, b->search_confidence.bias);
    ck_assert_mem_eq(a->search_confidence.weight, b->search_confidence.weight,
                     sizeof a->search_confidence.weight);
}

START_TEST(what_is_written_is_read) {
    for (int parts = 0; parts < 16; parts++) {
        oss_calibration c = example(), back = example();
        c.has_edges = parts % 2 == 1;
        c.has_confidence = parts / 2 % 2 == 1;
        c.has_search_confidence = parts / 4 % 2 == 1;
        c.has_level = parts >= 8;
        c.speech_db = c.has_level ? c.speech_db : 0;
        c.edges = c.has_edges ? c.edges : (oss_edge_offsets){0};
        c.confidence = c.has_confidence ? c.confidence : (oss_confidence_weights){0};
        c.search_confidence = c.has_search_confidence ? c.search_confidence : (oss_confidence_weights){0};
        char *text = NULL;
        ck_assert_int_eq(oss_calibration_print(&text, &c), OSS_OK);
        ck_assert_int_eq(oss_calibration_parse(&back, text), OSS_OK);
        expect_equal(&back, &c);
        oss_free(text);
    }
}
END_TEST

START_TEST(damage_is_refused) {
    static const char *const text[] = {
        "",
        "[]",
        "{\"edges\":3}",
        "{\"edges\":{\"onset_seconds\":0.1}}",
        "{\"edges\":{\"onset_seconds\":0.1,\"end_seconds\":0}}",
        "{\"edges\":{\"onset_seconds\":0.1,\"end_seconds\":-0.1}}",
        "{\"edges\":{\"onset_seconds\":2.5,\"end_seconds\":0.1}}",
        "{\"edges\":{\"onset_seconds\":\"0.1\",\"end_seconds\":0.1}}",
        "{\"confidence\":{\"bias\":0}}",
        "{\"confidence\":null}",
        "{\"search_confidence\":{\"bias\":0}}",
        "{\"search_confidence\":7}",
        "{\"level\":-20}",
        "{\"level\":{}}",
        "{\"level\":{\"speech_db\":0.1}}",
        "{\"level\":{\"speech_db\":-60.1}}",
        "{\"level\":{\"speech_db\":\"-20\"}}",
    };
    for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
        oss_calibration c = example();
        const oss_calibration before = example();
        ck_assert_msg(oss_calibration_parse(&c, text[k]) == OSS_EINPUT, "%s", text[k]);
        expect_equal(&c, &before);
    }
}
END_TEST

/* A later version may measure more, or confidences by more. */
START_TEST(what_is_not_known_is_passed_over) {
    oss_calibration c = {0};
    ck_assert_int_eq(
        oss_calibration_parse(&c, "{\"tempo\":1,\"edges\":{\"onset_seconds\":0.1,\"end_seconds\":0.2,"
                                  "\"noise\":3},\"confidence\":{\"bias\":0,\"lexicon\":2}}"),
        OSS_OK);
    ck_assert(c.has_edges && !c.has_confidence);
    /* The posterior of a search is no feature of a word that none found. */
    ck_assert_int_eq(oss_calibration_parse(&c, "{\"confidence\":{\"bias\":0,\"posterior\":2},"
                                               "\"search_confidence\":{\"bias\":0,\"lexicon\":2}}"),
                     OSS_OK);
    ck_assert(!c.has_confidence && !c.has_search_confidence);
    ck_assert_int_eq(
        oss_calibration_parse(&c, "{\"tempo\":1,\"edges\":{\"onset_seconds\":0.1,\"end_seconds\":0.2}}"),
        OSS_OK);
    ck_assert_double_eq(c.edges.end_seconds, 0.2);
}
END_TEST

START_TEST(a_model_file_keeps_it) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "model.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes), *back = NULL;
    model->calibration = example();
    ck_assert_int_eq(oss_model_save(model, path), OSS_OK);
    ck_assert_int_eq(oss_model_load(&back, path), OSS_OK);
    expect_equal(&back->calibration, &model->calibration);
    ck_assert_mem_eq(back->value, model->value, model->params->floats * sizeof *model->value);
    oss_model_free(back);
    oss_model_free(model);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

/* That alone is enough to be kept. */
START_TEST(a_model_file_keeps_that_of_searches) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "model.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes), *back = NULL;
    model->calibration = (oss_calibration){.has_search_confidence = true, .search_confidence = {.bias = 2.0}};
    ck_assert_int_eq(oss_model_save(model, path), OSS_OK);
    ck_assert_int_eq(oss_model_load(&back, path), OSS_OK);
    expect_equal(&back->calibration, &model->calibration);
    oss_model_free(back);
    model->calibration = (oss_calibration){.has_level = true, .speech_db = -31.25};
    ck_assert_int_eq(oss_model_save(model, path), OSS_OK);
    ck_assert_int_eq(oss_model_load(&back, path), OSS_OK);
    expect_equal(&back->calibration, &model->calibration);
    oss_model_free(back);
    oss_model_free(model);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

START_TEST(short_memory_is_told) {
    const oss_calibration c = example();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        char *text = NULL;
        oss_calibration back = {0};
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_calibration_print(&text, &c);
        if (status == OSS_OK) {
            status = oss_calibration_parse(&back, text);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        oss_free(text);
        if (!fired) {
            break;
        }
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model/calibration");
    TCase *tests = tcase_create("calibration");
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, damage_is_refused);
    tcase_add_test(tests, what_is_not_known_is_passed_over);
    tcase_add_test(tests, a_model_file_keeps_it);
    tcase_add_test(tests, a_model_file_keeps_that_of_searches);
    tcase_add_test(tests, short_memory_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
