/* Transcripts in tables (csv, tsv) and objects (json, jsonl). */
#include <string.h>

#include "base/csv.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "score/transcripts_internal.h"

enum { MOST_NAMED = 12 };

/* What a file has, for messages. */
typedef struct header {
    const char *file;
    char *const *name; /* [count] of columns; NULL: members of an object */
    int32_t count;
} header;

/* names: "wav|audio". */
static oss_status refuse_names(const header *h, const char *names, const char *what, const char *option) {
    oss_strbuf text = {0};
    for (; *names != '\0'; names++) {
        oss_strbuf_append_bytes(&text, *names == '|' ? ", " : names, *names == '|' ? 2 : 1);
    }
    oss_strbuf_printf(&text, "; name it with %s", option);
    for (int32_t i = 0; i < h->count && i < MOST_NAMED; i++) {
        oss_strbuf_printf(&text, "%s\"%.40s\"", i == 0 ? "; there are " : ", ", h->name[i]);
    }
    oss_strbuf_append(&text, h->count > MOST_NAMED ? " and others" : "");
    oss_status status = oss_strbuf_ok(&text)
                            ? oss_fail(OSS_EINPUT, "%s: no %s for the %s: none of %s", h->file,
                                       h->name == NULL ? "member" : "column", what, text.data)
                            : OSS_ENOMEM;
    oss_strbuf_deinit(&text);
    return status;
}

static oss_status refuse_texts(const header *h, const char *names, const oss_transcripts_options *o) {
    return refuse_names(h, names, o->is_reference ? "reference" : "hypothesis",
                        o->is_reference ? "--ref-column" : "--hyp-column");
}

static bool needs_ids(const oss_transcripts_options *o) {
    return !o->by_line || o->id != NULL;
}

/* ---- Columns ---- */

typedef struct columns {
    int32_t id, text, speaker; /* id, speaker: -1: none */
    bool has_times;
} columns;

/* Finds the first of `names`, with | between them; -1: none. */
static int32_t find_column(const header *h, const char *names) {
    while (*names != '\0') {
        size_t length = strcspn(names, "|");
        for (int32_t i = 0; i < h->count; i++) {
            if (strlen(h->name[i]) == length && strncmp(h->name[i], names, length) == 0) {
                return i;
            }
        }
        names += length + (names[length] == '|');
    }
    return -1;
}

static oss_status check_once(const header *h, int32_t column) {
    for (int32_t i = column + 1; column >= 0 && i < h->count; i++) {
        if (strcmp(h->name[i], h->name[column]) == 0) {
            return oss_fail(OSS_EINPUT, "%s:1: two columns are named \"%s\"; rename one", h->file,
                            h->name[i]);
        }
    }
    return OSS_OK;
}

static oss_status find_columns(columns *out, const header *h, const oss_transcripts_options *o) {
    const oss_transcript_names names = oss_transcript_names_of(o);
    *out = (columns){.id = find_column(h, names.id),
                     .text = find_column(h, names.text),
                     .speaker = find_column(h, names.speaker),
                     .has_times = find_column(h, "start") >= 0 && find_column(h, "end") >= 0};
    if (out->id < 0 && needs_ids(o)) {
        return refuse_names(h, names.id, "ids", "--id-column");
    }
    if (out->text < 0) {
        return refuse_texts(h, names.text, o);
    }
    if (out->speaker < 0 && o->speaker != NULL) {
        return refuse_names(h, names.speaker, "speakers", "--speaker-column");
    }
    oss_status status = check_once(h, out->id);
    status = status == OSS_OK ? check_once(h, out->text) : status;
    return status == OSS_OK ? check_once(h, out->speaker) : status;
}

static oss_status add_row(oss_transcripts *t, const oss_transcripts_options *o, const columns *c,
                          char *const *cell, int64_t line) {
    char number[OSS_LINE_ID_BYTES];
    const char *id = c->id < 0 ? oss_line_id(number, line) : cell[c->id];
    const oss_transcript_parts parts = {
        .id = id,
        .id_bytes = strlen(id),
        .speaker = c->speaker < 0 || cell[c->speaker][0] == '\0' ? NULL : cell[c->speaker],
        .text = cell[c->text],
        .line = line};
    if (parts.id_bytes == 0) {
        return oss_fail(OSS_EINPUT, "%s:%lld: the id is empty", t->name, (long long)line);
    }
    return oss_transcripts_add(t, o, &parts);
}

/* ---- csv ---- */

static oss_status read_rows(oss_transcripts *t, const oss_transcripts_options *o, oss_csv *csv) {
    int32_t count = oss_csv_columns(csv);
    char **name = oss_alloc((size_t)count, sizeof *name);
    columns c;
    if (name == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < count; i++) {
        name[i] = (char *)(uintptr_t)oss_csv_column_name(csv, i); /* read only */
    }
    oss_status status = find_columns(&c, &(header){t->name, name, count}, o);
    oss_free(name);
    const oss_csv_row *row = NULL;
    do {
        if (status == OSS_OK) {
            status = oss_csv_next(csv, &row);
        }
        if (status == OSS_OK && row != NULL) {
            status = add_row(t, o, &c, row->field, row->line);
        }
    } while (status == OSS_OK && row != NULL);
    t->has_parts = status == OSS_OK && c.has_times;
    return status;
}

oss_status oss_transcripts_read_csv(oss_transcripts *t, const oss_transcripts_options *o, const char *path) {
    oss_csv *csv = NULL;
    oss_status status = oss_csv_open(&csv, path);
    if (status == OSS_OK) {
        status = read_rows(t, o, csv);
    }
    oss_csv_free(csv);
    return status;
}

/* ---- tsv ---- */

enum { MOST_COLUMNS = 4096 };

/* What base/tsv.h writes, read in place: \t \n \r and \\ within a cell; any other backslash is one. */
static void unescape(char *cell) {
    char *to = cell;
    for (; *cell != '\0'; cell++) {
        const char *known = "t\tn\nr\r\\\\";
        const char *at = known;
        if (cell[0] == '\\' && cell[1] != '\0') {
            for (; *at != '\0' && *at != cell[1]; at += 2) {
            }
            if (*at != '\0') {
                *to++ = at[1];
                cell++;
                continue;
            }
        }
        *to++ = *cell;
    }
    *to = '\0';
}

/* cell[most]: the cells of a line, cut up in place; returns how many there are, also beyond `most`. */
static int32_t cut_cells(char *line, char **cell, int32_t most) {
    int32_t count = 0;
    for (bool more = true; more;) {
        char *end = line + strcspn(line, "\t");
        more = *end == '\t';
        *end = '\0';
        if (count < most) {
            cell[count] = line;
        }
        count++;
        line = end + more;
    }
    for (int32_t i = 0; i < count && i < most; i++) {
        unescape(cell[i]);
    }
    return count;
}

static oss_status read_tsv_lines(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                 char **cell, int32_t count) {
    columns c;
    char *line = NULL;
    oss_status status = find_columns(&c, &(header){t->name, cell, count}, o);
    while (status == OSS_OK) {
        status = oss_text_lines_next(lines, &line);
        if (status != OSS_OK || line == NULL) {
            break;
        }
        if (line[0] == '\0') {
            continue;
        }
        int32_t there = cut_cells(line, cell, MOST_COLUMNS);
        status = there == count ? add_row(t, o, &c, cell, lines->number)
                                : oss_fail(OSS_EINPUT, "%s:%lld: %d cells, but the header has %d", t->name,
                                           (long long)lines->number, (int)there, (int)count);
    }
    t->has_parts = status == OSS_OK && c.has_times;
    return status;
}

oss_status oss_transcripts_read_tsv(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    char *line = NULL;
    oss_status status = oss_text_lines_next(lines, &line);
    if (status != OSS_OK || line == NULL) {
        return status;
    }
    char **cell = oss_alloc(MOST_COLUMNS, sizeof *cell);
    if (cell == NULL) {
        return OSS_ENOMEM;
    }
    int32_t count = cut_cells(line, cell, MOST_COLUMNS);
    status = count > MOST_COLUMNS
                 ? oss_fail(OSS_EINPUT, "%s:1: more than %d columns", t->name, (int)MOST_COLUMNS)
                 : read_tsv_lines(t, o, lines, cell, count);
    oss_free(cell);
    return status;
}

/* ---- json ---- */

/* The first of `names` that the object has; NULL: none. */
static const oss_json *find_member(const oss_json *object, const char *names) {
    char name[128];
    while (*names != '\0') {
        size_t length = strcspn(names, "|");
        if (length < sizeof name) {
            memcpy(name, names, length);
            name[length] = '\0';
            const oss_json *member = oss_json_get(object, name);
            if (member != NULL) {
                return member;
            }
        }
        names += length + (names[length] == '|');
    }
    return NULL;
}

/* A string, or a number as it is printed: ids are often numbers. */
static oss_status to_text(const oss_json *value, const char *what, const char **out,
                          char digits[OSS_NUMBER_CHARS]) {
    if (oss_json_is(value, OSS_JSON_NUMBER)) {
        (void)oss_number_print(digits, oss_json_number(value));
        *out = digits;
        return OSS_OK;
    }
    return oss_json_to_string(value, what, out);
}

static oss_status add_object(oss_transcripts *t, const oss_transcripts_options *o, const oss_json *object,
                             const char *where, int64_t line) {
    const oss_transcript_names names = oss_transcript_names_of(o);
    const oss_json *id = find_member(object, names.id), *text = find_member(object, names.text);
    const oss_json *speaker = find_member(object, names.speaker);
    const header h = {.file = where};
    oss_transcript_parts parts = {.line = line};
    char id_digits[OSS_NUMBER_CHARS], speaker_digits[OSS_NUMBER_CHARS];
    if (!oss_json_is(object, OSS_JSON_OBJECT)) {
        return oss_fail(OSS_EINPUT, "%s: must be an object", where);
    }
    if (id == NULL && needs_ids(o)) {
        return refuse_names(&h, names.id, "ids", "--id-column");
    }
    if (text == NULL) {
        return refuse_texts(&h, names.text, o);
    }
    char number[OSS_LINE_ID_BYTES];
    parts.id = oss_line_id(number, line);
    oss_status status = id == NULL ? OSS_OK : to_text(id, "the id", &parts.id, id_digits);
    if (status == OSS_OK) {
        status = oss_json_to_string(text, "the text", &parts.text);
    }
    if (status == OSS_OK && speaker != NULL && !oss_json_is(speaker, OSS_JSON_NULL)) {
        status = to_text(speaker, "the speaker", &parts.speaker, speaker_digits);
    }
    if (status == OSS_OK && parts.id[0] == '\0') {
        status = oss_fail(OSS_EINPUT, "the id is empty");
    }
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", where);
    }
    parts.id_bytes = strlen(parts.id);
    return oss_transcripts_add(t, o, &parts);
}

static oss_status add_text(oss_transcripts *t, const oss_transcripts_options *o, const char *line,
                           int64_t number) {
    oss_json *object = NULL;
    oss_strbuf where = {0};
    oss_strbuf_printf(&where, "%s:%lld", t->name, (long long)number);
    oss_status status =
        oss_strbuf_ok(&where) ? oss_json_parse_large(&object, line, strlen(line), where.data) : OSS_ENOMEM;
    if (status == OSS_OK) {
        status = add_object(t, o, object, where.data, number);
    }
    oss_json_free(object);
    oss_strbuf_deinit(&where);
    return status;
}

oss_status oss_transcripts_read_jsonl(oss_transcripts *t, const oss_transcripts_options *o,
                                      oss_text_lines *lines) {
    char *line = NULL;
    oss_status status = oss_text_lines_next(lines, &line);
    while (status == OSS_OK && line != NULL) {
        if (line[strspn(line, " \t")] != '\0') {
            status = add_text(t, o, line, lines->number);
        }
        if (status == OSS_OK) {
            status = oss_text_lines_next(lines, &line);
        }
    }
    return status;
}

static oss_status add_elements(oss_transcripts *t, const oss_transcripts_options *o, const oss_json *list) {
    oss_status status = OSS_OK;
    int64_t number = 0;
    for (const oss_json *at = oss_json_first(list); at != NULL && status == OSS_OK; at = oss_json_next(at)) {
        oss_strbuf where = {0};
        oss_strbuf_printf(&where, "%s: element %lld", t->name, (long long)++number);
        status = oss_strbuf_ok(&where) ? add_object(t, o, at, where.data, number) : OSS_ENOMEM;
        oss_strbuf_deinit(&where);
    }
    return status;
}

oss_status oss_transcripts_read_json(oss_transcripts *t, const oss_transcripts_options *o, const char *text,
                                     size_t bytes) {
    oss_json *root = NULL;
    oss_status status = oss_json_parse_large(&root, text, bytes, t->name);
    if (status == OSS_OK) {
        status =
            oss_json_is(root, OSS_JSON_ARRAY) ? add_elements(t, o, root) : add_object(t, o, root, t->name, 1);
    }
    oss_json_free(root);
    return status;
}
