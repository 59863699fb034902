/* Rows of a Kaldi folder: text, whose lines are the rows, with wav.scp, segments and utt2spk. The files are read side by
 * side, since all are sorted by utterance; with segments, wav.scp is of recordings and is kept in memory. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "dataset/kaldi_table.h"
#include "dataset/row_source.h"

typedef struct recording {
    size_t id, wav; /* in names */
    int64_t line;
} recording;

typedef struct kaldi_rows {
    oss_row_source base;
    oss_kaldi_table text, wav, segments, speakers;
    /* With segments: wav.scp. */
    oss_strbuf names;
    recording *recording; /* [recordings], sorted by id */
    size_t recordings, capacity;
} kaldi_rows;

/* ---- Recordings ---- */

/* "path/x.ark:123": a place in an archive. */
static bool is_in_archive(const char *wav) {
    const char *colon = strrchr(wav, ':');
    return colon != NULL && colon[1] != '\0' && colon[1 + strspn(colon + 1, "0123456789")] == '\0' &&
           !oss_file_exists(wav);
}

/* Of line `line` of wav.scp. */
static oss_status check_recording(const kaldi_rows *rows, int64_t line, const char *id, const char *wav) {
    size_t length = strlen(wav);
    const char *why = length == 0 ? "names no file"
                      : wav[length - 1] == '|'
                          ? "is a command; commands are not run: write its output to a file "
                            "and give the file's path"
                      : strcmp(wav, "-") == 0 ? "is standard input: give the path of a file"
                      : is_in_archive(wav)    ? "is a place in an archive: give the path of a recording"
                                              : NULL;
    return why == NULL ? OSS_OK
                       : oss_fail(OSS_EINPUT, "%s:%lld: %s %s", rows->wav.path, (long long)line, id, why);
}

static oss_status add_recording(kaldi_rows *rows) {
    if (rows->recordings == rows->capacity) {
        size_t capacity = 2 * rows->capacity + 64;
        recording *grown = oss_resize(rows->recording, capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        rows->recording = grown;
        rows->capacity = capacity;
    }
    recording *at = &rows->recording[rows->recordings];
    *at = (recording){.id = rows->names.length, .line = rows->wav.lines.lines.number};
    oss_strbuf_append_bytes(&rows->names, rows->wav.id, strlen(rows->wav.id) + 1);
    at->wav = rows->names.length;
    oss_strbuf_append_bytes(&rows->names, rows->wav.value, strlen(rows->wav.value) + 1);
    rows->recordings++;
    return oss_strbuf_ok(&rows->names) ? OSS_OK : OSS_ENOMEM;
}

static oss_status read_recordings(kaldi_rows *rows) {
    for (;;) {
        oss_status status = oss_kaldi_table_next(&rows->wav);
        if (status == OSS_OK && rows->wav.id != NULL) {
            status = add_recording(rows);
        } else if (status == OSS_OK) {
            return OSS_OK;
        }
        if (status != OSS_OK) {
            return status;
        }
    }
}

/* NULL: there is none. */
static const recording *find_recording(const kaldi_rows *rows, const char *id) {
    size_t low = 0, high = rows->recordings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(rows->names.data + rows->recording[middle].id, id);
        if (order == 0) {
            return &rows->recording[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

/* ---- Rows ---- */

static oss_status take_whole(kaldi_rows *rows, oss_source_row *out) {
    const char *wav = NULL;
    oss_status status = oss_kaldi_table_find(&rows->wav, rows->text.id, &wav);
    if (status != OSS_OK) {
        return status;
    }
    if (wav == NULL) {
        return oss_row_lines_fail(&rows->text.lines,
                                  "%s has no line in %s: add it there, or take it out here", rows->text.id,
                                  rows->wav.path);
    }
    out->wav = wav;
    return check_recording(rows, rows->wav.lines.lines.number, rows->text.id, wav);
}

/* "RECORDING START END" of a line of segments; an end of -1 is that of the recording. Cuts it. */
static oss_status parse_segment(const kaldi_rows *rows, char *value, char **out_id, oss_source_row *out) {
    char *cell[4] = {NULL};
    int cells = 0;
    for (char *at = strtok_r(value, " \t", &value); at != NULL && cells < 4;
         at = strtok_r(NULL, " \t", &value)) {
        cell[cells++] = at;
    }
    bool are_times = cells == 3 && oss_number_parse(cell[1], &out->start_seconds) &&
                     oss_number_parse(cell[2], &out->end_seconds);
    if (!are_times || out->start_seconds < 0 ||
        (out->end_seconds != -1.0 && out->end_seconds <= out->start_seconds)) {
        return oss_row_lines_fail(
            &rows->segments.lines,
            "%s: a segment is a recording, its start and its later end in seconds, as in \"%s "
            "meeting 1.5 3.25\"",
            rows->segments.id, rows->segments.id);
    }
    *out_id = cell[0];
    return OSS_OK;
}

static oss_status take_part(kaldi_rows *rows, oss_source_row *out) {
    const char *segment = NULL;
    char *id = NULL;
    oss_status status = oss_kaldi_table_find(&rows->segments, rows->text.id, &segment);
    if (status == OSS_OK && segment == NULL) {
        return oss_row_lines_fail(&rows->text.lines,
                                  "%s has no line in %s: add it there, or take it out here", rows->text.id,
                                  rows->segments.path);
    }
    if (status == OSS_OK) {
        status = parse_segment(rows, rows->segments.value, &id, out);
    }
    if (status != OSS_OK) {
        return status;
    }
    const recording *found = find_recording(rows, id);
    if (found == NULL) {
        return oss_row_lines_fail(&rows->segments.lines, "recording %s has no line in %s: add it there", id,
                                  rows->wav.path);
    }
    out->wav = rows->names.data + found->wav;
    return check_recording(rows, found->line, id, out->wav);
}

static oss_status take_row(kaldi_rows *rows, oss_source_row *out) {
    *out = (oss_source_row){.number = rows->text.lines.rows,
                            .line = rows->text.lines.lines.number,
                            .file = rows->text.path,
                            .text = rows->text.value,
                            .end_seconds = -1};
    oss_status status = rows->segments.is_open ? take_part(rows, out) : take_whole(rows, out);
    if (status != OSS_OK || !rows->speakers.is_open) {
        return status;
    }
    status = oss_kaldi_table_find(&rows->speakers, rows->text.id, &out->speaker);
    if (status == OSS_OK && out->speaker == NULL) {
        return oss_row_lines_fail(&rows->text.lines,
                                  "%s has no line in %s: add it there, or take it out here", rows->text.id,
                                  rows->speakers.path);
    }
    return status;
}

static oss_status next_row(oss_row_source *source, oss_source_row *out, bool *out_is_there) {
    kaldi_rows *rows = (kaldi_rows *)source;
    oss_source_row row;
    oss_status status = oss_kaldi_table_next(&rows->text);
    bool is_there = rows->text.id != NULL;
    if (status == OSS_OK && is_there) {
        status = take_row(rows, &row);
    }
    if (status == OSS_OK) {
        *out_is_there = is_there;
        if (is_there) {
            *out = row;
        }
    }
    return status == OSS_EINPUT ? oss_row_lines_refuse(&rows->text.lines) : status;
}

static oss_status refuse_row(oss_row_source *source) {
    return oss_row_lines_refuse(&((kaldi_rows *)source)->text.lines);
}

static oss_csv_place get_place(const oss_row_source *source) {
    const kaldi_rows *rows = (const kaldi_rows *)source;
    return (oss_csv_place){.number = rows->text.lines.rows, .line = rows->text.lines.lines.number};
}

static void free_rows(oss_row_source *source) {
    kaldi_rows *rows = (kaldi_rows *)source;
    oss_row_lines_tell(&rows->text.lines);
    oss_kaldi_table_close(&rows->text);
    oss_kaldi_table_close(&rows->wav);
    oss_kaldi_table_close(&rows->segments);
    oss_kaldi_table_close(&rows->speakers);
    oss_strbuf_deinit(&rows->names);
    oss_free(rows->recording);
    oss_free(rows);
}

static const oss_row_source_type kaldi_type = {next_row, get_place, NULL, refuse_row, free_rows};

/* Paths of wav.scp are relative to where Kaldi was started, and also looked for in the folder. */
oss_status oss_kaldi_rows_open(oss_row_source **out, const char *path, const char *folder) {
    kaldi_rows *rows = oss_alloc_zero(1, sizeof *rows);
    (void)path;
    if (rows == NULL) {
        return OSS_ENOMEM;
    }
    rows->base.type = &kaldi_type;
    oss_status status = oss_kaldi_table_open(&rows->text, folder, "text", true);
    if (status == OSS_OK) {
        status = oss_kaldi_table_open(&rows->wav, folder, "wav.scp", true);
    }
    if (status == OSS_OK) {
        status = oss_kaldi_table_open(&rows->segments, folder, "segments", false);
    }
    if (status == OSS_OK) {
        status = oss_kaldi_table_open(&rows->speakers, folder, "utt2spk", false);
    }
    if (status == OSS_OK && rows->segments.is_open) {
        status = read_recordings(rows);
    }
    if (status != OSS_OK) {
        free_rows(&rows->base);
        return status;
    }
    *out = &rows->base;
    return OSS_OK;
}
