/* From which numbers to which. */
#include "convert/model_quantize.h"

#include <string.h>

#include "support/models.h"
#include "support/suite.h"

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

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("model quantize");
    TCase *all = tcase_create("storages");
    tcase_add_test(all, test_what_may_become_what);
    suite_add_tcase(suite, all);
    return suite;
}
