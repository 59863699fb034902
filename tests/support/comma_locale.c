#include "support/comma_locale.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tempdir.h"

static bool set_installed(void) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8", "pt_BR.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (setlocale(LC_NUMERIC, names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* A locale of one category takes localedef 50 ms; a whole country takes seconds. */
static bool set_made(const char *folder) {
    static const char source[] =
        "LC_NUMERIC\ndecimal_point \"<U002C>\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n";
    char *path = oss_tempdir_path(folder, "comma.src");
    oss_tempdir_write(path, source, (long)strlen(source));
    char command[1024];
    snprintf(command, sizeof command, "localedef -c -i '%s' -f ANSI_X3.4-1968 '%s/comma' >/dev/null 2>&1",
             path, folder);
    free(path);
    /* localedef warns of the missing categories and exits with 1: whether it worked, setlocale knows. */
    return system(command) >= 0 && setenv("LOCPATH", folder, 1) == 0 &&
           setlocale(LC_NUMERIC, "comma") != NULL;
}

bool oss_comma_locale_set(const char *folder) {
    if (set_installed() || set_made(folder)) {
        return true;
    }
    fprintf(stderr,
            "note: no locale with a decimal comma here, and localedef cannot make one: nothing was shown\n");
    return false;
}
