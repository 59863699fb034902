/* A growing string. A failed append makes the buffer "failed" (sticky); check once at the end with
 * oss_strbuf_take or oss_strbuf_ok. Zero-initialise with {0}. */
#ifndef OSS_BASE_STRBUF_H
#define OSS_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

typedef struct oss_strbuf {
    char *data; /* NUL-terminated when not NULL */
    size_t length;
    size_t capacity;
    bool failed;
} oss_strbuf;

void oss_strbuf_append(oss_strbuf *buffer, const char *text);
void oss_strbuf_append_bytes(oss_strbuf *buffer, const void *bytes, size_t count);
void oss_strbuf_printf(oss_strbuf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void oss_strbuf_clear(oss_strbuf *buffer); /* length 0, memory kept */
bool oss_strbuf_ok(const oss_strbuf *buffer);
/* The string, now the caller's (oss_free); NULL when the buffer failed. The buffer is empty afterwards. */
char *oss_strbuf_take(oss_strbuf *buffer);
void oss_strbuf_deinit(oss_strbuf *buffer);

#endif
