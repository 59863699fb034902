#include <stdio.h>
#include <stdlib.h>

#include "kernel/cpu.h"
#include "support/suite.h"

/* OSSICLE_CPU chooses the instruction set as in the programs; tests of every variant choose by themselves. */
int main(void) {
    if (oss_cpu_select_from_environment() != OSS_OK) {
        fprintf(stderr, "%s\n", oss_last_error());
        return EXIT_FAILURE;
    }
    /* Check's own limit of 4 s a test is for machines that have nothing else to do. */
    if (setenv("CK_DEFAULT_TIMEOUT", "120", 0) != 0) {
        return EXIT_FAILURE;
    }
    SRunner *runner = srunner_create(oss_test_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
