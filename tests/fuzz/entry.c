/* libFuzzer's side: one program for all targets, which is called by the target's name. OSS_FUZZ_FAULTS=1: memory of ours fails at
 * random. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***argument);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const oss_fuzz_target *target;
static bool with_faults;

int LLVMFuzzerInitialize(int *count, char ***argument) {
    const char *path = *count > 0 ? **argument : "", *name = strrchr(path, '/');
    target = oss_fuzz_find(name == NULL ? path : name + 1);
    if (target == NULL) {
        fprintf(stderr, "%s: no fuzz target has this name; the program takes it from its own\n", path);
        exit(EXIT_FAILURE);
    }
    with_faults = getenv("OSS_FUZZ_FAULTS") != NULL;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    oss_fuzz_run(target, data, size, with_faults);
    return 0;
}
