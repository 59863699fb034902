/* Runs a test once per instruction set: oss_add_each_isa(tcase, test), and oss_require_isa() as the first
 * line of the test, which leaves the test when this machine or build lacks the set. Check runs every test in
 * a process of its own, so the choice does not leak. */
#ifndef OSS_TESTS_ISA_H
#define OSS_TESTS_ISA_H

#include <check.h>

#include "kernel/cpu.h"

#if defined(__x86_64__)
enum { OSS_BUILT_ISAS = OSS_ISA_COUNT };
#else
enum { OSS_BUILT_ISAS = 1 }; /* tests that would leave at once are not counted */
#endif
#define oss_add_each_isa(tcase, test) tcase_add_loop_test(tcase, test, 0, OSS_BUILT_ISAS)

#define oss_require_isa()                                                                                    \
    do {                                                                                                     \
        if (!oss_cpu_force((oss_isa)_i)) {                                                                   \
            return;                                                                                          \
        }                                                                                                    \
    } while (0)

#endif
