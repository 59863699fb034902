/* What is put into the targets: seeds, kept inputs, and changes of both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "support/fill.h"
#include "support/golden.h"
#include "support/tempdir.h"

#define DECLARE(name) extern const oss_fuzz_target oss_target_##name;
OSS_FUZZ_TARGETS(DECLARE)
#define LIST(name) &oss_target_##name,
static const oss_fuzz_target end_of_targets;
const oss_fuzz_target *const oss_fuzz_targets[] = {OSS_FUZZ_TARGETS(LIST) & end_of_targets};

const oss_fuzz_target *oss_fuzz_find(const char *name) {
    for (int i = 0; oss_fuzz_targets[i]->name != NULL; i++) {
        if (strcmp(oss_fuzz_targets[i]->name, name) == 0) {
            return oss_fuzz_targets[i];
        }
    }
    return NULL;
}

/* ---- Collecting ---- */

static oss_fuzz_inputs *collected; /* by oss_fuzz_collect, which seeds are for */

static void add(uint8_t *data, size_t size) {
    collected->item = realloc(collected->item, (collected->count + 1) * sizeof *collected->item);
    ck_assert(collected->item != NULL && data != NULL);
    collected->item[collected->count++] = (struct oss_fuzz_input){data, size};
}

void oss_fuzz_seed(const void *data, size_t size) {
    add((uint8_t *)oss_fuzz_text(data, size), size);
}

void oss_fuzz_seed_text(const char *text) {
    oss_fuzz_seed(text, strlen(text));
}

void oss_fuzz_seed_after(int first, const void *data, size_t size) {
    uint8_t *all = malloc(size + 1);
    ck_assert_ptr_nonnull(all);
    all[0] = (uint8_t)first;
    memcpy(all + 1, data, size);
    add(all, size + 1);
}

void oss_fuzz_seed_file(const char *path, int first) {
    long bytes = 0;
    char *all = oss_tempdir_read(path, &bytes);
    ck_assert_ptr_nonnull(all);
    ck_assert_int_eq(unlink(path), 0);
    if (first < 0) {
        oss_fuzz_seed(all, (size_t)bytes);
    } else {
        oss_fuzz_seed_after(first, all, (size_t)bytes);
    }
    free(all);
}

static int digit(char c) {
    const char *digits = "0123456789abcdef", *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* A line of hexadecimal digits; those that begin with '#' say what the next one is. */
static void add_line(const char *line, size_t length, const char *path) {
    uint8_t *data = malloc(length / 2 + 1);
    ck_assert_ptr_nonnull(data);
    for (size_t i = 0; i + 1 < length + length % 2; i += 2) {
        int high = digit(line[i]), low = i + 1 < length ? digit(line[i + 1]) : -1;
        ck_assert_msg(high >= 0 && low >= 0, "%s: \"%.20s...\" is not pairs of hexadecimal digits", path,
                      line);
        data[i / 2] = (uint8_t)(high << 4 | low);
    }
    add(data, length / 2);
}

static void add_kept(const oss_fuzz_target *target) {
    char name[64];
    snprintf(name, sizeof name, "fuzz/corpus/%s.txt", target->name);
    char *path = oss_golden_path(name), *text = oss_tempdir_read(path, NULL);
    for (const char *line = text; line != NULL && *line != '\0';) {
        size_t bytes = strcspn(line, "\n");
        if (*line != '#') {
            add_line(line, bytes, path);
        }
        line += bytes + (line[bytes] == '\n');
    }
    free(text);
    free(path);
}

oss_fuzz_inputs oss_fuzz_collect(const oss_fuzz_target *target) {
    oss_fuzz_inputs inputs = {0};
    collected = &inputs;
    target->seeds();
    add_kept(target);
    collected = NULL;
    return inputs;
}

void oss_fuzz_inputs_free(oss_fuzz_inputs *inputs) {
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->item[i].data);
    }
    free(inputs->item);
    *inputs = (oss_fuzz_inputs){0};
}

/* ---- Changing ---- */

typedef struct draws {
    uint64_t seed, next;
} draws;

/* 0 to below - 1; 0 where that is nothing. */
static size_t draw(draws *d, size_t below) {
    uint64_t bits = oss_fill_bits(d->seed, d->next++);
    return below == 0 ? 0 : (size_t)(bits % below);
}

/* data[*size], with room for as much again. */
static void insert(uint8_t *data, size_t *size, size_t at, const uint8_t *from, size_t count) {
    memmove(data + at + count, data + at, *size - at);
    memcpy(data + at, from, count);
    *size += count;
}

static void put_number(draws *d, uint8_t *data, size_t size, size_t at) {
    static const uint64_t number[] = {
        0,      1,          UINT64_MAX, INT64_MAX, UINT32_MAX, INT32_MAX,          1U << 31, 0xffff,
        0x7fff, 0x7f800000, 0x7fc00000, 100000000, 0x80000000, 0xfffffffffffffff8, 256};
    uint64_t value = number[draw(d, sizeof number / sizeof *number)];
    size_t width = (size_t)1 << draw(d, 4);
    memcpy(data + at, &value, size - at < width ? size - at : width);
}

static void change(draws *d, uint8_t *data, size_t *size, const oss_fuzz_inputs *inputs) {
    static const char letters[] = "0123456789-+.eE\"\\{}[]:,\n\r\t /<>\xc3\xa9\xff";
    size_t at = draw(d, *size), length = 1 + draw(d, draw(d, 4) == 0 ? *size - at : 8);
    length = length > *size - at ? *size - at : length;
    switch (draw(d, 8)) {
    case 0:
        data[at] ^= (uint8_t)(1U << draw(d, 8));
        break;
    case 1:
        data[at] = (uint8_t)draw(d, 256);
        break;
    case 2:
        put_number(d, data, *size, at);
        break;
    case 3:
        data[at] = (uint8_t)letters[draw(d, sizeof letters)];
        break;
    case 4:
        memmove(data + at, data + at + length, *size - at - length);
        *size -= length;
        break;
    case 5: {
        uint8_t *copy = (uint8_t *)oss_fuzz_text(data + at, length);
        insert(data, size, draw(d, *size), copy, length);
        free(copy);
        break;
    }
    case 6:
        *size = at;
        break;
    default: {
        const struct oss_fuzz_input *other = &inputs->item[draw(d, inputs->count)];
        size_t from = draw(d, other->size);
        length = other->size - from < length ? other->size - from : length;
        insert(data, size, at, other->data + from, length);
    }
    }
}

uint8_t *oss_fuzz_mutate(const oss_fuzz_inputs *inputs, uint64_t seed, uint64_t i, size_t *out_size) {
    draws d = {.seed = seed ^ i * UINT64_C(0x9e3779b97f4a7c15)};
    const struct oss_fuzz_input *input = &inputs->item[draw(&d, inputs->count)];
    size_t size = input->size, changes = 1 + draw(&d, 5);
    uint8_t *data = malloc((size + 8) << changes);
    ck_assert_ptr_nonnull(data);
    memcpy(data, input->data, size);
    for (size_t k = 0; k < changes && size > 0; k++) {
        change(&d, data, &size, inputs);
    }
    *out_size = size;
    return data;
}
