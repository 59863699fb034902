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

/* ---- For people ---- */

/* Bytes of the character that the text begins with, and which one it is; -1, of one byte: none. */
static size_t read_character(int32_t *out, const char *text) {
    const unsigned char *byte = (const unsigned char *)text;
    size_t bytes = byte[0] < 0x80 ? 1 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    if (strnlen(text, bytes) < bytes || oss_utf8_valid_length(text, bytes) < bytes) {
        *out = -1;
        return 1;
    }
    *out = bytes == 1 ? byte[0] : byte[0] & (0xff >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) {
        *out = (int32_t)((uint32_t)*out << 6 | (byte[i] & 0x3f));
    }
    return bytes;
}

static bool acts(int32_t character) {
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
}

/* Spells out a character, or a byte that is none. */
static size_t spell(char out[8], int32_t character, unsigned char byte) {
    static const char named[] = "\nn\tt\rr", digit[] = "0123456789abcdef";
    const char *name = character < 0x20 ? strchr(named, byte) : NULL;
    uint32_t value = character < 0x80 ? byte : (uint32_t)character;
    size_t at = 0;
    out[at++] = '\\';
    if (character >= 0 && name != NULL) {
        out[at++] = name[1];
        return at;
    }
    out[at++] = character < 0x80 ? 'x' : 'u';
    for (int shift = character < 0x80 ? 4 : 12; shift >= 0; shift -= 4) {
        out[at++] = digit[value >> shift & 15];
    }
    return at;
}

size_t oss_utf8_escape(char *out, size_t bytes, const char *text, const char *keep) {
    size_t length = 0, end = 0;
    while (*text != '\0') {
        char spelled[8];
        int32_t character;
        size_t taken = read_character(&character, text), count = taken;
        const char *from = text;
        if (acts(character) && (character < 0 || character >= 0x80 || strchr(keep, character) == NULL)) {
            count = spell(spelled, character, (unsigned char)*text);
            from = spelled;
        }
        if (end == length && length + count < bytes) {
            memcpy(out + end, from, count);
            end += count;
        }
        length += count;
        text += taken;
    }
    if (bytes > 0) {
        out[end] = '\0';
    }
    return length;
}

/* Takes away the last character, if it is beyond ASCII, or what was left of it. */
static void drop_last(char *text) {
    size_t at = strlen(text);
    while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
        at--;
    }
    if (at > 0 && (unsigned char)text[at - 1] >= 0xc0) {
        text[at - 1] = '\0';
    }
}

void oss_utf8_show(char *out, size_t bytes, char *text, bool is_cut) {
    if (is_cut) {
        drop_last(text);
    }
    is_cut = oss_utf8_escape(out, bytes, text, "") >= bytes || is_cut;
    if (is_cut) {
        (void)oss_utf8_escape(out, bytes - 3, text, "");
        strcat(out, "...");
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
