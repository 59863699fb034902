#include "base/csv.h"

#include <stdbool.h>
#include <string.h>

#include "base/csv_scan.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/wrong_rows.h"

enum {
    MAX_COLUMNS = 4096,
    MOST_ASKED =
        1000 /* lines of a quoted field that the witness is shown: of rows, one of the first is known */
};

struct oss_csv {
    csv_scan scan;
    char **name; /* [columns] */
    int32_t columns;
    char **field; /* [columns], into scan.text */
    oss_csv_row row;
    bool is_at_end;
    oss_wrong_rows wrong;
    oss_csv_witness witness; /* NULL: none */
    int32_t witness_column;
    void *witness_context;
};

/* How many there are shows what a quote took in, or an editor left out, where nothing else does. */
static void tell_counts(const oss_csv *csv) {
    const csv_scan *scan = &csv->scan;
    const bool is_begun = scan->buffer_offset + scan->at > scan->line_begin; /* no line break behind it */
    int64_t rows = csv->row.number, lines = scan->line - !is_begun;
    oss_log_info("%s: %lld row%s on %lld line%s", scan->path, (long long)rows, rows == 1 ? "" : "s",
                 (long long)lines, lines == 1 ? "" : "s");
}

void oss_csv_free(oss_csv *csv) {
    if (csv == NULL) {
        return;
    }
    if (csv->is_at_end) {
        tell_counts(csv);
    }
    for (int32_t i = 0; csv->name != NULL && i < csv->columns; i++) {
        oss_free(csv->name[i]);
    }
    oss_free(csv->name);
    oss_free(csv->field);
    oss_csv_scan_deinit(&csv->scan);
    oss_free(csv);
}

/* ---- Header ---- */

static char *copy_name(const char *text) {
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    return oss_strndup(text, length);
}

static int32_t find_name(const oss_csv *csv, const char *name, size_t length, int32_t columns) {
    for (int32_t i = 0; i < columns; i++) {
        if (strlen(csv->name[i]) == length && memcmp(csv->name[i], name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static oss_status keep_names(oss_csv *csv) {
    int32_t columns = csv->scan.fields;
    csv->name = oss_alloc_zero((size_t)columns, sizeof *csv->name);
    csv->field = oss_alloc_zero((size_t)columns, sizeof *csv->field);
    if (csv->name == NULL || csv->field == NULL) {
        return OSS_ENOMEM;
    }
    csv->columns = columns;
    for (int32_t i = 0; i < columns; i++) {
        csv->name[i] = copy_name(csv->scan.text + csv->scan.field[i].start);
        if (csv->name[i] == NULL) {
            return OSS_ENOMEM;
        }
        if (csv->name[i][0] != '\0' && find_name(csv, csv->name[i], strlen(csv->name[i]), i) >= 0) {
            return oss_fail(OSS_EINPUT, "%s:%lld: two columns are named \"%s\"; rename one", csv->scan.path,
                            (long long)csv->scan.record_line, csv->name[i]);
        }
    }
    return OSS_OK;
}

static oss_status read_header(oss_csv *csv) {
    bool is_there = false;
    oss_status status = oss_csv_scan_record(&csv->scan, MAX_COLUMNS, &is_there);
    if (status != OSS_OK) {
        return csv->scan.is_no_csv ? OSS_EINPUT : status;
    }
    if (!is_there) {
        return oss_fail(OSS_EINPUT, "%s: is empty; its first line must name the columns", csv->scan.path);
    }
    if (csv->scan.complaint[0] != '\0') {
        return oss_fail(OSS_EINPUT, "%s:%lld: header: %s", csv->scan.path, (long long)csv->scan.record_line,
                        csv->scan.complaint);
    }
    if (csv->scan.fields > MAX_COLUMNS) {
        return oss_fail(OSS_EINPUT, "%s:%lld: %d columns are more than the %d that can be read",
                        csv->scan.path, (long long)csv->scan.record_line, csv->scan.fields, MAX_COLUMNS);
    }
    return keep_names(csv);
}

oss_status oss_csv_open(oss_csv **out, const char *path) {
    oss_csv *csv = oss_alloc_zero(1, sizeof *csv);
    if (csv == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_csv_scan_init(&csv->scan, path);
    if (status == OSS_OK) {
        status = read_header(csv);
    }
    if (status != OSS_OK) {
        oss_csv_free(csv);
        return status;
    }
    *out = csv;
    return OSS_OK;
}

int32_t oss_csv_column(const oss_csv *csv, const char *names) {
    while (*names != '\0') {
        size_t length = strcspn(names, "|");
        int32_t found = find_name(csv, names, length, csv->columns);
        if (found >= 0) {
            return found;
        }
        names += length + (names[length] == '|');
    }
    return -1;
}

void oss_csv_set_witness(oss_csv *csv, int32_t column, oss_csv_witness witness, void *context) {
    csv->witness = witness;
    csv->witness_column = column;
    csv->witness_context = context;
}

int32_t oss_csv_columns(const oss_csv *csv) {
    return csv->columns;
}

const char *oss_csv_column_name(const oss_csv *csv, int32_t index) {
    return csv->name[index];
}

/* ---- Stray quotes ---- */

/* What stands on one line of a quoted field, up to the line break or the closing quote. */
typedef struct piece {
    char *text;
    size_t bytes;
    int32_t first;  /* which field of its line it begins in: the first line has those before the quote */
    int32_t cells;  /* fields of the line that begin in it and end in it or with the line */
    int32_t fields; /* of its line, were quotes and line breaks nothing special */
} piece;

static size_t find_line_end(const char *text, size_t bytes) {
    size_t end = 0;
    while (end < bytes && text[end] != '\n' && text[end] != '\r') {
        end++;
    }
    return end;
}

/* The piece at `at` of field `index`, which is `bytes` long; returns where the next one begins. */
static size_t cut_piece(piece *out, const oss_csv *csv, int32_t index, size_t at, size_t bytes) {
    char *text = csv->scan.text + csv->scan.field[index].start;
    size_t end = at + find_line_end(text + at, bytes - at);
    *out = (piece){.text = text + at, .bytes = end - at, .first = at == 0 ? index : 0, .cells = 1};
    for (size_t i = at; i < end; i++) {
        out->cells += text[i] == ',';
    }
    out->fields = out->first + out->cells;
    if (end == bytes) { /* what is behind the closing quote is on the last line too */
        out->fields += csv->scan.fields - index - 1;
        out->cells -= csv->scan.fields == csv->columns; /* the quote is right to close the last one then */
    }
    bool is_pair = end + 1 < bytes && text[end] == '\r' && text[end + 1] == '\n';
    return end + 1 + is_pair;
}

/* Asks about a line in quoted field `index`. */
static oss_status ask_witness(const oss_csv *csv, int32_t index, const piece *line, bool *out) {
    int32_t column = csv->witness_column, cell = column - line->first;
    if (cell < 0 || cell >= line->cells) {
        *out = false;
        return OSS_OK;
    }
    char *begin = line->text, *end = line->text + line->bytes;
    char *comma = memchr(begin, ',', (size_t)(end - begin));
    for (; cell > 0 && comma != NULL; cell--) {
        begin = comma + 1;
        comma = memchr(begin, ',', (size_t)(end - begin));
    }
    end = comma == NULL ? end : comma;
    char behind = *end;
    *end = '\0';
    bool has_own = column != index && column < csv->scan.fields;
    const char *own = has_own ? csv->scan.text + csv->scan.field[column].start : NULL;
    oss_status status = csv->witness(csv->witness_context, begin, own, out);
    *end = behind;
    return status;
}

/* Whether a line is written as rows are, and not as texts: behind commas of a text there are blanks. */
static bool is_like_a_row(const oss_csv *csv, const piece *line) {
    bool blank = false;
    for (size_t i = 1; i < line->bytes; i++) {
        blank = blank || (line->text[i - 1] == ',' && line->text[i] == ' ');
    }
    return csv->columns > 1 && line->fields == csv->columns && !blank;
}

/* Whether the quote that opens a field is a stray one, and the last line that it takes in: the witness knows one of the
 * lines for a row, or there are several whole ones and all of them are like rows. */
static oss_status judge_quote(const oss_csv *csv, int32_t index, bool *out, int64_t *out_line) {
    const csv_field *field = &csv->scan.field[index];
    size_t behind =
        index + 1 < csv->scan.keep && index + 1 < csv->scan.fields ? field[1].start : csv->scan.length;
    size_t bytes = behind - field->start - 1;
    int64_t whole = 0, like_rows = 0, asked = 0;
    bool is_stray = false;
    oss_status status = OSS_OK;
    *out_line = field->next_line - 2;
    for (size_t at = 0, begin = 0; at <= bytes && status == OSS_OK; ++*out_line) {
        piece line;
        begin = at;
        at = cut_piece(&line, csv, index, at, bytes);
        if (begin > 0 && at <= bytes && line.bytes > 0) {
            whole++;
            like_rows += is_like_a_row(csv, &line);
        }
        if (line.fields >= csv->columns && !is_stray && csv->witness != NULL && asked++ < MOST_ASKED) {
            status = ask_witness(csv, index, &line, &is_stray);
        }
    }
    *out = is_stray || (whole > 1 && like_rows == whole);
    return status;
}

/* Of a record with line breaks in quotes: ends it with the line of the first stray quote, if there is one. */
static oss_status find_stray_quote(oss_csv *csv) {
    for (int32_t i = 0; i < csv->scan.fields && i < csv->columns && !csv->scan.is_cut; i++) {
        bool is_stray = false;
        int64_t last_line = 0;
        if (csv->scan.field[i].next_line > 0) {
            oss_status status = judge_quote(csv, i, &is_stray, &last_line);
            if (status != OSS_OK) {
                return status;
            }
        }
        if (is_stray && oss_csv_scan_go_back(&csv->scan, i) && csv->scan.complaint[0] == '\0') {
            (void)oss_format(
                csv->scan.complaint, sizeof csv->scan.complaint,
                "the quote that opens field %d takes in rows up to line %lld: close it on its line; a "
                "quote in a text is written twice, and the text in quotes",
                i + 1, (long long)last_line);
        }
    }
    return OSS_OK;
}

/* ---- Rows ---- */

static oss_status refuse_row(const oss_csv *csv, const char *complaint) {
    return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: %s", csv->scan.path, (long long)csv->scan.record_line,
                    (long long)csv->row.number, complaint);
}

static oss_status fill_row(oss_csv *csv) {
    csv->row.number++;
    csv->row.line = csv->scan.record_line;
    oss_status status = find_stray_quote(csv);
    if (status != OSS_OK) {
        return status;
    }
    if (csv->scan.complaint[0] != '\0') {
        return refuse_row(csv, csv->scan.complaint);
    }
    if (csv->scan.fields != csv->columns) {
        char complaint[96];
        oss_csv_format_count(complaint, sizeof complaint, csv->scan.fields, csv->columns);
        return refuse_row(csv, complaint);
    }
    for (int32_t i = 0; i < csv->columns; i++) {
        csv->field[i] = csv->scan.text + csv->scan.field[i].start;
    }
    csv->row.fields = csv->columns;
    csv->row.field = csv->field;
    return OSS_OK;
}

oss_status oss_csv_refuse(oss_csv *csv) {
    csv_scan *scan = &csv->scan;
    int64_t rows = csv->row.number;
    if (!oss_wrong_rows_add(&csv->wrong, scan->record_end - scan->record_begin, rows, scan->record_end,
                            scan->reread_bytes)) {
        return OSS_EINPUT;
    }
    scan->ended = true;
    scan->status =
        oss_fail(OSS_EIO,
                 "%s: %lld of the first %lld rows are wrong, too many to read on: is it a CSV with "
                 "these columns? The last: %s",
                 scan->path, (long long)csv->wrong.rows, (long long)rows, oss_last_error());
    return scan->status;
}

oss_status oss_csv_next(oss_csv *csv, const oss_csv_row **out_row) {
    bool is_there = false;
    oss_status status = oss_csv_scan_record(&csv->scan, csv->columns, &is_there);
    if (status != OSS_OK) {
        return status;
    }
    if (!is_there) {
        csv->is_at_end = true;
        *out_row = NULL;
        return OSS_OK;
    }
    status = fill_row(csv);
    if (status == OSS_OK) {
        *out_row = &csv->row;
    }
    return status == OSS_EINPUT ? oss_csv_refuse(csv) : status;
}

oss_csv_place oss_csv_place_of_record(const oss_csv *csv) {
    return (oss_csv_place){csv->row.number, csv->scan.record_line, csv->scan.record_begin,
                           csv->scan.record_end};
}

uint64_t oss_csv_field_offset(const oss_csv *csv, int32_t column) {
    return csv->scan.field[column].offset;
}
