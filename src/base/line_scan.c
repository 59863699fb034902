#include "base/line_scan.h"

#include <string.h>

#include "base/mem.h"
#include "base/source.h"
#include "base/strbuf.h"

enum { BLOCK_BYTES = 1 << 16 };

typedef struct scan {
    size_t max_bytes;
    oss_status (*take)(void *context, const oss_scanned_line *line);
    void *context;
    oss_strbuf text; /* of the line that is being read */
    bool is_too_long;
    int64_t number, begin_bytes, at_bytes; /* of that line; of the next byte to look at */
} scan;

static void gather(scan *s, const char *bytes, size_t count) {
    s->at_bytes += (int64_t)count;
    if (s->is_too_long || count > s->max_bytes - s->text.length) {
        s->is_too_long = true;
    } else {
        oss_strbuf_append_bytes(&s->text, bytes, count);
    }
}

static oss_status give(scan *s, bool is_open) {
    if (!oss_strbuf_ok(&s->text)) {
        return OSS_ENOMEM;
    }
    const char *text = s->text.length == 0 ? "" : s->text.data;
    const oss_scanned_line line = {.text = s->is_too_long ? NULL : text,
                                   .bytes = s->is_too_long ? 0 : s->text.length,
                                   .number = ++s->number,
                                   .begin_bytes = s->begin_bytes,
                                   .is_open = is_open};
    oss_status status = s->take(s->context, &line);
    s->at_bytes += is_open ? 0 : 1; /* the newline */
    s->begin_bytes = s->at_bytes;
    s->is_too_long = false;
    oss_strbuf_clear(&s->text);
    return status;
}

static oss_status scan_block(scan *s, const char *block, size_t count) {
    oss_status status = OSS_OK;
    for (size_t at = 0; at < count && status == OSS_OK;) {
        const char *end = memchr(block + at, '\n', count - at);
        size_t bytes = end == NULL ? count - at : (size_t)(end - block) - at;
        gather(s, block + at, bytes);
        at += bytes;
        if (end != NULL) {
            status = give(s, false);
            at++;
        }
    }
    return status;
}

static oss_status scan_source(scan *s, oss_source *source, char *block, const char *path) {
    oss_status status = OSS_OK;
    for (int64_t at = 0; status == OSS_OK;) {
        size_t count = oss_source_read(source, at, block, BLOCK_BYTES);
        status = oss_source_status(source, path);
        if (status != OSS_OK || count == 0) {
            break;
        }
        at += (int64_t)count;
        status = scan_block(s, block, count);
    }
    return status == OSS_OK && s->at_bytes > s->begin_bytes ? give(s, true) : status;
}

oss_status oss_line_scan(const char *path, size_t max_bytes,
                         oss_status (*take)(void *context, const oss_scanned_line *line), void *context) {
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    scan s = {.max_bytes = max_bytes, .take = take, .context = context};
    char *block = oss_alloc(BLOCK_BYTES, 1);
    status = block == NULL ? OSS_ENOMEM : scan_source(&s, &source, block, path);
    oss_free(block);
    oss_strbuf_deinit(&s.text);
    oss_source_close(&source);
    return status;
}
