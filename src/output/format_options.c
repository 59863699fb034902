#include "output/format_options.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/fail.h"
#include "base/options.h"
#include "text/unicode.h"

typedef struct range {
    const char *name;
    int32_t *value;
    int32_t usual, low, high;
    bool may_be_none; /* a negative one means 0 */
} range;

static oss_status complete_number(const range *r) {
    if (*r->value == 0) {
        *r->value = r->usual;
    } else if (*r->value < 0 && r->may_be_none) {
        *r->value = 0;
    } else if (*r->value < r->low || *r->value > r->high) {
        return oss_fail(OSS_EUSAGE, "%s is %d: give %d to %d", r->name, *r->value, r->low, r->high);
    }
    return OSS_OK;
}

static oss_status complete_numbers(oss_format_options *o) {
    const range ranges[] = {
        {"line_length", &o->line_length, 42, 8, 1000, false},
        {"lines", &o->lines, 2, 1, 8, false},
        {"minimum_gap_ms", &o->minimum_gap_ms, 80, 0, 10000, true},
        {"minimum_duration_ms", &o->minimum_duration_ms, 833, 0, 10000, true},
        {"maximum_duration_ms", &o->maximum_duration_ms, 7000, 100, 1000000, false},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        oss_status status = complete_number(&ranges[i]);
        if (status != OSS_OK) {
            return status;
        }
    }
    if (o->characters_second == 0.0) {
        o->characters_second = 17.0;
    }
    if (!(o->characters_second >= 0.1 && o->characters_second <= 10000.0)) {
        return oss_fail(OSS_EUSAGE, "characters_second is %g: give 0.1 to 10000", o->characters_second);
    }
    return OSS_OK;
}

static oss_status check_labels(const char *labels) {
    size_t length = labels == NULL ? 0 : strlen(labels);
    if (labels == NULL) {
        return OSS_OK;
    }
    bool one_word = length > 2 && labels[0] == '<' && strchr(labels, '>') == labels + length - 1;
    for (const char *at = labels; *at != '\0' && one_word;) {
        uint32_t c = oss_text_next(&at);
        one_word = c > 0x20 && c != 0x7f && !oss_text_is_space(c);
    }
    return one_word ? OSS_OK
                    : oss_fail(OSS_EUSAGE,
                               "the labels \"%s\": give names between < and > with commas and no space, as "
                               "<o,f0,male>",
                               labels);
}

oss_status oss_format_complete(oss_format_options *out, const oss_format_options *given) {
    memset(out, 0, sizeof *out);
    oss_status status = given == NULL
                            ? OSS_OK
                            : oss_options_copy(out, given, sizeof *out,
                                               OSS_OPTIONS_UP_TO(oss_format_options, maximum_duration_ms),
                                               "oss_format_options");
    if (status == OSS_OK) {
        status = complete_numbers(out);
    }
    if (status == OSS_OK) {
        status = check_labels(out->labels);
    }
    if (status == OSS_OK && (unsigned)out->textgrid > OSS_TEXTGRID_SHORT) {
        status = oss_fail(OSS_EUSAGE, "textgrid is %d: give one of oss_textgrid_form", (int)out->textgrid);
    }
    if (status == OSS_OK && (unsigned)out->ctm_level > OSS_CTM_SEGMENT) {
        status = oss_fail(OSS_EUSAGE, "ctm_level is %d: give one of oss_ctm_level", (int)out->ctm_level);
    }
    return status;
}
