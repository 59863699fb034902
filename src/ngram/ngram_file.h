/* Reading files of our own. Within src/ngram only. */
#ifndef OSS_NGRAM_NGRAM_FILE_H
#define OSS_NGRAM_NGRAM_FILE_H

#include "ngram/ngram.h"

bool oss_ngram_file_begins(const char *bytes, size_t count);
/* Checks a file's bytes, which then are the model's, to be given back by `release`. On failure they stay the caller's. */
oss_status oss_ngram_file_take(oss_ngram **out, void *block, size_t bytes,
                               void (*release)(void *block, size_t bytes), const char *name);
oss_status oss_ngram_file_load(oss_ngram **out, const char *path);

#endif
