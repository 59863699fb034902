/* Rows of manifests that have a JSON object on each line: NeMo's, and metadata.jsonl of an audiofolder. */
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "dataset/line_source.h"

typedef struct json_keys {
    const char *wav;
    const char *text[4]; /* the first that is there; NULL behind the last */
    const char *texts;   /* for messages */
    bool has_offset;     /* offset and duration are of a part of the recording */
} json_keys;

static const json_keys nemo = {"audio_filepath", {"text"}, "\"text\"", true};
static const json_keys audiofolder = {
    "file_name", {"transcription", "text", "sentence"}, "\"transcription\", \"text\" or \"sentence\"", false};

typedef struct json_rows {
    oss_line_source source;
    const json_keys *keys;
    oss_json *object; /* of the line that was read last: its strings are the row's */
} json_rows;

/* Optional members are written as null, too. */
static bool has_member(const json_rows *rows, const char *key) {
    const oss_json *value = oss_json_get(rows->object, key);
    return value != NULL && !oss_json_is(value, OSS_JSON_NULL);
}

/* What is wrong is the reader's last message. */
static oss_status fail_row(const json_rows *rows) {
    return oss_row_lines_fail(&rows->source.lines, "%s", oss_last_error());
}

static oss_status read_text(const json_rows *rows, oss_source_row *out) {
    for (int i = 0; rows->keys->text[i] != NULL; i++) {
        if (has_member(rows, rows->keys->text[i])) {
            oss_status status = oss_json_get_string(rows->object, rows->keys->text[i], &out->text);
            return status == OSS_OK ? status : fail_row(rows);
        }
    }
    return oss_row_lines_fail(&rows->source.lines, "there is no %s: it must say what is said, or be \"\"",
                              rows->keys->texts);
}

static oss_status read_part(const json_rows *rows, oss_source_row *out) {
    double offset = 0.0, duration = 0.0;
    if (!rows->keys->has_offset || !has_member(rows, "offset")) {
        return OSS_OK; /* a duration alone tells of the file, and may be rounded */
    }
    oss_status status = oss_json_get_number(rows->object, "offset", &offset);
    bool has_duration = has_member(rows, "duration");
    if (status == OSS_OK && has_duration) {
        status = oss_json_get_number(rows->object, "duration", &duration);
    }
    if (status != OSS_OK) {
        return fail_row(rows);
    }
    if (offset < 0 || (has_duration && !(duration > 0))) {
        char offset_digits[OSS_NUMBER_CHARS], duration_digits[OSS_NUMBER_CHARS];
        (void)oss_number_print(offset_digits, offset);
        (void)oss_number_print(duration_digits, duration);
        return oss_row_lines_fail(
            &rows->source.lines,
            "offset %s and duration %s are no part of a recording: give seconds, from 0 on and more than 0",
            offset_digits, duration_digits);
    }
    out->start_seconds = offset;
    out->end_seconds = has_duration ? offset + duration : -1.0;
    return OSS_OK;
}

static oss_status read_members(const json_rows *rows, oss_source_row *out) {
    if (!oss_json_is(rows->object, OSS_JSON_OBJECT)) {
        return oss_row_lines_fail(&rows->source.lines, "must be an object {...}, not %s",
                                  oss_json_type_name(oss_json_type_of(rows->object)));
    }
    oss_status status = oss_json_get_string(rows->object, rows->keys->wav, &out->wav);
    if (status == OSS_OK && has_member(rows, "speaker")) {
        status = oss_json_get_string(rows->object, "speaker", &out->speaker);
    }
    if (status != OSS_OK) {
        return fail_row(rows);
    }
    if (out->wav[0] == '\0') {
        return oss_row_lines_fail(&rows->source.lines, "\"%s\" is empty: it must name a recording",
                                  rows->keys->wav);
    }
    status = read_text(rows, out);
    return status == OSS_OK ? read_part(rows, out) : status;
}

static oss_status parse_json(oss_line_source *source, char *line, oss_source_row *out) {
    json_rows *rows = (json_rows *)source;
    oss_json_free(rows->object);
    rows->object = NULL;
    oss_status status = oss_json_parse(&rows->object, line, strlen(line), "JSON");
    if (status != OSS_OK) {
        return status == OSS_EINPUT ? fail_row(rows) : status;
    }
    return read_members(rows, out);
}

static void free_json(oss_line_source *source) {
    oss_json_free(((json_rows *)source)->object);
}

static oss_status open_rows(oss_row_source **out, const char *path, const char *folder,
                            const json_keys *keys) {
    oss_line_source *source = NULL;
    oss_status status = oss_line_source_create(&source, sizeof(json_rows), path, folder);
    if (status == OSS_OK) {
        source->parse = parse_json;
        source->deinit = free_json;
        ((json_rows *)source)->keys = keys;
        *out = &source->base;
    }
    return status;
}

oss_status oss_nemo_rows_open(oss_row_source **out, const char *path, const char *folder) {
    return open_rows(out, path, folder, &nemo);
}

oss_status oss_json_folder_rows_open(oss_row_source **out, const char *path, const char *folder) {
    return open_rows(out, path, folder, &audiofolder);
}
