#include "base/strbuf.h"

#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"

/* Room for `extra` more bytes and the NUL; false when the buffer failed. */
static bool reserve_bytes(oss_strbuf *buffer, size_t extra) {
    size_t needed;
    if (buffer->failed) {
        return false;
    }
    if (!oss_add_size(buffer->length, extra, &needed) || !oss_add_size(needed, 1, &needed)) {
        (void)oss_fail(OSS_ENOMEM, "out of memory: a text of more bytes than an address space holds");
        buffer->failed = true;
        return false;
    }
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity;
    if (!oss_mul_size(buffer->capacity, 2, &capacity) || capacity < needed) {
        capacity = needed < 64 ? 64 : needed;
    }
    char *grown = oss_resize(buffer->data, capacity, 1);
    if (grown == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return true;
}

void oss_strbuf_append_bytes(oss_strbuf *buffer, const void *bytes, size_t count) {
    if (!reserve_bytes(buffer, count)) {
        return;
    }
    if (count > 0) {
        memcpy(buffer->data + buffer->length, bytes, count);
    }
    buffer->length += count;
    buffer->data[buffer->length] = '\0';
}

void oss_strbuf_append(oss_strbuf *buffer, const char *text) {
    oss_strbuf_append_bytes(buffer, text, strlen(text));
}

void oss_strbuf_printf(oss_strbuf *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = oss_vformat(NULL, 0, format, arguments);
    if (length < 0) {
        (void)oss_fail(OSS_EBUG, "a text could not be formatted with \"%s\"", format);
        buffer->failed = true;
    } else if (reserve_bytes(buffer, (size_t)length)) {
        (void)oss_vformat(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void oss_strbuf_clear(oss_strbuf *buffer) {
    buffer->length = 0;
    if (buffer->data != NULL) {
        buffer->data[0] = '\0';
    }
}

bool oss_strbuf_ok(const oss_strbuf *buffer) {
    return !buffer->failed;
}

char *oss_strbuf_take(oss_strbuf *buffer) {
    char *text = NULL;
    if (reserve_bytes(buffer, 0)) {
        buffer->data[buffer->length] = '\0'; /* also for a buffer that nothing was appended to */
        text = buffer->data;
        buffer->data = NULL;
    }
    oss_strbuf_deinit(buffer);
    return text;
}

void oss_strbuf_deinit(oss_strbuf *buffer) {
    oss_free(buffer->data);
    *buffer = (oss_strbuf){0};
}
