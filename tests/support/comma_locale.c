#include "support/comma_locale.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static bool set_installed(void) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8", "pt_BR.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (setlocale(LC_ALL, names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool oss_comma_locale_set(const char *folder) {
    if (set_installed()) {
        return true;
    }
    char command[512];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", folder);
    if (system(command) >= 0 && setenv("LOCPATH", folder, 1) == 0 && set_installed()) {
        return true;
    }
    fprintf(stderr,
            "note: no locale with a decimal comma here, and localedef cannot make one: nothing was shown\n");
    return false;
}
