/* Runs a test once per instruction set: oss_add_each_isa(tcase, test), and oss_require_isa() as the first
 * line of the test, which leaves the test when this machine or build lacks the set. Check runs every test in
 * a process of its own, so the choice does not leak. */
#ifndef OSS_TESTS_ISA_H
#define OSS_TESTS_ISA_H

#include <check.h>

#include "kernel/cpu.h"

#define oss_add_each_isa(tcase, test) tcase_add_loop_test(tcase, test, 0, OSS_ISA_COUNT)

#define oss_require_isa()                                                                                    \
    do {                                                                                                     \
        if (!oss_cpu_force((oss_isa)_i)) {                                                                   \
            return;                                                                                          \
        }                                                                                                    \
    } while (0)

#endif
