/* Every fuzz target over its seeds, over what fuzzing has kept, and over changes of both; and all of it once more with memory that
 * fails. */
#include <stdlib.h>

#include "base/number.h"
#include "fuzz/fuzz.h"
#include "support/suite.h"

static int64_t count_changes(void) {
    int64_t count = 200;
    const char *word = getenv("OSS_FUZZ_CHANGES"); /* more of them, for an hour that nobody needs */
    ck_assert_msg(word == NULL || (oss_integer_parse(word, &count) && count >= 0), "OSS_FUZZ_CHANGES=%s",
                  word);
    return count;
}

START_TEST(test_target) {
    const oss_fuzz_target *target = oss_fuzz_targets[_i];
    oss_fuzz_inputs inputs = oss_fuzz_collect(target);
    ck_assert_uint_gt(inputs.count, 0);
    for (size_t i = 0; i < 2 * inputs.count; i++) {
        oss_fuzz_run(target, inputs.item[i / 2].data, inputs.item[i / 2].size, i % 2 == 1);
    }
    oss_fuzz_run(target, (const uint8_t *)"", 0, false);
    int64_t changes = count_changes();
    for (int64_t i = 0; i < changes; i++) {
        size_t size = 0;
        uint8_t *data = oss_fuzz_mutate(&inputs, 1, (uint64_t)i, &size);
        oss_fuzz_run(target, data, size, i % 4 == 3);
        free(data);
    }
    oss_fuzz_inputs_free(&inputs);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("fuzz_corpus");
    TCase *all = tcase_create("fuzz_corpus");
    int targets = 0;
    while (oss_fuzz_targets[targets]->name != NULL) {
        targets++;
    }
    tcase_add_loop_test(all, test_target, 0, targets);
    suite_add_tcase(suite, all);
    return suite;
}
