/* The grammar of RFC 8259, checked before cJSON sees the text: cJSON takes control characters in strings,
 * leading zeros, "1.", numbers cut at 63 characters, a NUL that ends a string early, and any bytes for UTF-8. */
#include "base/json_internal.h"

#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/utf8.h"

enum {
    NUMBER_MAX_CHARS = 63, /* cJSON copies a number into 64 bytes */
    /* What cJSON takes, with what malloc adds to a block, and the place of a key where keys are compared. */
    VALUE_BYTES = 80,
    STRING_BYTES = 25,
    STRING_LEAST_BYTES = 32,
    KEY_BYTES = 8
};

typedef struct json_scan {
    const char *text;
    size_t bytes;
    size_t at;
    const char *what;
    int depth;
    size_t left_bytes; /* that the tree may still take */
} json_scan;

/* "config.json: line 3, column 7 (byte 41): " and the complaint. Columns count bytes. */
static oss_status complain(const json_scan *scan, size_t at, const char *complaint) {
    size_t line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at && i < scan->bytes; i++) {
        if (scan->text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return oss_fail(OSS_EINPUT, "%s: line %zu, column %zu (byte %zu): %s", scan->what, line,
                    at - line_start + 1, at, complaint);
}

/* The next byte, -1 at the end. */
static int peek_byte(const json_scan *scan) {
    return scan->at < scan->bytes ? (unsigned char)scan->text[scan->at] : -1;
}

static bool take_byte(json_scan *scan, char wanted) {
    if (peek_byte(scan) != (unsigned char)wanted) {
        return false;
    }
    scan->at++;
    return true;
}

static bool take_memory(json_scan *scan, size_t bytes) {
    bool enough = bytes <= scan->left_bytes;
    scan->left_bytes -= enough ? bytes : scan->left_bytes;
    return enough;
}

static oss_status complain_of_size(const json_scan *scan, size_t at) {
    return complain(scan, at,
                    "too many values: those before this one take all the memory that such a file may take");
}

static void skip_space(json_scan *scan) {
    while (scan->at < scan->bytes && memchr(" \t\r\n", scan->text[scan->at], 4) != NULL) {
        scan->at++;
    }
}

static size_t skip_digits(json_scan *scan) {
    size_t start = scan->at;
    while (peek_byte(scan) >= '0' && peek_byte(scan) <= '9') {
        scan->at++;
    }
    return scan->at - start;
}

static bool scan_number_form(json_scan *scan) {
    (void)take_byte(scan, '-');
    bool leading_zero = peek_byte(scan) == '0';
    size_t whole = skip_digits(scan);
    if (whole == 0 || (leading_zero && whole > 1)) {
        return false;
    }
    if (take_byte(scan, '.') && skip_digits(scan) == 0) {
        return false;
    }
    if (take_byte(scan, 'e') || take_byte(scan, 'E')) {
        if (!take_byte(scan, '+')) {
            (void)take_byte(scan, '-');
        }
        return skip_digits(scan) > 0;
    }
    return true;
}

static oss_status scan_number(json_scan *scan) {
    size_t start = scan->at;
    if (!scan_number_form(scan)) {
        return complain(scan, start, "this is not a number as JSON writes them, such as 10, -0.5 or 3e-4");
    }
    char digits[NUMBER_MAX_CHARS + 1];
    size_t length = scan->at - start;
    if (length > NUMBER_MAX_CHARS) {
        return complain(scan, start, "this number has more than 63 characters");
    }
    memcpy(digits, scan->text + start, length);
    digits[length] = '\0';
    double value;
    if (!oss_number_parse(digits, &value)) {
        return complain(scan, start, "this number is too large for a double");
    }
    return OSS_OK;
}

/* The four digits after \u; -1 when they are not hexadecimal. */
static long scan_hex(json_scan *scan) {
    long code = 0;
    for (int place = 0; place < 4; place++, scan->at++) {
        int digit = peek_byte(scan);
        if (digit >= '0' && digit <= '9') {
            code = code * 16 + (digit - '0');
        } else if ((digit | 32) >= 'a' && (digit | 32) <= 'f') {
            code = code * 16 + ((digit | 32) - 'a' + 10);
        } else {
            return -1;
        }
    }
    return code;
}

/* After the backslash. */
static oss_status scan_escape(json_scan *scan) {
    size_t start = scan->at - 1;
    int letter = peek_byte(scan);
    if (letter > 0 && letter != 'u' && strchr("\"\\/bfnrt", letter) != NULL) {
        scan->at++;
        return OSS_OK;
    }
    if (letter != 'u') {
        return complain(scan, start,
                        "JSON has no such escape in a string; a backslash itself is written \\\\");
    }
    scan->at++;
    long code = scan_hex(scan);
    if (code < 0) {
        return complain(scan, start, "\\u needs four hexadecimal digits");
    }
    if (code == 0) {
        return complain(scan, start, "a string may not hold NUL");
    }
    bool high = code >= 0xd800 && code <= 0xdbff;
    if (high && take_byte(scan, '\\') && take_byte(scan, 'u')) {
        long low = scan_hex(scan);
        high = low < 0xdc00 || low > 0xdfff;
        code = 0;
    }
    if (high || (code >= 0xdc00 && code <= 0xdfff)) {
        return complain(scan, start, "half of a \\u surrogate pair stands alone");
    }
    return OSS_OK;
}

static oss_status scan_string(json_scan *scan) {
    size_t start = scan->at;
    scan->at++;
    for (;;) {
        int byte = peek_byte(scan);
        if (byte < 0) {
            return complain(scan, start, "the string that begins here does not end");
        }
        if (byte < 0x20) {
            return complain(scan, scan->at,
                            "a control character in a string must be written as an escape such as \\n");
        }
        scan->at++;
        if (byte == '"') {
            size_t bytes = scan->at - start + STRING_BYTES;
            bytes = bytes < STRING_LEAST_BYTES ? STRING_LEAST_BYTES : bytes;
            return take_memory(scan, bytes) ? OSS_OK : complain_of_size(scan, start);
        }
        if (byte == '\\') {
            oss_status status = scan_escape(scan);
            if (status != OSS_OK) {
                return status;
            }
        }
    }
}

static oss_status scan_word(json_scan *scan) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (scan->bytes - scan->at >= length && memcmp(scan->text + scan->at, words[i], length) == 0) {
            scan->at += length;
            return OSS_OK;
        }
    }
    return complain(scan, scan->at,
                    "expected a value: an object, an array, a string, a number, true, false or null");
}

static oss_status scan_value(json_scan *scan);

static oss_status scan_member(json_scan *scan) {
    if (peek_byte(scan) != '"') {
        bool digit = peek_byte(scan) >= '0' && peek_byte(scan) <= '9'; /* "lr": 0,001 */
        return complain(
            scan, scan->at,
            digit ? "expected a key in double quotes (a number has a decimal point, not a comma)"
                  : "expected a key in double quotes (JSON allows no comma before a closing brace)");
    }
    oss_status status = take_memory(scan, KEY_BYTES) ? scan_string(scan) : complain_of_size(scan, scan->at);
    if (status != OSS_OK) {
        return status;
    }
    skip_space(scan);
    if (!take_byte(scan, ':')) {
        return complain(scan, scan->at, "expected ':' after a key");
    }
    return scan_value(scan);
}

/* An array or object from its opening bracket on. */
static oss_status scan_container(json_scan *scan, char closing) {
    size_t start = scan->at++;
    if (scan->depth == OSS_JSON_MAX_DEPTH) {
        return complain(scan, start, "nested too deeply");
    }
    scan->depth++;
    skip_space(scan);
    if (!take_byte(scan, closing)) {
        do {
            skip_space(scan);
            oss_status status = closing == '}' ? scan_member(scan) : scan_value(scan);
            if (status != OSS_OK) {
                return status;
            }
            skip_space(scan);
        } while (take_byte(scan, ','));
        if (peek_byte(scan) < 0) {
            return complain(scan, start, "the array or object that begins here does not end");
        }
        if (!take_byte(scan, closing)) {
            return complain(scan, scan->at, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        }
    }
    scan->depth--;
    return OSS_OK;
}

static oss_status scan_value(json_scan *scan) {
    skip_space(scan);
    int byte = peek_byte(scan);
    if (!take_memory(scan, VALUE_BYTES)) {
        return complain_of_size(scan, scan->at);
    }
    if (byte == '{') {
        return scan_container(scan, '}');
    }
    if (byte == '[') {
        return scan_container(scan, ']');
    }
    if (byte == '"') {
        return scan_string(scan);
    }
    if (byte == '-' || (byte >= '0' && byte <= '9')) {
        return scan_number(scan);
    }
    return scan_word(scan);
}

oss_status oss_json_check(const char *text, size_t bytes, const char *what, size_t most_bytes) {
    json_scan scan = {.text = text, .bytes = bytes, .what = what, .left_bytes = most_bytes};
    size_t valid = oss_utf8_valid_length(text, bytes);
    if (valid < bytes) {
        return complain(&scan, valid, "this byte is not UTF-8; save the file as UTF-8");
    }
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        scan.at = 3; /* the byte-order mark that some editors write */
    }
    oss_status status = scan_value(&scan);
    if (status != OSS_OK) {
        return status;
    }
    skip_space(&scan);
    if (scan.at == bytes) {
        return OSS_OK;
    }
    /* 1,000 or 0.9,0.99 */
    return complain(
        &scan, scan.at,
        text[scan.at] == ',' && text[scan.at - 1] >= '0' && text[scan.at - 1] <= '9'
            ? "there is text after the value (a number has no comma; a list is written [0.9, 0.99])"
            : "there is text after the value");
}
