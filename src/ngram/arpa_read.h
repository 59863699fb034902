/* Reading ARPA files (Doug Paul's format for back-off models, as SRILM's ngram-format(5) describes it). Within src/ngram
 * only. */
#ifndef OSS_NGRAM_ARPA_READ_H
#define OSS_NGRAM_ARPA_READ_H

#include "base/pipe.h"
#include "ngram/ngram.h"

/* Reads the pipe, whose name is the file's in messages, to its end. most_bytes > 0: of a compressed file. OSS_EINPUT: not
 * such a file, or damaged: line named; or it has more than most_bytes. */
oss_status oss_arpa_read(oss_ngram **out, oss_pipe *pipe, int64_t most_bytes);

#endif
