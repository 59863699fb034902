/* JSON: what is printed of a value reads back as the same, in every style. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "fuzz/fuzz.h"

/* Of duplicate keys that the reader refuses, and so of none that printing sorted would report. */
static void check_style(const oss_json *value, unsigned style) {
    char *text = NULL, *again = NULL;
    oss_json *read = NULL;
    if (!oss_fuzz_ok(oss_json_print(&text, value, style))) {
        ck_assert(oss_fuzz_has_faults());
        return;
    }
    if (oss_fuzz_ok(oss_json_parse(&read, text, strlen(text), "printed"))) {
        if (oss_fuzz_ok(oss_json_print(&again, read, style))) {
            ck_assert_str_eq(text, again);
        }
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s", text);
    }
    oss_json_free(read);
    oss_free(again);
    oss_free(text);
}

static void look(const oss_json *value) {
    int64_t integer;
    double number;
    const char *string;
    (void)oss_fuzz_ok(oss_json_to_integer(value, "value", -5, 1000, &integer));
    (void)oss_fuzz_ok(oss_json_to_number(value, "value", &number));
    (void)oss_fuzz_ok(oss_json_to_string(value, "value", &string));
    for (const oss_json *at = oss_json_first(value); at != NULL; at = oss_json_next(at)) {
        const char *key = oss_json_key(at);
        ck_assert((key != NULL) == oss_json_is(value, OSS_JSON_OBJECT));
        ck_assert(key == NULL || oss_json_get(value, key) == at);
        look(at);
    }
}

static void run(const uint8_t *data, size_t size) {
    oss_json *value = NULL;
    if (size > 4096) {
        return; /* looking every key up takes the square of their number */
    }
    if (oss_fuzz_ok(oss_json_parse(&value, (const char *)data, size, "input"))) {
        look(value);
        for (unsigned style = 0; style < 4; style++) {
            check_style(value, style);
        }
    } else {
        ck_assert_ptr_null(value);
    }
    oss_json_free(value);
}

static void seeds(void) {
    oss_fuzz_seed_text("{\"a\":[1,2.5,-3e-7,true,false,null],\"b\":{\"\":\"\\u00e9\\ud83d\\ude00\\n\\\"\"}}");
    oss_fuzz_seed_text(" [ [ ] , { } , \"x\" , 9007199254740993, 0.1 ] \n");
    oss_fuzz_seed_text("[[[[[[[[{\"deep\":[[[[0]]]]}]]]]]]]]");
    oss_fuzz_seed_text("{\"z\":1,\"a\":2,\"aa\":3,\"\xc3\xa9\":-0}");
    oss_fuzz_seed_text("\"lone \\ud800\"");
}

const oss_fuzz_target oss_target_json = {.name = "json", .run = run, .seeds = seeds};
