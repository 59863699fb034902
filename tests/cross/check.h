/* The part of Check's interface that the suites of src/base and src/kernel use, for builds that run on an
 * emulated processor: `make check-neon` puts this folder before the system's headers. The real library would
 * have to be there for the other architecture, and Debian and Ubuntu give it only to a machine on which that
 * architecture was added to the whole package system (Ubuntu: from other servers, too). Everywhere else the
 * suites run under the real one.
 *
 * As there: every test is a process of its own, with a time limit; what fails is printed with its place and
 * values; a process that ends without finishing its test is an error, whatever its exit status.
 * tests/cross/faulty.c has one test of each kind, and `make check-neon` starts with it. An interface that is
 * missing here does not compile. */
#ifndef OSS_TESTS_CROSS_CHECK_H
#define OSS_TESTS_CROSS_CHECK_H

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

typedef struct TTest {
    const char *name;
    void (*run)(int index);
} TTest;
typedef struct TCase TCase;
typedef struct Suite Suite;
typedef struct SRunner SRunner;
enum print_output { CK_NORMAL };

Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tcase);
void tcase_set_timeout(TCase *tcase, double seconds);
/* Both run in the test's own process. */
void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void));
/* One test for each index in [begin, end). */
void tcase_add_loop_test(TCase *tcase, const TTest *test, int begin, int end);
#define tcase_add_test(tcase, test) tcase_add_loop_test(tcase, test, 0, 1)

SRunner *srunner_create(Suite *suite);
void srunner_run_all(SRunner *runner, enum print_output mode);
int srunner_ntests_failed(const SRunner *runner); /* failures and errors */
void srunner_free(SRunner *runner);

#define START_TEST(name)                                                                                     \
    static void name##_run(int _i);                                                                          \
    static const TTest name[1] = {{#name, name##_run}};                                                      \
    static void name##_run(int _i __attribute__((unused)))
#define END_TEST

/* The test has failed: prints the place and the message and ends the process. */
__attribute__((noreturn, format(printf, 3, 4))) void oss_check_fail(const char *file, int line,
                                                                    const char *format, ...);

#define ck_abort_msg(...) oss_check_fail(__FILE__, __LINE__, __VA_ARGS__)
#define ck_assert_msg(condition, ...)                                                                        \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            ck_abort_msg(__VA_ARGS__);                                                                       \
        }                                                                                                    \
    } while (0)
#define ck_assert(condition) ck_assert_msg(condition, "Assertion '%s' failed", #condition)

/* Compares two values of one type; conversion is printf's for it. */
#define OSS_CHECK_COMPARE(type, conversion, a, operator, b)                                                  \
    do {                                                                                                     \
        const type left_ = (a), right_ = (b);                                                                \
        ck_assert_msg(left_ operator right_,                                                                 \
                      "Assertion '%s' failed: the left is " conversion ", the right " conversion,            \
                      #a " " #operator" " #b, left_, right_);                                                \
    } while (0)

#define ck_assert_int_eq(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, ==, b)
#define ck_assert_int_ne(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, !=, b)
#define ck_assert_int_lt(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, <, b)
#define ck_assert_int_le(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, <=, b)
#define ck_assert_int_gt(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, >, b)
#define ck_assert_int_ge(a, b)    OSS_CHECK_COMPARE(intmax_t, "%jd", a, >=, b)
#define ck_assert_uint_eq(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, ==, b)
#define ck_assert_uint_ne(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, !=, b)
#define ck_assert_uint_lt(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, <, b)
#define ck_assert_uint_le(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, <=, b)
#define ck_assert_uint_gt(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, >, b)
#define ck_assert_uint_ge(a, b)   OSS_CHECK_COMPARE(uintmax_t, "%ju", a, >=, b)
#define ck_assert_float_eq(a, b)  OSS_CHECK_COMPARE(double, "%.9g", (double)(a), ==, (double)(b))
#define ck_assert_double_eq(a, b) OSS_CHECK_COMPARE(double, "%.17g", a, ==, b)
#define ck_assert_double_lt(a, b) OSS_CHECK_COMPARE(double, "%.17g", a, <, b)
#define ck_assert_double_le(a, b) OSS_CHECK_COMPARE(double, "%.17g", a, <=, b)
#define ck_assert_double_gt(a, b) OSS_CHECK_COMPARE(double, "%.17g", a, >, b)
#define ck_assert_double_ge(a, b) OSS_CHECK_COMPARE(double, "%.17g", a, >=, b)
#define ck_assert_double_eq_tol(a, b, tolerance)                                                             \
    OSS_CHECK_COMPARE(double, "%.17g", fabs((a) - (b)), <=, tolerance)
#define ck_assert_ptr_eq(a, b)   OSS_CHECK_COMPARE(uintptr_t, "%#" PRIxPTR, (uintptr_t)(a), ==, (uintptr_t)(b))
#define ck_assert_ptr_ne(a, b)   OSS_CHECK_COMPARE(uintptr_t, "%#" PRIxPTR, (uintptr_t)(a), !=, (uintptr_t)(b))
#define ck_assert_ptr_null(a)    ck_assert_msg((a) == NULL, "Assertion '%s == NULL' failed", #a)
#define ck_assert_ptr_nonnull(a) ck_assert_msg((a) != NULL, "Assertion '%s != NULL' failed", #a)
#define ck_assert_str_eq(a, b)                                                                               \
    do {                                                                                                     \
        const char *left_ = (a), *right_ = (b);                                                              \
        ck_assert_msg(left_ != NULL && right_ != NULL && strcmp(left_, right_) == 0,                         \
                      "Assertion '%s' failed: the left is \"%s\", the right \"%s\"", #a " == " #b,           \
                      left_ != NULL ? left_ : "(null)", right_ != NULL ? right_ : "(null)");                 \
    } while (0)
#define ck_assert_mem_eq(a, b, bytes)                                                                        \
    ck_assert_msg(memcmp((a), (b), (bytes)) == 0, "Assertion '%s' failed: the bytes differ", #a " == " #b)

#endif
