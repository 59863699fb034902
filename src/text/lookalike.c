#include "text/lookalike.h"

#include <stddef.h>

#include "text/unicode.h"

/* from..to look like `plain`. */
typedef struct lookalike {
    uint32_t from, to, plain;
} lookalike;

static const lookalike marks[] = {
    {0x60, 0x60, '\''},     {0xb4, 0xb4, '\''},     {0x2b9, 0x2b9, '\''},   {0x2bb, 0x2bc, '\''},
    {0x2018, 0x2019, '\''}, {0x201b, 0x201b, '\''}, {0x2032, 0x2032, '\''}, {0xab, 0xab, '"'},
    {0xbb, 0xbb, '"'},      {0x201c, 0x201f, '"'},  {0x2033, 0x2033, '"'},  {0x2010, 0x2015, '-'},
    {0x2212, 0x2212, '-'},  {0xfe58, 0xfe58, '-'},  {0xfe63, 0xfe63, '-'},
};

/* Cyrillic, then Greek, that are drawn like a b c... */
static const uint32_t letters[] = {
    0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445, 0x455, 0x456, 0x458, 0x4bb, 0x501,
    0x51b, 0x51d, 0x405, 0x406, 0x408, 0x410, 0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e,
    0x420, 0x421, 0x422, 0x425, 0x3b1, 0x3b9, 0x3bd, 0x3bf, 0x3c1, 0x391, 0x392, 0x395,
    0x396, 0x397, 0x399, 0x39a, 0x39c, 0x39d, 0x39f, 0x3a1, 0x3a4, 0x3a5, 0x3a7,
};

uint32_t oss_text_plain(uint32_t code_point) {
    code_point = oss_text_compatible(code_point);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (code_point >= marks[i].from && code_point <= marks[i].to) {
            return marks[i].plain;
        }
    }
    return code_point;
}

static bool is_intruder(uint32_t code_point) {
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i] == code_point) {
            return true;
        }
    }
    return false;
}

bool oss_text_mixes_scripts(const char *word, uint32_t *out_intruder) {
    bool latin = false;
    uint32_t intruder = 0;
    for (uint32_t c = oss_text_next(&word); c != 0; c = oss_text_next(&word)) {
        latin = latin || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        intruder = intruder == 0 && c > 0x7f && is_intruder(c) ? c : intruder;
    }
    if (!latin || intruder == 0) {
        return false;
    }
    *out_intruder = intruder;
    return true;
}
