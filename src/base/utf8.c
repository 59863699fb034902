#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Length of the character at the start of text[0..bytes), 0 when there is none. The second byte's range
 * excludes overlong forms (E0, F0), surrogates (ED) and what is past U+10FFFF (F4). */
static size_t measure_character(const unsigned char *text, size_t bytes) {
    unsigned char first = text[0];
    if (first < 0x80) {
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || bytes < length) {
        return 0;
    }
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high) {
        return 0;
    }
    for (size_t at = 2; at < length; at++) {
        if ((text[at] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/* Most text is ASCII: eight bytes at a time while no top bit is set. */
static size_t skip_ascii(const char *text, size_t bytes) {
    size_t at = 0;
    for (; at + 8 <= bytes; at += 8) {
        uint64_t word;
        memcpy(&word, text + at, 8);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return at;
}

size_t oss_utf8_valid_length(const char *text, size_t bytes) {
    size_t at = 0;
    while (at < bytes) {
        at += skip_ascii(text + at, bytes - at);
        if (at == bytes) {
            break;
        }
        size_t length = measure_character((const unsigned char *)text + at, bytes - at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return at;
}
