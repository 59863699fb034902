/* Unicode text, and bytes that are none. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "text/edit_distance.h"
#include "text/lookalike.h"
#include "text/unicode.h"

static void check_walk(const char *text) {
    const char *at = text, *end = text + strlen(text);
    int64_t length = 0, columns = 0;
    char out[5];
    for (uint32_t c = oss_text_next(&at); c != 0; c = oss_text_next(&at), length++) {
        ck_assert(at <= end);
        (void)oss_text_is_space(c);
        (void)oss_text_compatible(c);
        (void)oss_text_plain(c);
        ck_assert_int_eq(oss_text_encode(out, c), (int32_t)strlen(out));
    }
    ck_assert(at == end && length == oss_text_length(text));
    for (at = text; *at != '\0';) {
        const char *before = at;
        columns += oss_text_next_cluster(&at);
        ck_assert(at > before && at <= end);
    }
    ck_assert_int_eq(columns, oss_text_columns(text));
}

static void check_bytes(const char *text, size_t size) {
    size_t valid = oss_utf8_valid_length(text, size), fed = 0;
    oss_utf8_state state = {0};
    while (fed < size && oss_utf8_feed(&state, (unsigned char)text[fed])) {
        fed++;
    }
    ck_assert((valid == size) == (fed == size && oss_utf8_is_whole(&state)));
    ck_assert_int_eq(oss_text_invalid_offset(text, size), valid == size ? -1 : (int64_t)valid);
}

/* The result of the result is the result. */
static void check_normal(const char *text, oss_case policy) {
    char *normal = NULL, *again = NULL;
    uint32_t intruder;
    if (!oss_fuzz_ok(oss_text_normalize(&normal, text, policy))) {
        return;
    }
    ck_assert_int_eq(oss_text_invalid_offset(normal, strlen(normal)), -1);
    (void)oss_text_mixes_scripts(normal, &intruder);
    if (oss_fuzz_ok(oss_text_normalize(&again, normal, policy))) {
        ck_assert_str_eq(normal, again);
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s: %s", oss_last_error(), normal);
    }
    oss_edits words = {0}, characters = {0};
    if (oss_fuzz_ok(oss_edits_words(&words, normal, text)) &&
        oss_fuzz_ok(oss_edits_characters(&characters, normal, text))) {
        ck_assert(words.deletions + words.substitutions <= words.reference);
        ck_assert(characters.reference == oss_text_length(normal));
    }
    oss_free(again);
    oss_free(normal);
}

/* In any room whole characters, and nothing more to spell out. */
static void check_shown(const char *text) {
    char out[256], again[256];
    size_t whole = oss_utf8_escape(NULL, 0, text, "");
    (void)oss_utf8_escape(out, sizeof out, text, "");
    ck_assert(strlen(out) < sizeof out && strlen(out) <= whole);
    ck_assert_int_eq(oss_text_invalid_offset(out, strlen(out)), -1);
    ck_assert_uint_eq(oss_utf8_escape(again, sizeof again, out, ""), strlen(out));
    ck_assert_str_eq(out, again);
}

static void run(const uint8_t *data, size_t size) {
    if (size > 1024) {
        return; /* distances take the square */
    }
    char *text = oss_fuzz_text(data, size);
    check_bytes(text, size);
    check_walk(text);
    for (int policy = OSS_CASE_LOWER; policy <= OSS_CASE_KEEP; policy++) {
        check_normal(text, (oss_case)policy);
    }
    check_shown(text);
    free(text);
}

static void seeds(void) {
    static const char *const text[] = {
        "Hello  there\t\n",
        "STRASSE Stra\303\237e \xc4\xb0 \xce\xa3\xce\xa3",
        "e\xcc\x81\xcc\xa3 \xea\xb0\x80\xe1\x86\xa8",
        "\xef\xbb\xbf\xe2\x80\x8b\xe3\x80\x80 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9",
        "\xef\xac\x81 \xe2\x80\x99 p\xd0\xb0ypal",
        "\xc3 \xff \xed\xa0\x80 \xf4\x90\x80\x80",
        "\xcd\xb8\xcd\x85\xcc\x93 \xe1\xbe\xb3"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        oss_fuzz_seed_text(text[i]);
    }
}

const oss_fuzz_target oss_target_text = {.name = "text", .run = run, .seeds = seeds};
