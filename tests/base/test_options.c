/* Structs of options of programs that were compiled with another version. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/options.h"
#include "support/suite.h"

typedef struct first_version {
    size_t size;
    int32_t a; /* its last member: padding follows */
} first_version;

typedef struct this_version {
    size_t size;
    int32_t a, b;
    double c;
} this_version;

typedef struct later_version {
    this_version known;
    double d, e;
} later_version;

static oss_status copy(this_version *out, const void *given) {
    return oss_options_copy(out, given, sizeof *out, OSS_OPTIONS_UP_TO(first_version, a), "x_options");
}

START_TEST(test_own_and_older) {
    const this_version own = {.size = sizeof own, .a = 1, .b = 2, .c = 3.0};
    this_version out = {.b = 9, .c = 9.0};
    ck_assert_int_eq(copy(&out, &own), OSS_OK);
    ck_assert(out.size == sizeof own && out.a == 1 && out.b == 2 && out.c == 3.0);
    first_version older;
    memset(&older, 0, sizeof older);
    older.size = sizeof older;
    older.a = 7;
    ck_assert_int_eq(copy(&out, &older), OSS_OK);
    ck_assert(out.a == 7 && out.b == 0 && out.c == 0.0);
    older.size = OSS_OPTIONS_UP_TO(first_version, a);
    memset((char *)&older + older.size, 0xff, sizeof older - older.size); /* is none of it */
    ck_assert_int_eq(copy(&out, &older), OSS_OK);
    ck_assert(out.a == 7 && out.b == 0 && out.c == 0.0);
}
END_TEST

START_TEST(test_later) {
    later_version later = {.known = {.size = sizeof later, .a = 1, .b = 2, .c = 3.0}};
    this_version out = {.a = 5};
    ck_assert_int_eq(copy(&out, &later), OSS_OK);
    ck_assert(out.a == 1 && out.b == 2 && out.c == 3.0);
    later.e = 1.0;
    later.known.a = 9;
    ck_assert_int_eq(copy(&out, &later), OSS_EUSAGE);
    ck_assert_ptr_nonnull(strstr(oss_last_error(), "does not have"));
    ck_assert_int_eq(out.a, 1);
}
END_TEST

START_TEST(test_no_size) {
    const this_version none = {.a = 1};
    this_version out = {.a = 5};
    ck_assert_int_eq(copy(&out, &none), OSS_EUSAGE);
    ck_assert_str_eq(oss_last_error(), "the size of the options is 0: set it to sizeof(x_options)");
    ck_assert_int_eq(out.a, 5);
}
END_TEST

/* What stands in a struct that nobody initialised; the bytes behind it are not looked at. */
START_TEST(test_any_size) {
    const size_t sizes[] = {OSS_OPTIONS_MOST_BYTES + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const this_version given = {.size = sizes[i], .a = 1};
        this_version out = {.a = 5};
        ck_assert_int_eq(copy(&out, &given), OSS_EUSAGE);
        ck_assert_ptr_nonnull(strstr(oss_last_error(), "set it to sizeof(x_options)"));
        ck_assert_int_eq(out.a, 5);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("base/options");
    TCase *tests = tcase_create("options");
    tcase_add_test(tests, test_own_and_older);
    tcase_add_test(tests, test_later);
    tcase_add_test(tests, test_no_size);
    tcase_add_test(tests, test_any_size);
    suite_add_tcase(suite, tests);
    return suite;
}
