/* Text as bytes, whatever the locale: UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF), and
 * ASCII letters without their case. */
#ifndef OSS_BASE_UTF8_H
#define OSS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Number of bytes before the first byte that no valid character begins at; `bytes` when all of it is valid. */
size_t oss_utf8_valid_length(const char *text, size_t bytes);

/* The same for text that comes byte by byte. Zero-initialise; feed every byte: false when the text so far is
 * not the beginning of valid UTF-8, and the state then waits for a new character. At the end
 * oss_utf8_is_whole says whether a character was cut. */
typedef struct oss_utf8_state {
    unsigned char left; /* bytes of the character that are still to come */
    unsigned char low;  /* range of the next one */
    unsigned char high;
} oss_utf8_state;

bool oss_utf8_feed(oss_utf8_state *state, unsigned char byte);
bool oss_utf8_is_whole(const oss_utf8_state *state);

/* Equal but for the case of ASCII letters. strcasecmp asks the locale: in a Turkish one "I" is no "i". */
bool oss_same_letters(const char *a, const char *b);
/* The same of their first bytes, or of all when a NUL comes before (as strncmp). */
bool oss_same_first_letters(const char *a, const char *b, size_t bytes);

/* `text` for people: what would act on a terminal or begin a line is spelled out, as \n, \x1b, \u202e or, where it is no
 * UTF-8, \xff: control characters but for those of `keep`, and characters that break lines or turn the direction of
 * writing. Text that was spelled out stays as it is. out[bytes] gets whole characters and a NUL; returns the length of
 * all of it, as snprintf does. */
size_t oss_utf8_escape(char *out, size_t bytes, const char *text, const char *keep);
/* The same for a message, which is one line and ends with "..." when it was cut: here, for want of room, or
 * before, in which case `text` loses what may be half a character. */
void oss_utf8_show(char *out, size_t bytes, char *text, bool is_cut);

#endif
