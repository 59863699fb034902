/* Characters that look like others and are not the same label. What is known, and nothing more:
 *  - compatibility forms with one plain code point (Unicode NFKC): full-width letters, superscripts...
 *  - apostrophes U+0060 U+00B4 U+02B9 U+02BB U+02BC U+2018 U+2019 U+201B U+2032 U+FF07: U+0027
 *  - quotation marks U+201C U+201D U+201E U+201F U+2033 U+00AB U+00BB: U+0022
 *  - dashes U+2010..U+2015 U+2212 U+FE58 U+FE63: U+002D
 *  - Cyrillic and Greek letters drawn as Latin ones are. */
#ifndef OSS_TEXT_LOOKALIKE_H
#define OSS_TEXT_LOOKALIKE_H

#include <stdbool.h>
#include <stdint.h>

/* The plain character that this one looks like, itself when it is plain. Letters of other scripts are not
 * among them: a text may well be Russian. */
uint32_t oss_text_plain(uint32_t code_point);
/* Whether a word mixes ASCII letters with Cyrillic or Greek letters that look like ASCII ones; *out_intruder:
 * the first of those. */
bool oss_text_mixes_scripts(const char *word, uint32_t *out_intruder);

#endif
