/* Without libFuzzer: runs a target over files, or over standard input, as often as AFL++ has something.
 *   replay TARGET [FILE...]          runs each
 *   replay TARGET --seeds FOLDER     writes the seeds and the kept inputs there
 *   replay TARGET --keep FILE...     prints each as tests/fuzz/corpus/TARGET.txt has it
 *   replay --list                    names of the targets
 * OSS_FUZZ_FAULTS=1: memory of ours fails at random. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "support/tempdir.h"

enum { INPUT_MAX_BYTES = 1 << 20 };

#ifdef __AFL_HAVE_MANUAL_CONTROL
#pragma clang diagnostic ignored "-Wshorten-64-to-32" /* in AFL++'s macros */
__AFL_FUZZ_INIT();
#endif

static bool with_faults;

static int run_input(const oss_fuzz_target *target) {
#ifdef __AFL_HAVE_MANUAL_CONTROL
    const unsigned char *shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(10000)) {
        oss_fuzz_run(target, shared, (size_t)__AFL_FUZZ_TESTCASE_LEN, with_faults);
    }
#else
    static uint8_t bytes[INPUT_MAX_BYTES];
    size_t size = fread(bytes, 1, sizeof bytes, stdin);
    oss_fuzz_run(target, bytes, size, with_faults);
#endif
    return EXIT_SUCCESS;
}

static char *read_file(const char *path, long *out_bytes) {
    char *bytes = oss_tempdir_read(path, out_bytes);
    if (bytes == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return bytes;
}

static int run_file(const oss_fuzz_target *target, const char *path) {
    long bytes = 0;
    char *data = read_file(path, &bytes);
    fprintf(stderr, "%s %s: %ld bytes\n", target->name, path, bytes);
    oss_fuzz_run(target, (const uint8_t *)data, (size_t)bytes, with_faults);
    free(data);
    return EXIT_SUCCESS;
}

static int write_seeds(const oss_fuzz_target *target, const char *folder) {
    oss_fuzz_inputs inputs = oss_fuzz_collect(target);
    for (size_t i = 0; i < inputs.count; i++) {
        char name[32];
        snprintf(name, sizeof name, "seed-%05zu", i);
        char *path = oss_tempdir_path(folder, name);
        oss_tempdir_write(path, inputs.item[i].data, (long)inputs.item[i].size);
        free(path);
    }
    oss_fuzz_inputs_free(&inputs);
    return EXIT_SUCCESS;
}

static int print_kept(const char *path) {
    long bytes = 0;
    char *data = read_file(path, &bytes);
    for (long i = 0; i < bytes; i++) {
        printf("%02x", (unsigned char)data[i]);
    }
    putchar('\n');
    free(data);
    return EXIT_SUCCESS;
}

static int run_arguments(const oss_fuzz_target *target, int count, char **argument) {
    int code = count == 0 ? run_input(target) : EXIT_SUCCESS;
    bool keeps = count > 0 && strcmp(argument[0], "--keep") == 0;
    if (count == 2 && strcmp(argument[0], "--seeds") == 0) {
        return write_seeds(target, argument[1]);
    }
    for (int i = keeps; i < count && code == EXIT_SUCCESS; i++) {
        code = keeps ? print_kept(argument[i]) : run_file(target, argument[i]);
    }
    return code;
}

int main(int count, char **argument) {
    const oss_fuzz_target *target = count < 2 ? NULL : oss_fuzz_find(argument[1]);
    with_faults = getenv("OSS_FUZZ_FAULTS") != NULL;
    if (target != NULL) {
        return run_arguments(target, count - 2, argument + 2);
    }
    bool lists = count == 2 && strcmp(argument[1], "--list") == 0;
    for (int i = 0; oss_fuzz_targets[i]->name != NULL && lists; i++) {
        puts(oss_fuzz_targets[i]->name);
    }
    if (!lists) {
        fprintf(stderr, "usage: replay TARGET [--seeds FOLDER | --keep FILE... | FILE...] | --list\n");
    }
    return lists ? EXIT_SUCCESS : EXIT_FAILURE;
}
