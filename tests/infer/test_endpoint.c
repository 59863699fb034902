/* Where segments end: each rule by itself, and none. */
#include "infer/endpoint.h"

#include <stddef.h>
#include <string.h>

#include "support/suite.h"

static oss_endpoint_row row_of(char letter) {
    return letter == '.'   ? OSS_ENDPOINT_SILENCE
           : letter == '_' ? OSS_ENDPOINT_SPACE
           : letter == 'w' ? OSS_ENDPOINT_WORD
                           : OSS_ENDPOINT_SPEECH;
}

/* rows: '.' silence, '_' a space, 'w' a symbol with its space, 'a' speech. The segments come out with '|' between. */
static void check(const oss_endpoint_rules *rules, const char *rows, const char *want) {
    char got[256];
    size_t used = 0;
    oss_endpoint segment = {0};
    for (; *rows != '\0'; rows++) {
        if (oss_endpoint_before(&segment, rules, row_of(*rows))) {
            got[used++] = '|';
            segment = (oss_endpoint){0};
        }
        got[used++] = *rows;
        if (oss_endpoint_with(&segment, rules, row_of(*rows))) {
            got[used++] = '|';
            segment = (oss_endpoint){0};
        }
    }
    got[used] = '\0';
    ck_assert_str_eq(got, want);
}

START_TEST(test_silence) {
    const oss_endpoint_rules rules = {.silence = 4};
    check(&rules, "......a....a...", "....|..a....|a...");
    check(&rules, "a._..a.w...", "a._..|a.w...");
}
END_TEST

START_TEST(test_silence_after_speech) {
    const oss_endpoint_rules rules = {.silence_after_speech = 2};
    check(&rules, "....a..a_.a.a..", "....a..|a_.|a.a..|");
    check(&rules, "_.._..a", "_.._..a");
}
END_TEST

START_TEST(test_both_silences) {
    const oss_endpoint_rules rules = {.silence = 4, .silence_after_speech = 2};
    check(&rules, "......a..", "....|..a..|");
}
END_TEST

START_TEST(test_length) {
    const oss_endpoint_rules rules = {.length = 3};
    check(&rules, "aa_aa_aa", "aa_aa|_aa");   /* a space cuts once the length is reached */
    check(&rules, "aaawaaaw", "aaa|waaa|w");  /* before the symbol that has it */
    check(&rules, "aaaaaaaaa", "aaaaaa|aaa"); /* at twice the length where it is */
    check(&rules, "......a_", "......|a_");
}
END_TEST

START_TEST(test_no_rule) {
    const oss_endpoint_rules rules = {0};
    check(&rules, "....aaaa......_......aaaa", "....aaaa......_......aaaa");
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/endpoint");
    TCase *tcase = tcase_create("endpoint");
    tcase_add_test(tcase, test_silence);
    tcase_add_test(tcase, test_silence_after_speech);
    tcase_add_test(tcase, test_both_silences);
    tcase_add_test(tcase, test_length);
    tcase_add_test(tcase, test_no_rule);
    suite_add_tcase(suite, tcase);
    return suite;
}
