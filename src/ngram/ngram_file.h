/* Reading files of our own. Within src/ngram only. */
#ifndef OSS_NGRAM_NGRAM_FILE_H
#define OSS_NGRAM_NGRAM_FILE_H

#include "ngram/ngram.h"

bool oss_ngram_file_begins(const char *bytes, size_t count);
/* Maps it and checks all of it. */
oss_status oss_ngram_file_load(oss_ngram **out, const char *path);

#endif
