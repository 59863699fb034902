/* What every test program defines; main.c runs it. */
#ifndef OSS_TESTS_SUITE_H
#define OSS_TESTS_SUITE_H

#include <check.h>

Suite *oss_test_suite(void);

#endif
