#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale; /* stays 0 when it cannot be had: uselocale(0) then changes nothing */

static void make_c_locale(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t oss_number_enter_locale(void) {
    (void)pthread_once(&locale_once, make_c_locale);
    return uselocale(c_locale);
}

int oss_vformat(char *out, size_t bytes, const char *format, va_list arguments) {
    locale_t before = oss_number_enter_locale();
    int length = vsnprintf(out, bytes, format, arguments);
    (void)uselocale(before);
    return length;
}

int oss_format(char *out, size_t bytes, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = oss_vformat(out, bytes, format, arguments);
    va_end(arguments);
    return length;
}

static size_t count_digits(const char *text) {
    return strspn(text, "0123456789");
}

/* True when all of `text` is [sign] digits [. digits] [e [sign] digits], with a digit before or after the
 * point. */
static bool looks_like_number(const char *text) {
    const char *at = text + (*text == '-' || *text == '+');
    size_t whole = count_digits(at);
    at += whole;
    size_t fraction = 0;
    if (*at == '.') {
        fraction = count_digits(at + 1);
        at += 1 + fraction;
    }
    if (whole + fraction == 0) {
        return false;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        size_t exponent = count_digits(at);
        if (exponent == 0) {
            return false;
        }
        at += exponent;
    }
    return *at == '\0';
}

static double read_double(const char *text) {
    locale_t before = oss_number_enter_locale();
    double value = strtod(text, NULL);
    (void)uselocale(before);
    return value;
}

bool oss_number_parse(const char *text, double *out) {
    if (!looks_like_number(text)) {
        return false;
    }
    double value = read_double(text);
    if (!isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

bool oss_number_has_comma(char out[OSS_NUMBER_CHARS], const char *text) {
    const char *comma = strchr(text, ',');
    size_t length = strlen(text);
    double value = 0.0;
    if (comma == NULL || length >= OSS_NUMBER_CHARS) {
        return false;
    }
    memcpy(out, text, length + 1);
    out[comma - text] = '.';
    return oss_number_parse(out, &value);
}

bool oss_integer_parse(const char *text, int64_t *out) {
    const char *digits = text + (*text == '-');
    size_t count = count_digits(digits);
    if (count == 0 || digits[count] != '\0') {
        return false;
    }
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

size_t oss_number_print(char out[OSS_NUMBER_CHARS], double value) {
    int length;
    if (fabs(value) < 9007199254740992.0 && value == floor(value)) {
        length = oss_format(out, OSS_NUMBER_CHARS, "%.0f", value);
        return (size_t)length;
    }
    for (int digits = 1;; digits++) {
        length = oss_format(out, OSS_NUMBER_CHARS, "%.*g", digits, value);
        if (digits == 17 || !isfinite(value) || read_double(out) == value) {
            return (size_t)length;
        }
    }
}
