/* Whatever a file of a language model is. */
#include <string.h>

#include "base/child.h"
#include "base/fail.h"
#include "base/file.h"
#include "ngram/arpa_read.h"
#include "ngram/ngram_file.h"

enum { LOOK_BYTES = 16, SILENT_MS = 60000 };
/* An ARPA file has 3 to 10 times the bytes that gzip makes of it; what has 1000 times as many was made to fill memory. */
enum { MOST_EXPANSION = 64, LEAST_LIMIT_BYTES = 4 << 20 };

static bool is_gzip(const char *bytes, size_t count) {
    return count >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

/* "-c" and "--" keep names like "-d" what they are. */
static oss_status load_gzip(oss_ngram **out, const char *path) {
    const char *const argument[] = {"gzip", "-dc", "--", path, NULL};
    oss_child child = {0};
    oss_pipe pipe = {.fd = -1};
    int64_t bytes = 0;
    oss_status status =
        oss_file_is_regular(path)
            ? oss_file_size(&bytes, path)
            : oss_fail(OSS_EINPUT, "%s: compressed, and not a regular file: give the path of one", path);
    if (status == OSS_OK) {
        status = oss_child_start(&child, argument, SILENT_MS, NULL, &pipe, path);
    }
    if (status != OSS_OK) {
        oss_child_close(&child);
        return status == OSS_EUSAGE
                   ? oss_fail(OSS_EINPUT,
                              "%s: compressed by gzip, and there is no program gzip here: install it, or "
                              "decompress the file elsewhere",
                              path)
                   : status;
    }
    oss_ngram *ngram = NULL;
    status = oss_arpa_read(&ngram, &pipe, LEAST_LIMIT_BYTES + MOST_EXPANSION * bytes);
    const bool ended = pipe.ended;
    oss_pipe_close(&pipe);
    if (ended) { /* why it broke off counts more than that it did */
        oss_status end = oss_child_finish(&child);
        status = end == OSS_OK ? status : oss_fail_prefix(end, "%s", path);
    }
    oss_child_close(&child);
    if (status == OSS_OK) {
        *out = ngram;
    } else {
        oss_ngram_free(ngram);
    }
    return status;
}

oss_status oss_ngram_load(oss_ngram **out, const char *path) {
    oss_pipe pipe;
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_pipe_open(&pipe, path);
    if (status != OSS_OK) {
        return status;
    }
    status = oss_pipe_look(&pipe, LOOK_BYTES, &bytes, &count);
    const bool own = status == OSS_OK && oss_ngram_file_begins(bytes, count);
    const bool gzip = status == OSS_OK && is_gzip(bytes, count);
    if (status == OSS_OK && !own && !gzip) {
        status = oss_arpa_read(out, &pipe, 0);
    }
    oss_pipe_close(&pipe);
    if (own) {
        return oss_ngram_file_load(out, path);
    }
    return gzip ? load_gzip(out, path) : status;
}
