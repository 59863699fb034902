/* What findings are called. */
#include "check/check_rows.h"

START_TEST(test_names) {
    for (int i = 0; i < OSS_CHECK_KINDS; i++) {
        const char *name = oss_check_kind_name((oss_check_kind)i);
        ck_assert_str_ne(oss_check_kind_title((oss_check_kind)i), "");
        ck_assert(!(oss_check_is_warning((oss_check_kind)i) && oss_check_is_unfit((oss_check_kind)i)));
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(name, oss_check_kind_name((oss_check_kind)j));
        }
    }
}
END_TEST

/* A row that training leaves out is one that --fix leaves out, under the same name. */
START_TEST(test_reasons) {
    for (int reason = 0; reason < OSS_SKIP_REASONS; reason++) {
        oss_check_kind kind = oss_check_kind_of((oss_skip_reason)reason);
        ck_assert_str_eq(oss_check_kind_name(kind), oss_skip_reason_name((oss_skip_reason)reason));
        ck_assert(oss_check_is_unfit(kind));
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("check/check_kinds");
    TCase *tests = tcase_create("kinds");
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_reasons);
    suite_add_tcase(suite, tests);
    return suite;
}
