#include "train/freeze.h"

#include <string.h>

#include "base/mem.h"
#include "support/rows.h"
#include "support/suite.h"

static oss_config *freezing(const char *globs) {
    oss_config *config = oss_rows_config("{\"projector_dim\": 4, \"value_conv\": 3}");
    ck_assert_int_eq(oss_config_set(config, globs), OSS_OK);
    return config;
}

static oss_params *make_params(const oss_config *config) {
    oss_params *params = NULL;
    ck_assert_int_eq(oss_params_create(&params, &config->model, 9), OSS_OK);
    return params;
}

static void assert_refused(const char *globs, const char *words) {
    oss_config *config = freezing(globs);
    oss_params *params = make_params(config);
    bool *frozen = NULL;
    ck_assert_int_eq(oss_freeze_create(&frozen, params, config), OSS_EUSAGE);
    ck_assert_msg(strstr(oss_last_error(), words) != NULL, "%s", oss_last_error());
    ck_assert_ptr_null(frozen);
    oss_params_free(params);
    oss_config_free(config);
}

START_TEST(test_refused) {
    assert_refused("freeze=[\"encoder.*\", \"haed.*\"]", "--freeze haed.* matches no tensor");
    assert_refused("freeze=[\"enc.*x\"]",
                   "names are encoder.down.*, encoder.proj.*, encoder.blocks.*, encoder.norm.*, "
                   "head.*, projector.* (\"encoder.down.0.net.0.weight\")");
    /* the projector is never trained */
    assert_refused("freeze=[\"encoder.*\", \"head.*\"]", "leaves nothing to train");
}
END_TEST

START_TEST(test_extent) {
    static const struct {
        const char *globs;
        oss_freeze_extent extent;
    } cases[] = {{"freeze=[]", OSS_FREEZE_NONE},
                 {"freeze=[\"head.*\", \"projector.*\"]", OSS_FREEZE_NONE},
                 {"freeze=[\"encoder.norm.weight\"]", OSS_FREEZE_PART},
                 {"freeze=[\"encoder.down.*\", \"encoder.blocks.*\"]", OSS_FREEZE_PART},
                 {"freeze=[\"encoder.*\"]", OSS_FREEZE_ALL},
                 {"freeze=[\"encoder.[dbp]*\", \"*.norm.weight\"]", OSS_FREEZE_ALL},
                 {"freeze=[\"*.value_conv.*\"]", OSS_FREEZE_PART}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        oss_config *config = freezing(cases[i].globs);
        oss_params *params = make_params(config);
        bool *frozen = NULL;
        ck_assert_int_eq(oss_freeze_create(&frozen, params, config), OSS_OK);
        ck_assert((frozen == NULL) == (config->training.freezes == 0));
        ck_assert_int_eq(oss_freeze_of_encoder(frozen, params), cases[i].extent);
        oss_free(frozen);
        oss_params_free(params);
        oss_config_free(config);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("freeze");
    TCase *all = tcase_create("freeze");
    tcase_add_test(all, test_refused);
    tcase_add_test(all, test_extent);
    suite_add_tcase(suite, all);
    return suite;
}
