#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/json_internal.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"

typedef struct json_printer {
    oss_strbuf text;
    unsigned style;
    int depth;
} json_printer;

static void put_escaped_byte(oss_strbuf *text, unsigned char byte) {
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: byte, letter */
    for (size_t i = 0; letters[i] != '\0'; i += 2) {
        if ((unsigned char)letters[i] == byte) {
            const char pair[2] = {'\\', letters[i + 1]};
            oss_strbuf_append_bytes(text, pair, 2);
            return;
        }
    }
    oss_strbuf_printf(text, "\\u%04x", byte);
}

/* Text that is valid UTF-8. */
static void put_characters(oss_strbuf *text, const char *from, size_t bytes) {
    size_t plain = 0; /* start of what is copied as it is */
    for (size_t at = 0; at < bytes; at++) {
        unsigned char byte = (unsigned char)from[at];
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f) {
            oss_strbuf_append_bytes(text, from + plain, at - plain);
            put_escaped_byte(text, byte);
            plain = at + 1;
        }
    }
    oss_strbuf_append_bytes(text, from + plain, bytes - plain);
}

void oss_json_append_string(oss_strbuf *text, const char *from) {
    size_t bytes = strlen(from);
    oss_strbuf_append(text, "\"");
    while (bytes > 0) {
        size_t valid = oss_utf8_valid_length(from, bytes);
        put_characters(text, from, valid);
        if (valid < bytes) {
            oss_strbuf_append(text, "\xef\xbf\xbd");
            valid++;
        }
        from += valid;
        bytes -= valid;
    }
    oss_strbuf_append(text, "\"");
}

static void put_line_break(json_printer *printer) {
    oss_strbuf_append(&printer->text, "\n");
    for (int level = 0; level < printer->depth; level++) {
        oss_strbuf_append(&printer->text, "  ");
    }
}

static int compare_members(const void *a, const void *b) {
    return strcmp(oss_json_key(*(const oss_json *const *)a), oss_json_key(*(const oss_json *const *)b));
}

/* part[count]: the container's parts in the order in which they are printed. */
static oss_status order_parts(const json_printer *printer, const oss_json *container, const oss_json **part,
                              size_t count) {
    size_t at = 0;
    for (const oss_json *element = oss_json_first(container); element != NULL;
         element = oss_json_next(element)) {
        part[at++] = element;
    }
    if ((printer->style & OSS_JSON_SORTED) == 0 || !oss_json_is(container, OSS_JSON_OBJECT)) {
        return OSS_OK;
    }
    qsort(part, count, sizeof *part, compare_members);
    for (size_t i = 1; i < count; i++) {
        if (compare_members(&part[i - 1], &part[i]) == 0) {
            return oss_fail(OSS_EBUG, "the JSON key \"%s\" was added twice to one object",
                            oss_json_key(part[i]));
        }
    }
    return OSS_OK;
}

/* Objects, and arrays that hold a container, get a line for each part; [0.9, 0.999] stays on one. */
static bool breaks_lines(const json_printer *printer, const oss_json *container) {
    if ((printer->style & OSS_JSON_PRETTY) == 0) {
        return false;
    }
    for (const oss_json *part = oss_json_first(container); part != NULL; part = oss_json_next(part)) {
        if (oss_json_type_of(container) == OSS_JSON_OBJECT || oss_json_first(part) != NULL) {
            return true;
        }
    }
    return false;
}

static oss_status put_value(json_printer *printer, const oss_json *value);

static oss_status put_parts(json_printer *printer, const oss_json *container, const oss_json **part,
                            size_t count) {
    oss_strbuf *text = &printer->text;
    bool is_pretty = (printer->style & OSS_JSON_PRETTY) != 0;
    bool is_object = oss_json_is(container, OSS_JSON_OBJECT);
    bool breaks = breaks_lines(printer, container);
    oss_status status = order_parts(printer, container, part, count);
    oss_strbuf_append(text, is_object ? "{" : "[");
    printer->depth++;
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        if (i > 0) {
            oss_strbuf_append(text, is_pretty && !breaks ? ", " : ",");
        }
        if (breaks) {
            put_line_break(printer);
        }
        if (is_object) {
            oss_json_append_string(text, oss_json_key(part[i]));
            oss_strbuf_append(text, is_pretty ? ": " : ":");
        }
        status = put_value(printer, part[i]);
    }
    printer->depth--;
    if (breaks) {
        put_line_break(printer);
    }
    oss_strbuf_append(text, is_object ? "}" : "]");
    return status;
}

static oss_status put_container(json_printer *printer, const oss_json *container) {
    oss_status status = oss_json_build_status(container);
    if (status != OSS_OK) {
        return status;
    }
    size_t count = oss_json_count(container);
    const oss_json **part = oss_alloc(count, sizeof *part);
    if (part == NULL) {
        return OSS_ENOMEM;
    }
    status = put_parts(printer, container, part, count);
    oss_free(part);
    return status;
}

static oss_status put_value(json_printer *printer, const oss_json *value) {
    char digits[OSS_NUMBER_CHARS];
    switch (oss_json_type_of(value)) {
    case OSS_JSON_NULL:
        oss_strbuf_append(&printer->text, "null");
        return OSS_OK;
    case OSS_JSON_BOOL:
        oss_strbuf_append(&printer->text, oss_json_bool(value) ? "true" : "false");
        return OSS_OK;
    case OSS_JSON_NUMBER:
        oss_strbuf_append_bytes(&printer->text, digits, oss_number_print(digits, oss_json_number(value)));
        return OSS_OK;
    case OSS_JSON_STRING:
        oss_json_append_string(&printer->text, oss_json_string(value));
        return OSS_OK;
    case OSS_JSON_ARRAY:
    case OSS_JSON_OBJECT:
        return put_container(printer, value);
    }
    return oss_fail(OSS_EBUG, "a JSON value of no known type");
}

oss_status oss_json_print(char **out, const oss_json *value, unsigned style) {
    json_printer printer = {.style = style};
    if (value == NULL) {
        return oss_json_build_status(NULL);
    }
    oss_status status = put_value(&printer, value);
    if (status == OSS_OK && (style & OSS_JSON_PRETTY) != 0) {
        oss_strbuf_append(&printer.text, "\n");
    }
    char *text = status == OSS_OK ? oss_strbuf_take(&printer.text) : NULL;
    oss_strbuf_deinit(&printer.text);
    if (status == OSS_OK && text == NULL) {
        return OSS_ENOMEM;
    }
    if (status == OSS_OK) {
        *out = text;
    }
    return status;
}
