#include <stdlib.h>

#include "support/suite.h"

int main(void) {
    SRunner *runner = srunner_create(oss_test_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
