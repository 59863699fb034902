#include "text/unicode.h"

#include <stdbool.h>
#include <string.h>

#include <utf8proc.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "text/casing.h"

enum { REPLACEMENT = 0xfffd, CAPITAL_SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2 };

/* ---- Code points ---- */

/* What a first byte announces: length of the sequence, and its payload bits. 0 for a byte that cannot begin
 * one. */
static int32_t read_first_byte(unsigned char byte, uint32_t *out_bits) {
    if (byte < 0x80) {
        *out_bits = byte;
        return 1;
    }
    int32_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    *out_bits = byte & (0x7fu >> length);
    return byte < 0xc2 || byte > 0xf4 ? 0 : length;
}

uint32_t oss_text_next(const char **cursor) {
    const char *at = *cursor;
    if (*at == '\0') {
        return 0;
    }
    uint32_t code_point;
    int32_t length = read_first_byte((unsigned char)*at, &code_point);
    for (int32_t i = 1; i < length; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80) {
            length = 0;
            break;
        }
        code_point = code_point << 6 | ((unsigned char)at[i] & 0x3f);
    }
    /* Overlong forms are none, of U+0000 above all, which would be the end; nor are surrogates. */
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (code_point < least[length] || (code_point >= 0xd800 && code_point <= 0xdfff) ||
        code_point > 0x10ffff) {
        length = 0;
    }
    *cursor = at + (length == 0 ? 1 : length);
    return length == 0 ? REPLACEMENT : code_point;
}

int32_t oss_text_encode(char out[5], uint32_t code_point) {
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) {
        code_point = REPLACEMENT;
    }
    int32_t length = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (int32_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    static const unsigned char marker[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(marker[length] | code_point);
    out[length] = '\0';
    return length;
}

int64_t oss_text_length(const char *text) {
    int64_t count = 0;
    while (oss_text_next(&text) != 0) {
        count++;
    }
    return count;
}

int64_t oss_text_invalid_offset(const char *text, size_t bytes) {
    size_t valid = oss_utf8_valid_length(text, bytes);
    return valid == bytes ? -1 : (int64_t)valid;
}

static int32_t columns_of(uint32_t c) {
    bool is_flag = c >= 0x1f1e6 && c <= 0x1f1ff; /* half of one */
    bool makes_emoji = c == 0xfe0f;
    return is_flag || makes_emoji ? 2 : utf8proc_charwidth((int32_t)c);
}

int32_t oss_text_next_cluster(const char **cursor) {
    int32_t columns = 0, state = 0;
    uint32_t before = 0;
    for (const char *next = *cursor; *next != '\0';) {
        uint32_t c = oss_text_next(&next);
        if (before != 0 && utf8proc_grapheme_break_stateful((int32_t)before, (int32_t)c, &state)) {
            break;
        }
        columns = columns_of(c) > columns ? columns_of(c) : columns;
        before = c;
        *cursor = next;
    }
    return columns;
}

int64_t oss_text_columns(const char *text) {
    int64_t columns = 0;
    while (*text != '\0') {
        columns += oss_text_next_cluster(&text);
    }
    return columns;
}

/* ---- Normalisation ---- */

/* White_Space of the Unicode character database (PropList.txt). */
bool oss_text_is_space(uint32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

uint32_t oss_text_compatible(uint32_t code_point) {
    int32_t form[2] = {0};
    const utf8proc_option_t options = UTF8PROC_COMPAT | UTF8PROC_COMPOSE;
    utf8proc_ssize_t count = utf8proc_decompose_char((int32_t)code_point, form, 2, options, NULL);
    return count == 1 ? (uint32_t)form[0] : code_point;
}

static bool is_invisible(uint32_t c) {
    return c == 0xad || c == 0x61c || c == 0x200b || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || c == 0x2060 || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Steps 1 and 2. `out` holds strlen(text) + 1 bytes: nothing grows. */
static oss_status squeeze_text(char *out, size_t *out_bytes, const char *text) {
    size_t length = 0;
    int32_t marks = 0;
    bool space = false;
    for (const char *cursor = text, *start = text; *start != '\0'; start = cursor) {
        uint32_t c = oss_text_next(&cursor);
        if (is_invisible(c)) {
            continue;
        }
        if (oss_text_is_space(c)) {
            space = length > 0;
            marks = 0;
            continue;
        }
        marks = utf8proc_get_property((int32_t)c)->combining_class != 0 ? marks + 1 : 0;
        if (marks > OSS_TEXT_MAX_MARKS) {
            return oss_fail(OSS_EINPUT, "more than %d combining marks in a row at byte %td: this is not text",
                            (int)OSS_TEXT_MAX_MARKS, start - text);
        }
        if (space) {
            out[length++] = ' ';
            space = false;
        }
        memcpy(out + length, start, (size_t)(cursor - start));
        length += (size_t)(cursor - start);
    }
    out[length] = '\0';
    *out_bytes = length;
    return OSS_OK;
}

static oss_status fail_utf8proc(utf8proc_ssize_t code) {
    return oss_fail(code == UTF8PROC_ERROR_NOMEM ? OSS_ENOMEM : OSS_EBUG, "cannot normalise a text: %s",
                    utf8proc_errmsg(code));
}

/* *out = NFC(text). */
static oss_status compose_text(char **out, size_t *out_bytes, const char *text, size_t bytes) {
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_uint8_t *in = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t count = utf8proc_decompose(in, (utf8proc_ssize_t)bytes, NULL, 0, options);
    if (count < 0) {
        return fail_utf8proc(count);
    }
    /* One more: utf8proc_reencode turns the block into bytes in place and ends them with a NUL. */
    int32_t *buffer = oss_alloc((size_t)count + 1, sizeof *buffer);
    if (buffer == NULL) {
        return OSS_ENOMEM;
    }
    utf8proc_ssize_t length = utf8proc_decompose(in, (utf8proc_ssize_t)bytes, buffer, count, options);
    if (length >= 0) {
        length = utf8proc_reencode(buffer, length, options);
    }
    if (length < 0) {
        oss_free(buffer);
        return fail_utf8proc(length);
    }
    *out = (char *)buffer;
    *out_bytes = (size_t)length;
    return OSS_OK;
}

/* Replaces *text, a block of its own, by NFC(*text). */
static oss_status recompose_text(char **text, size_t *bytes) {
    char *composed = NULL;
    size_t composed_bytes = 0;
    oss_status status = compose_text(&composed, &composed_bytes, *text, *bytes);
    if (status == OSS_OK) {
        oss_free(*text);
        *text = composed;
        *bytes = composed_bytes;
    }
    return status;
}

/* ---- Case ---- */

/* Whether a letter follows, passing over what is ignored. */
static bool letter_follows(const char *cursor) {
    oss_casing_role role = OSS_CASING_PASSED;
    while (role == OSS_CASING_PASSED && *cursor != '\0') {
        role = oss_casing_role_of(oss_text_next(&cursor));
    }
    return role == OSS_CASING_LETTER;
}

static void append_case(oss_strbuf *out, uint32_t c, bool upper) {
    uint32_t points[3];
    int32_t count = oss_casing_special(points, c, upper);
    if (count == 0) {
        points[count++] = (uint32_t)(upper ? utf8proc_toupper((int32_t)c) : utf8proc_tolower((int32_t)c));
    }
    for (int32_t i = 0; i < count; i++) {
        char bytes[5];
        oss_strbuf_append_bytes(out, bytes, (size_t)oss_text_encode(bytes, points[i]));
    }
}

/* Replaces *text, a block of its own and in NFC, by itself in another case, not in NFC. */
static oss_status change_case(char **text, size_t *bytes, bool upper) {
    oss_strbuf out = {0};
    oss_strbuf_append(&out, "");
    bool after_letter = false;
    for (const char *cursor = *text; *cursor != '\0';) {
        uint32_t c = oss_text_next(&cursor);
        bool final = !upper && c == CAPITAL_SIGMA && after_letter && !letter_follows(cursor);
        append_case(&out, final ? FINAL_SIGMA : c, upper);
        oss_casing_role role = oss_casing_role_of(c);
        after_letter = role == OSS_CASING_PASSED ? after_letter : role == OSS_CASING_LETTER;
    }
    size_t length = out.length;
    char *changed = oss_strbuf_take(&out);
    if (changed == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(*text);
    *text = changed;
    *bytes = length;
    return OSS_OK;
}

oss_status oss_text_normalize(char **out, const char *text, oss_case policy) {
    size_t bytes = strlen(text);
    int64_t invalid = oss_text_invalid_offset(text, bytes);
    if (invalid >= 0) {
        return oss_fail(OSS_EINPUT, "invalid UTF-8 at byte %lld (0x%02x); save the text as UTF-8",
                        (long long)invalid, (unsigned)(unsigned char)text[invalid]);
    }
    char *result = oss_alloc(bytes + 1, 1);
    if (result == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = squeeze_text(result, &bytes, text);
    if (status == OSS_OK) {
        status = recompose_text(&result, &bytes);
    }
    if (status == OSS_OK && policy != OSS_CASE_KEEP) {
        status = change_case(&result, &bytes, policy == OSS_CASE_UPPER);
    }
    if (status == OSS_OK && policy != OSS_CASE_KEEP) {
        status = recompose_text(&result, &bytes);
    }
    char *exact = status == OSS_OK ? oss_strndup(result, bytes) : NULL;
    oss_free(result);
    if (exact == NULL) {
        return status == OSS_OK ? OSS_ENOMEM : status;
    }
    *out = exact;
    return OSS_OK;
}
