#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The second byte's range excludes overlong forms (E0, F0), surrogates (ED) and what is past U+10FFFF (F4). */
static bool begin_character(oss_utf8_state *state, unsigned char first) {
    *state = (oss_utf8_state){.low = 0x80, .high = 0xbf};
    if (first < 0x80) {
        return true;
    }
    if (first < 0xc2 || first > 0xf4) {
        return false;
    }
    state->left = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first == 0xe0 || first == 0xf0) {
        state->low = first == 0xe0 ? 0xa0 : 0x90;
    } else if (first == 0xed || first == 0xf4) {
        state->high = first == 0xed ? 0x9f : 0x8f;
    }
    return true;
}

bool oss_utf8_feed(oss_utf8_state *state, unsigned char byte) {
    if (state->left == 0) {
        return begin_character(state, byte);
    }
    if (byte < state->low || byte > state->high) {
        *state = (oss_utf8_state){0};
        return false;
    }
    *state = (oss_utf8_state){.left = (unsigned char)(state->left - 1), .low = 0x80, .high = 0xbf};
    return true;
}

bool oss_utf8_is_whole(const oss_utf8_state *state) {
    return state->left == 0;
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
    oss_utf8_state state = {0};
    size_t start = 0; /* of the character that `at` is in */
    for (size_t at = 0; at < bytes; at++) {
        if (oss_utf8_is_whole(&state)) {
            at += skip_ascii(text + at, bytes - at);
            start = at;
        }
        if (at < bytes && !oss_utf8_feed(&state, (unsigned char)text[at])) {
            return start;
        }
    }
    return oss_utf8_is_whole(&state) ? bytes : start;
}

/* U+0080 to U+009F are control characters too: C2 80 to C2 9F. */
static void blank_controls(char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == 0xc2 && (unsigned char)text[i + 1] <= 0x9f) {
            text[i] = text[i + 1] = ' ';
        } else if (c < 0x20 || c == 0x7f) {
            text[i] = ' ';
        }
    }
}

void oss_utf8_flatten(char *text) {
    for (size_t left = strlen(text); left > 0;) {
        size_t valid = oss_utf8_valid_length(text, left);
        blank_controls(text, valid);
        text += valid;
        left -= valid;
        if (left > 0) {
            *text++ = '?';
            left--;
        }
    }
}

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool oss_same_first_letters(const char *a, const char *b, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
        if (a[i] == '\0') {
            return true;
        }
    }
    return true;
}

bool oss_same_letters(const char *a, const char *b) {
    return oss_same_first_letters(a, b, SIZE_MAX);
}
