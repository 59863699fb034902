/* Numbers in text: what is printed of what was read reads back as the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "fuzz/fuzz.h"

static void check_double(const char *text) {
    char printed[OSS_NUMBER_CHARS], point[OSS_NUMBER_CHARS];
    double value = 0.5, again = 0.5;
    if (oss_number_has_comma(point, text)) {
        ck_assert(!oss_number_parse(text, &value) && oss_number_parse(point, &value));
    }
    if (!oss_number_parse(text, &value)) {
        return;
    }
    ck_assert(isfinite(value));
    ck_assert(oss_number_print(printed, value) == strlen(printed) && strlen(printed) < sizeof printed);
    ck_assert_msg(oss_number_parse(printed, &again) && memcmp(&value, &again, sizeof value) == 0,
                  "%s became %s", text, printed);
}

static void check_integer(const char *text) {
    char printed[OSS_NUMBER_CHARS];
    int64_t value = 0, again = 1;
    if (oss_integer_parse(text, &value)) {
        oss_format(printed, sizeof printed, "%lld", (long long)value);
        ck_assert(oss_integer_parse(printed, &again) && again == value);
    }
}

static void check_bits(oss_fuzz_bytes bytes) {
    char printed[OSS_NUMBER_CHARS];
    uint64_t bits = (uint64_t)oss_fuzz_u32(&bytes) << 32 | oss_fuzz_u32(&bytes);
    double value, again;
    memcpy(&value, &bits, sizeof value);
    (void)oss_number_print(printed, value);
    if (isfinite(value)) {
        ck_assert(oss_number_parse(printed, &again) && memcmp(&value, &again, sizeof value) == 0);
    } else {
        ck_assert(!oss_number_parse(printed, &again));
    }
}

static void run(const uint8_t *data, size_t size) {
    char *text = oss_fuzz_text(data, size);
    check_double(text);
    check_integer(text);
    check_bits((oss_fuzz_bytes){data, size});
    free(text);
}

static void seeds(void) {
    static const char *const text[] = {"0",      "-0",     "1",       "-17", "3.25",
                                       "1e-308", "4e-324", "1.8e308", "0,5", "9223372036854775807",
                                       ".5",     "5.",     "1e+05",   "inf", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        oss_fuzz_seed_text(text[i]);
    }
}

const oss_fuzz_target oss_target_number = {.name = "number", .run = run, .seeds = seeds};
