/* Which language model goes with a model file. */
#include "infer/decoding_cases.h"
#include "ossicle/decoding.h"
#include "support/faults.h"
#include "support/suite.h"

static char *find_lm(const char *model) {
    char *path = NULL;
    ck_assert_int_eq(oss_decoding_find_lm(model, &path), OSS_OK);
    return path;
}

START_TEST(a_language_model_lies_beside_a_model) {
    static const struct {
        const char *model, *lm;
        bool found;
    } beside[] = {{"en.safetensors", "en.lm", true}, {"v1.2.safetensors", "v1.2.lm", true},
                  {"plain", "plain.lm", true},       {".hidden", ".hidden.lm", true},
                  {"a.safetensors", "b.lm", false},  {"v1.2.safetensors", "v1.lm", false},
                  {"c.safetensors", "c.olm", false}, {"d.lm", "d.lm", false}};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char *folder = oss_tempdir_make(), *model = oss_tempdir_path(folder, beside[i].model),
             *lm = oss_tempdir_path(folder, beside[i].lm);
        oss_tempdir_write(model, "", 0);
        oss_tempdir_write(lm, "", 0);
        char *path = find_lm(model);
        if (beside[i].found) {
            ck_assert_str_eq(path, lm);
        } else {
            ck_assert_msg(path == NULL, "%s for %s", path, model);
        }
        oss_string_free(path);
        ck_assert_ptr_null(find_lm(folder));
        free(model);
        model = oss_tempdir_path(folder, "nothing.safetensors");
        ck_assert_ptr_null(find_lm(model));
        free(lm);
        free(model);
        oss_tempdir_remove(folder);
    }
}
END_TEST

START_TEST(a_language_model_is_not_found_without_memory) {
    place p = oss_case_doubtful_place();
    char *lm = oss_case_write(&p, "model.lm", ""), untouched[] = "", *path = untouched;
    oss_faults_install();
    oss_faults_fail(OSS_CALL_ANY_HEAP, 1, 0);
    ck_assert_int_eq(oss_decoding_find_lm(p.model, &path), OSS_ENOMEM);
    ck_assert(oss_faults_clear());
    oss_faults_remove();
    ck_assert_ptr_eq(path, untouched);
    free(lm);
    free_place(&p);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/decoding_find_lm");
    TCase *tests = tcase_create("beside a model");
    tcase_add_test(tests, a_language_model_lies_beside_a_model);
    tcase_add_test(tests, a_language_model_is_not_found_without_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
