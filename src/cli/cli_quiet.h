/* mpg123_new of our programs, which stands before libmpg123's: libsndfile calls this one. What it makes is quiet. */
#ifndef OSS_CLI_CLI_QUIET_H
#define OSS_CLI_CLI_QUIET_H

typedef struct mpg123_handle_struct mpg123_handle; /* as libmpg123 calls it */

__attribute__((visibility("default"))) mpg123_handle *mpg123_new(const char *decoder, int *error);

#endif
