/* Check's failure (tests/cross/check.h) for programs that fuzz: the process aborts, so that the fuzzer keeps the input. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void oss_check_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}
