/* Fuzz targets: tests/fuzz/fuzz_NAME.c has one, `oss_target_NAME`. Its run takes any bytes and asserts, with Check's macros,
 * what must hold of them all; its seeds are inputs of the right form, made by our own writers. How to run them:
 * CONTRIBUTING.md, "Fuzzing". */
#ifndef OSS_TESTS_FUZZ_FUZZ_H
#define OSS_TESTS_FUZZ_FUZZ_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_fuzz_target {
    const char *name;
    void (*prepare)(void); /* once, before the first run; NULL: nothing. What it allocates stays */
    void (*run)(const uint8_t *data, size_t size);
    void (*seeds)(void); /* calls oss_fuzz_seed */
} oss_fuzz_target;

/* All of them, the last one's name NULL: made by the Makefile of the files that are there. */
extern const oss_fuzz_target *const oss_fuzz_targets[];
/* NULL: there is none of this name. */
const oss_fuzz_target *oss_fuzz_find(const char *name);

/* ---- For drivers ---- */

/* Runs the target on a copy that ends where the input ends, and asserts that no memory of ours is left. with_faults: a heap call
 * of ours fails, or all from one on; which, the input decides. */
void oss_fuzz_run(const oss_fuzz_target *target, const uint8_t *data, size_t size, bool with_faults);

typedef struct oss_fuzz_inputs {
    struct oss_fuzz_input {
        uint8_t *data;
        size_t size;
    } * item;
    size_t count;
} oss_fuzz_inputs;
/* The target's seeds, and what tests/fuzz/corpus/NAME.txt has for it, an input a line in hexadecimal. */
oss_fuzz_inputs oss_fuzz_collect(const oss_fuzz_target *target);
void oss_fuzz_inputs_free(oss_fuzz_inputs *inputs);
/* *out_size bytes for free(): the i-th change of one of the inputs, a function of `seed` and i. */
uint8_t *oss_fuzz_mutate(const oss_fuzz_inputs *inputs, uint64_t seed, uint64_t i, size_t *out_size);

/* ---- For seeds ---- */

void oss_fuzz_seed(const void *data, size_t size);
void oss_fuzz_seed_text(const char *text);
#define OSS_FUZZ_SEED(literal) oss_fuzz_seed((literal), sizeof(literal) - 1) /* which may have zeros in it */
/* For targets whose first byte says what is done with the others. */
void oss_fuzz_seed_after(int first, const void *data, size_t size);
/* A file, which is removed; first < 0: without such a byte. */
void oss_fuzz_seed_file(const char *path, int first);

/* ---- For targets ---- */

/* True: it went well. Else it failed in a way that an input may be the reason of (OSS_EINPUT, OSS_EUSAGE, OSS_ENUMERIC) or that
 * was asked for (oss_fuzz_has_faults), with a message that is one line of UTF-8. */
bool oss_fuzz_ok(oss_status status);
bool oss_fuzz_has_faults(void);
/* Path of a file that holds the bytes until the next call. */
const char *oss_fuzz_file(const void *data, size_t size);
/* Path of a file that is not there, to be written to. */
const char *oss_fuzz_scratch(void);
/* A NUL-terminated copy for free(). */
char *oss_fuzz_text(const void *data, size_t size);
/* So that a sanitizer sees every byte read. */
void oss_fuzz_read_all(const void *data, size_t size);

/* Numbers off the front of the input; 0 when it is at its end. */
typedef struct oss_fuzz_bytes {
    const uint8_t *at;
    size_t left;
} oss_fuzz_bytes;
uint8_t oss_fuzz_u8(oss_fuzz_bytes *bytes);
uint32_t oss_fuzz_u32(oss_fuzz_bytes *bytes);
float oss_fuzz_f32(oss_fuzz_bytes *bytes); /* any bits */
/* 0 to most. */
uint32_t oss_fuzz_up_to(oss_fuzz_bytes *bytes, uint32_t most);
/* The next bytes up to a line feed or the end, for free(). */
char *oss_fuzz_line(oss_fuzz_bytes *bytes);

#endif
