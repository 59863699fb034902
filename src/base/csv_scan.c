#include "base/csv_scan.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/fail.h"
#include "base/file_internal.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/sys.h"

enum {
    BUFFER_BYTES = 1 << 16,
    FIELD_MAX_BYTES = 1 << 20,
    RECORD_MAX_BYTES = 4 << 20, /* more than that is no transcript */
    END = -1
};

/* Where in a record the next byte falls. */
typedef enum place {
    AT_FIELD_START,
    IN_PLAIN,
    IN_QUOTES,
    AFTER_QUOTE, /* a quote inside quotes: doubled, or the closing one */
    AT_RECORD_END
} place;

oss_status oss_csv_scan_init(csv_scan *scan, const char *path) {
    *scan = (csv_scan){.fd = -1, .line = 1};
    scan->path = oss_strdup(path);
    scan->buffer = oss_alloc(BUFFER_BYTES, 1);
    scan->buffer_bytes = BUFFER_BYTES;
    if (scan->path == NULL || scan->buffer == NULL) {
        return OSS_ENOMEM;
    }
    scan->fd = oss_file_open_fd(path, O_RDONLY);
    if (scan->fd < 0) {
        return oss_fail_errno(errno, "cannot open %s", path);
    }
    return OSS_OK;
}

void oss_csv_scan_deinit(csv_scan *scan) {
    if (scan->buffer != NULL && scan->fd >= 0) {
        (void)oss_file_close_fd(scan->fd); /* nothing was written: nothing can be lost */
    }
    oss_free(scan->path);
    oss_free(scan->buffer);
    oss_free(scan->text);
    oss_free(scan->field);
    *scan = (csv_scan){.fd = -1};
}

/* Keeps the first complaint of a record. */
static void complain(csv_scan *scan, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(csv_scan *scan, const char *format, ...) {
    if (scan->complaint[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        (void)oss_vformat(scan->complaint, sizeof scan->complaint, format, arguments);
        va_end(arguments);
    }
}

void oss_csv_format_count(char *out, size_t bytes, int32_t fields, int32_t columns) {
    (void)oss_format(out, bytes, "has %d field%s, but the header has %d%s", fields, fields == 1 ? "" : "s",
                     columns, fields > columns ? "; put a text with commas in double quotes" : "");
}

/* ---- Bytes ---- */

static uint64_t tell_offset(const csv_scan *scan) {
    return scan->buffer_offset + scan->at;
}

/* Moves what is held to the front of the buffer; the rest, at least BUFFER_BYTES, is free. */
static void make_room(csv_scan *scan) {
    size_t held = scan->is_held ? (size_t)(tell_offset(scan) - scan->hold_offset) : 0;
    memmove(scan->buffer, scan->buffer + scan->at - held, held);
    scan->buffer_offset += scan->at - held;
    scan->at = scan->filled = held;
    if (scan->buffer_bytes - held < BUFFER_BYTES) {
        unsigned char *grown = oss_resize(scan->buffer, 2 * scan->buffer_bytes, 1);
        if (grown == NULL) {
            scan->status = OSS_ENOMEM;
            scan->ended = true;
            return;
        }
        scan->buffer = grown;
        scan->buffer_bytes *= 2;
    }
}

/* A device such as /dev/zero gives bytes for ever. */
static void refuse_endless(csv_scan *scan) {
    const char *why = scan->complaint[0] == '\0' ? "a row of more than 4 MiB: is it a CSV?" : scan->complaint;
    scan->is_no_csv = scan->ended = true;
    scan->status = oss_fail(OSS_EIO, "%s:%lld: %s", scan->path, (long long)scan->record_line, why);
}

/* Fills the whole buffer while the file lasts, so that the first three bytes are there together. */
static void fill_buffer(csv_scan *scan) {
    if (tell_offset(scan) - scan->record_begin > RECORD_MAX_BYTES) {
        refuse_endless(scan);
        return;
    }
    make_room(scan);
    while (scan->filled < scan->buffer_bytes && !scan->ended) {
        ssize_t got = oss_file.read(scan->fd, scan->buffer + scan->filled, scan->buffer_bytes - scan->filled);
        if (got > 0) {
            scan->filled += (size_t)got;
        } else if (got == 0) {
            scan->ended = true;
        } else if (errno != EINTR) {
            scan->status = oss_fail_errno(errno, "cannot read %s", scan->path);
            scan->ended = true;
        }
    }
}

static int peek_byte(csv_scan *scan) {
    if (scan->at == scan->filled && !scan->ended) {
        fill_buffer(scan);
    }
    return scan->at < scan->filled ? scan->buffer[scan->at] : END;
}

static void complain_utf8(csv_scan *scan) {
    complain(scan, "the text at byte %llu of the file is not UTF-8; save the file as UTF-8",
             (unsigned long long)scan->character_offset);
}

static void check_byte(csv_scan *scan, unsigned char byte, uint64_t offset) {
    if (oss_utf8_is_whole(&scan->utf8)) {
        scan->character_offset = offset;
    }
    if (!oss_utf8_feed(&scan->utf8, byte)) {
        complain_utf8(scan);
    }
    if (byte == '\0') {
        complain(scan, "there is a NUL byte at byte %llu of the file; is it UTF-16? save it as UTF-8",
                 (unsigned long long)offset);
    }
}

/* Remembers where a quoted field goes on with a second line. */
static void end_line(csv_scan *scan, place where) {
    scan->line++;
    scan->line_begin = tell_offset(scan);
    if (where != IN_QUOTES || scan->current.next_line > 0) {
        return;
    }
    scan->current.next_line = scan->line;
    scan->current.next_offset = tell_offset(scan);
    scan->current.was_right = scan->complaint[0] == '\0';
    if (!scan->is_held) {
        scan->is_held = true;
        scan->hold_offset = scan->current.next_offset;
    }
}

static bool go_back(csv_scan *scan, const csv_field *field) {
    if (field->next_line == 0 || !scan->is_held || field->next_offset < scan->hold_offset) {
        return false;
    }
    scan->reread_bytes += tell_offset(scan) - field->next_offset;
    scan->at = (size_t)(field->next_offset - scan->buffer_offset);
    scan->line = field->next_line;
    scan->line_begin = field->next_offset;
    scan->utf8 = (oss_utf8_state){0};
    scan->record_end = field->next_offset;
    scan->is_cut = true;
    if (field->was_right) {
        scan->complaint[0] = '\0'; /* it was about a line that is read again */
    }
    return true;
}

bool oss_csv_scan_go_back(csv_scan *scan, int32_t field) {
    return go_back(scan, &scan->field[field]);
}

/* The next byte, END at the end or when reading failed. CRLF and CR come as one '\n', except in quotes, where
 * they are text. */
static int take_byte(csv_scan *scan, place where) {
    int byte = peek_byte(scan);
    if (byte == END) {
        return END;
    }
    check_byte(scan, (unsigned char)byte, scan->buffer_offset + scan->at);
    scan->at++;
    if (byte == '\r') {
        bool is_pair = peek_byte(scan) == '\n';
        if (where != IN_QUOTES) {
            scan->at += is_pair;
            byte = '\n';
        }
        if (!is_pair || where != IN_QUOTES) { /* else the '\n' that follows ends the line */
            end_line(scan, where);
        }
    } else if (byte == '\n') {
        end_line(scan, where);
    }
    return byte;
}

static void skip_byte_order_mark(csv_scan *scan) {
    if (scan->buffer_offset == 0 && scan->at == 0 && peek_byte(scan) != END && scan->filled >= 3 &&
        memcmp(scan->buffer, "\xef\xbb\xbf", 3) == 0) {
        scan->at = 3;
    }
}

/* ---- Fields ---- */

static bool keeps_field(const csv_scan *scan) {
    return scan->fields < scan->keep;
}

static void put_text(csv_scan *scan, char byte) {
    if (scan->length == scan->capacity) {
        size_t capacity = scan->capacity == 0 ? 1024 : scan->capacity * 2;
        char *grown = oss_resize(scan->text, capacity, 1);
        if (grown == NULL) {
            scan->status = OSS_ENOMEM;
            return;
        }
        scan->text = grown;
        scan->capacity = capacity;
    }
    scan->text[scan->length++] = byte;
}

static void complain_long(csv_scan *scan) {
    complain(scan, "field %d is longer than 1 MiB; is a closing quote missing?", scan->fields + 1);
}

static void put_byte(csv_scan *scan, int byte) {
    if (!keeps_field(scan)) {
        return;
    }
    if (++scan->field_bytes > FIELD_MAX_BYTES) {
        complain_long(scan);
        return;
    }
    put_text(scan, (char)byte);
}

static void grow_fields(csv_scan *scan) {
    size_t capacity = scan->field_capacity == 0 ? 16 : scan->field_capacity * 2;
    csv_field *field = oss_resize(scan->field, capacity, sizeof *field);
    if (field == NULL) {
        scan->status = OSS_ENOMEM;
        return;
    }
    scan->field = field;
    scan->field_capacity = capacity;
}

static void begin_field(csv_scan *scan) {
    scan->field_bytes = 0;
    scan->current = (csv_field){.start = scan->length, .offset = tell_offset(scan)};
    if (keeps_field(scan) && (size_t)scan->fields == scan->field_capacity) {
        grow_fields(scan);
    }
}

static void end_field(csv_scan *scan) {
    if (keeps_field(scan) && scan->status == OSS_OK) {
        scan->field[scan->fields] = scan->current;
        put_text(scan, '\0');
    }
    if (scan->fields < INT32_MAX) {
        scan->fields++;
    }
}

/* ---- Records ---- */

static place end_plain(csv_scan *scan, int byte) {
    end_field(scan);
    if (byte == ',') {
        begin_field(scan);
        return AT_FIELD_START;
    }
    return AT_RECORD_END;
}

static place end_record(csv_scan *scan) {
    end_field(scan);
    return AT_RECORD_END;
}

static place take_quoted(csv_scan *scan, int byte) {
    if (byte == END) {
        (void)go_back(scan, &scan->current);
        complain(scan, "the quote that opens field %d is never closed", scan->fields + 1);
        return end_record(scan);
    }
    if (byte == '"') {
        return AFTER_QUOTE;
    }
    put_byte(scan, byte);
    if (!keeps_field(scan) && scan->current.next_line > 0) {
        return end_record(scan);
    }
    if (scan->field_bytes > FIELD_MAX_BYTES && go_back(scan, &scan->current)) {
        complain_long(scan);
        return end_record(scan);
    }
    return IN_QUOTES;
}

/* Text behind the quote that should close a field. */
static place take_after_quote(csv_scan *scan, int byte) {
    int64_t line = scan->line;
    if (go_back(scan, &scan->current)) {
        complain(
            scan,
            "the quote that opens field %d is not closed: text follows the next one, on line %lld; a quote "
            "inside quotes is written twice",
            scan->fields + 1, (long long)line);
        return end_record(scan);
    }
    complain(scan, "field %d goes on after its closing quote; a quote inside quotes is written twice",
             scan->fields + 1);
    put_byte(scan, byte);
    return IN_PLAIN;
}

static place take_step(csv_scan *scan, place where, int byte) {
    if (where == IN_QUOTES) {
        return take_quoted(scan, byte);
    }
    if (byte == ',' || byte == '\n' || byte == END) {
        return end_plain(scan, byte);
    }
    if (byte == '"' && where == AT_FIELD_START) {
        return IN_QUOTES;
    }
    if (byte == '"' && where == AFTER_QUOTE) {
        put_byte(scan, '"');
        return IN_QUOTES;
    }
    if (where == AFTER_QUOTE) {
        return take_after_quote(scan, byte);
    }
    put_byte(scan, byte);
    return IN_PLAIN;
}

static void skip_empty_lines(csv_scan *scan) {
    int byte = peek_byte(scan);
    while (byte == '\n' || byte == '\r') {
        (void)take_byte(scan, IN_PLAIN);
        byte = peek_byte(scan);
    }
}

static void place_record(csv_scan *scan) {
    scan->record_line = scan->line;
    scan->record_begin = tell_offset(scan);
    scan->complaint[0] = '\0';
}

static void begin_record(csv_scan *scan, int32_t keep) {
    place_record(scan);
    scan->keep = keep;
    scan->fields = 0;
    scan->length = 0;
    scan->is_cut = false;
    begin_field(scan);
}

oss_status oss_csv_scan_record(csv_scan *scan, int32_t keep, bool *out_is_there) {
    if (scan->status != OSS_OK) {
        return oss_fail(scan->status, "%s: reading failed before and cannot go on", scan->path);
    }
    scan->is_held = false;
    place_record(scan); /* empty lines may go on and on too */
    skip_byte_order_mark(scan);
    skip_empty_lines(scan);
    if (scan->status != OSS_OK || peek_byte(scan) == END) {
        *out_is_there = false;
        return scan->status;
    }
    begin_record(scan, keep);
    place where = AT_FIELD_START;
    while (where != AT_RECORD_END && scan->status == OSS_OK) {
        where = take_step(scan, where, take_byte(scan, where));
    }
    if (!oss_utf8_is_whole(&scan->utf8)) {
        complain_utf8(scan);
    }
    scan->record_end = tell_offset(scan);
    *out_is_there = true;
    return scan->status;
}
