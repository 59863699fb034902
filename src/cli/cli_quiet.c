/* What libraries say. libsndfile decodes MP3 with libmpg123, which writes about damaged frames to standard error, among
 * our lines and past the bar; it can be told not to, but libsndfile neither does nor lets us. */
#include <dlfcn.h>
#include <string.h>

#include "cli/cli_quiet.h"

enum { ADD_FLAGS = 2, QUIET = 0x20 }; /* MPG123_ADD_FLAGS and MPG123_QUIET of mpg123.h */

typedef mpg123_handle *(*make_fn)(const char *decoder, int *error);
typedef int (*set_fn)(mpg123_handle *handle, int parameter, long value, double fraction);

/* libmpg123's own function of that name, behind this one; an object's address, which ISO C keeps apart from a
 * function's. */
static void find(void *out_function, const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(out_function, &found, sizeof found);
}

mpg123_handle *mpg123_new(const char *decoder, int *error) {
    make_fn make = NULL;
    set_fn set = NULL;
    find(&make, "mpg123_new");
    find(&set, "mpg123_param");
    mpg123_handle *handle = make == NULL ? NULL : make(decoder, error);
    if (handle != NULL && set != NULL) {
        (void)set(handle, ADD_FLAGS, QUIET, 0.0);
    }
    return handle;
}
