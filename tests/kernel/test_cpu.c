#include "kernel/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

START_TEST(generic_always_runs_and_force_forces) {
    int runs = 0;
    for (int isa = OSS_ISA_GENERIC; isa < OSS_ISA_COUNT; isa++) {
        oss_isa before = oss_cpu_isa();
        int forced = oss_cpu_force((oss_isa)isa);
        ck_assert_int_eq(oss_cpu_isa(), forced ? isa : (int)before);
        runs += forced;
    }
    ck_assert_int_ge(runs, 1);
    ck_assert_int_eq(oss_cpu_force(OSS_ISA_GENERIC), 1);
    ck_assert_int_eq(oss_cpu_isa(), OSS_ISA_GENERIC);
}
END_TEST

START_TEST(environment_selects_or_explains) {
    setenv("OSSICLE_CPU", "generic", 1);
    ck_assert_int_eq(oss_cpu_select_from_environment(), OSS_OK);
    ck_assert_int_eq(oss_cpu_isa(), OSS_ISA_GENERIC);

    setenv("OSSICLE_CPU", "avx1024", 1);
    ck_assert_int_eq(oss_cpu_select_from_environment(), OSS_EUSAGE);
    ck_assert_int_eq(oss_cpu_isa(), OSS_ISA_GENERIC);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "OSSICLE_CPU=avx1024"));
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "generic"));

    setenv("OSSICLE_CPU", "", 1);
    ck_assert_int_eq(oss_cpu_select_from_environment(), OSS_OK);
    unsetenv("OSSICLE_CPU");
    ck_assert_int_eq(oss_cpu_select_from_environment(), OSS_OK);
    ck_assert_int_eq(oss_cpu_isa(), OSS_ISA_GENERIC);
}
END_TEST

START_TEST(names) {
    ck_assert_str_eq(oss_cpu_isa_name(OSS_ISA_GENERIC), "generic");
    ck_assert_str_eq(oss_cpu_isa_name(OSS_ISA_AVX2), "avx2");
    ck_assert_str_eq(oss_cpu_isa_name(OSS_ISA_AVX512), "avx512");
    ck_assert_str_eq(oss_cpu_isa_name((oss_isa)99), "unknown");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("kernel/cpu");
    TCase *tcase = tcase_create("cpu");
    tcase_add_test(tcase, generic_always_runs_and_force_forces);
    tcase_add_test(tcase, environment_selects_or_explains);
    tcase_add_test(tcase, names);
    suite_add_tcase(suite, tcase);
    return suite;
}
