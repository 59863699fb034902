/* From which numbers to which. */
#include "convert/model_quantize.h"

#include <stdlib.h>
#include <string.h>

#include "support/models.h"
#include "support/suite.h"
#include "support/tempdir.h"

START_TEST(test_what_may_become_what) {
    for (int from = 0; from < OSS_STORAGES; from++) {
        for (int to = 0; to < OSS_STORAGES; to++) {
            oss_network_sizes sizes = oss_network_micro();
            oss_model *model = oss_models_create(&sizes);
            model->storage = (oss_storage)from;
            bool allowed = from == OSS_STORAGE_FP32 || to == OSS_STORAGE_FP32 || from == to;
            ck_assert_int_eq(oss_model_quantize(model, (oss_storage)to), allowed ? OSS_OK : OSS_EUSAGE);
            ck_assert_int_eq((int)model->storage, allowed ? to : from);
            if (!allowed) {
                ck_assert_ptr_nonnull(strstr(oss_last_error(), "would be rounded twice"));
                ck_assert_ptr_nonnull(strstr(oss_last_error(), oss_storage_name[from]));
            }
            oss_model_free(model);
        }
    }
}
END_TEST

/* Rounding moves neither the edges of words nor how often it is right by what they are measured to. */
START_TEST(test_calibration_stays) {
    char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "m.safetensors");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes), *loaded = NULL;
    model->calibration = (oss_calibration){.has_edges = true,
                                           .edges = {.onset_seconds = 0.0625, .end_seconds = 0.125},
                                           .has_confidence = true,
                                           .confidence = {.bias = 0.75}};
    ck_assert_int_eq(oss_model_quantize(model, OSS_STORAGE_INT8), OSS_OK);
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    ck_assert_msg(oss_model_load(&loaded, path) == OSS_OK, "%s", oss_last_error());
    ck_assert_int_eq((int)loaded->storage, OSS_STORAGE_INT8);
    ck_assert(loaded->calibration.has_edges && loaded->calibration.has_confidence);
    ck_assert(loaded->calibration.edges.onset_seconds == 0.0625 &&
              loaded->calibration.edges.end_seconds == 0.125);
    ck_assert(loaded->calibration.confidence.bias == 0.75);
    oss_model_free(loaded);
    oss_model_free(model);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model quantize");
    TCase *all = tcase_create("storages");
    tcase_add_test(all, test_what_may_become_what);
    tcase_add_test(all, test_calibration_stays);
    suite_add_tcase(suite, all);
    return suite;
}
