/* Numbers and text that read the same in every locale: '.' is the decimal point whatever LC_NUMERIC says. The
 * calling thread's locale is switched to "C" for the length of a call, so a host program's setlocale does no
 * harm. */
#ifndef OSS_BASE_NUMBER_H
#define OSS_BASE_NUMBER_H

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* snprintf and vsnprintf in the "C" locale: same result and same cutting off. */
int oss_format(char *out, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
int oss_vformat(char *out, size_t bytes, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* The whole text as a number: optional sign, digits, fraction, exponent. False (and *out untouched) for
 * anything else: empty, spaces, hexadecimal, "inf", "nan", trailing text, or a magnitude beyond a double's
 * range. */
bool oss_number_parse(const char *text, double *out);
/* The whole text as a decimal integer with an optional minus sign; false when it is not one or does not fit. */
bool oss_integer_parse(const char *text, int64_t *out);

enum { OSS_NUMBER_CHARS = 32 };
/* Whether a text is no number only for having a comma as its decimal point; out: the text with a point. */
bool oss_number_has_comma(char out[OSS_NUMBER_CHARS], const char *text);
/* The shortest decimal that reads back as exactly `value` (at most 17 significant digits); whole numbers
 * below 2^53 have no exponent and no fraction. "nan", "inf" and "-inf" for values that no JSON text can hold.
 * Returns the length. */
size_t oss_number_print(char out[OSS_NUMBER_CHARS], double value);

/* For calls into other libraries that read or print numbers: switches the calling thread to the "C" locale
 * and returns the locale to go back to with uselocale. */
locale_t oss_number_enter_locale(void);

#endif
