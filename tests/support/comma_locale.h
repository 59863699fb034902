/* A locale whose decimal point is a comma, for showing that nothing we read or write depends on the locale. */
#ifndef OSS_TESTS_COMMA_LOCALE_H
#define OSS_TESTS_COMMA_LOCALE_H

#include <stdbool.h>

/* Switches the program to one that is installed, else to one made with localedef in `folder` (a temporary
 * folder). False, with a note on stderr, when this machine can do neither: the test is then empty.
 * setlocale(LC_NUMERIC, "C") goes back. */
bool oss_comma_locale_set(const char *folder);

#endif
