/* Rows of lists in which no character quotes another: Common Voice's TSV, and LJSpeech's metadata. A `"` in them is one. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "dataset/line_source.h"

enum { MAX_COLUMNS = 256 };

/* Cuts `line` at every `separator`: cell[0..count), of which at most `most` are kept. */
static int32_t cut_line(char *line, char separator, char **cell, int32_t most) {
    int32_t count = 0;
    for (char *at = line; at != NULL; count++) {
        char *end = strchr(at, separator);
        if (count < most) {
            cell[count] = at;
        }
        if (end != NULL) {
            *end = '\0';
            at = end + 1;
        } else {
            at = NULL;
        }
    }
    return count;
}

/* ---- Common Voice ---- */

typedef struct commonvoice_rows {
    oss_line_source source;
    int32_t columns, path, sentence, speaker; /* -1: absent */
    bool has_clips;                           /* the folder beside the list that its paths leave out */
    oss_strbuf wav;
} commonvoice_rows;

static oss_status parse_commonvoice(oss_line_source *source, char *line, oss_source_row *out) {
    commonvoice_rows *rows = (commonvoice_rows *)source;
    char *cell[MAX_COLUMNS];
    int32_t cells = cut_line(line, '\t', cell, MAX_COLUMNS);
    if (cells != rows->columns) {
        return oss_row_lines_fail(&source->lines, "has %d cell%s between tabs, but the header has %d", cells,
                                  cells == 1 ? "" : "s", rows->columns);
    }
    const char *path = cell[rows->path];
    if (path[0] == '\0') {
        return oss_row_lines_fail(&source->lines, "column path is empty: it must name a recording");
    }
    out->wav = path;
    if (rows->has_clips && strchr(path, '/') == NULL) {
        oss_strbuf_clear(&rows->wav);
        oss_strbuf_append(&rows->wav, "clips/");
        oss_strbuf_append(&rows->wav, path);
        if (!oss_strbuf_ok(&rows->wav)) {
            return OSS_ENOMEM;
        }
        out->wav = rows->wav.data;
    }
    out->text = cell[rows->sentence];
    out->speaker = rows->speaker < 0 ? NULL : cell[rows->speaker];
    return OSS_OK;
}

static void free_commonvoice(oss_line_source *source) {
    oss_strbuf_deinit(&((commonvoice_rows *)source)->wav);
}

static int32_t find_cell(char *const *cell, int32_t cells, const char *name) {
    for (int32_t i = 0; i < cells; i++) {
        if (strcmp(cell[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static oss_status read_header(commonvoice_rows *rows) {
    oss_row_lines *lines = &rows->source.lines;
    char *line = NULL, *cell[MAX_COLUMNS];
    oss_status status = oss_row_lines_next(lines, &line);
    if (status != OSS_OK) {
        return status;
    }
    if (line == NULL) {
        return oss_fail(OSS_EINPUT, "%s: is empty; its first line must name the columns", lines->path);
    }
    rows->columns = cut_line(line, '\t', cell, MAX_COLUMNS);
    if (rows->columns > MAX_COLUMNS) {
        return oss_fail(OSS_EINPUT, "%s:%lld: %d columns are more than the %d that can be read", lines->path,
                        (long long)lines->lines.number, rows->columns, (int)MAX_COLUMNS);
    }
    rows->path = find_cell(cell, rows->columns, "path");
    rows->sentence = find_cell(cell, rows->columns, "sentence");
    rows->speaker = find_cell(cell, rows->columns, "client_id");
    if (rows->path < 0 || rows->sentence < 0) {
        return oss_fail(OSS_EINPUT,
                        "%s:%lld: the header has no column %s: a Common Voice TSV names path and sentence",
                        lines->path, (long long)lines->lines.number, rows->path < 0 ? "path" : "sentence");
    }
    lines->rows = 0; /* the header is none */
    return OSS_OK;
}

oss_status oss_commonvoice_rows_open(oss_row_source **out, const char *path, const char *folder) {
    oss_line_source *source = NULL;
    oss_status status = oss_line_source_create(&source, sizeof(commonvoice_rows), path, folder);
    if (status != OSS_OK) {
        return status;
    }
    commonvoice_rows *rows = (commonvoice_rows *)source;
    source->parse = parse_commonvoice;
    source->deinit = free_commonvoice;
    status = read_header(rows);
    char *clips = status == OSS_OK ? oss_path_join(folder, "clips") : NULL;
    status = status == OSS_OK && clips == NULL ? OSS_ENOMEM : status;
    if (status != OSS_OK) {
        oss_line_source_free(&source->base);
        return status;
    }
    rows->has_clips = oss_file_is_folder(clips);
    oss_free(clips);
    *out = &source->base;
    return OSS_OK;
}

/* ---- LJSpeech ---- */

typedef struct ljspeech_rows {
    oss_line_source source;
    oss_strbuf wav;
} ljspeech_rows;

/* id|text or id|text|normalised: what was read, with numbers as words, is the third where there is one. */
static oss_status parse_ljspeech(oss_line_source *source, char *line, oss_source_row *out) {
    ljspeech_rows *rows = (ljspeech_rows *)source;
    char *cell[3] = {NULL};
    int32_t cells = cut_line(line, '|', cell, 3);
    if (cells < 2 || cells > 3) {
        return oss_row_lines_fail(&source->lines,
                                  "has %d field%s, but a line of an LJSpeech list is id|text or "
                                  "id|text|normalised text",
                                  cells, cells == 1 ? "" : "s");
    }
    if (cell[0][0] == '\0') {
        return oss_row_lines_fail(&source->lines, "its first field is empty: it must name a recording");
    }
    bool is_path = strchr(cell[0], '/') != NULL;
    oss_strbuf_clear(&rows->wav);
    oss_strbuf_append(&rows->wav, is_path ? "" : "wavs/");
    oss_strbuf_append(&rows->wav, cell[0]);
    oss_strbuf_append(&rows->wav, is_path || oss_path_ends_in(cell[0], ".wav") ? "" : ".wav");
    if (!oss_strbuf_ok(&rows->wav)) {
        return OSS_ENOMEM;
    }
    out->wav = rows->wav.data;
    out->text = cells == 3 && cell[2][0] != '\0' ? cell[2] : cell[1];
    return OSS_OK;
}

static void free_ljspeech(oss_line_source *source) {
    oss_strbuf_deinit(&((ljspeech_rows *)source)->wav);
}

oss_status oss_ljspeech_rows_open(oss_row_source **out, const char *path, const char *folder) {
    oss_line_source *source = NULL;
    oss_status status = oss_line_source_create(&source, sizeof(ljspeech_rows), path, folder);
    if (status == OSS_OK) {
        source->parse = parse_ljspeech;
        source->deinit = free_ljspeech;
        *out = &source->base;
    }
    return status;
}
