#include "score/transcripts.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "score/transcripts_internal.h"

#define MOST_BYTES ((size_t)UINT32_MAX)

const char *const oss_transcripts_form_name[OSS_TRANSCRIPTS_FORMS] = {"trn", "stm",   "ctm",  "csv",
                                                                      "tsv", "jsonl", "json", "txt"};

oss_status oss_transcripts_form_of(const char *path, oss_transcripts_form *out) {
    const char *dot = strrchr(oss_path_name(path), '.');
    for (int32_t i = 0; dot != NULL && i < OSS_TRANSCRIPTS_FORMS; i++) {
        if (oss_same_letters(dot + 1, oss_transcripts_form_name[i])) {
            *out = (oss_transcripts_form)i;
            return OSS_OK;
        }
    }
    if (dot != NULL && oss_same_letters(dot, ".text")) {
        *out = OSS_TRANSCRIPTS_TXT;
        return OSS_OK;
    }
    return oss_fail(OSS_EUSAGE,
                    "%s: its name does not end with .trn, .stm, .ctm, .csv, .tsv, .jsonl, .json or .txt",
                    path);
}

void oss_transcripts_deinit(oss_transcripts *transcripts) {
    for (int32_t i = 0; i < transcripts->count; i++) {
        oss_transcript_line_deinit(&transcripts->item[i]);
    }
    oss_free(transcripts->item);
    oss_free(transcripts->name);
    *transcripts = (oss_transcripts){0};
}

oss_status oss_transcripts_read_txt(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    char *line = NULL;
    oss_status status = oss_text_lines_next(lines, &line);
    while (status == OSS_OK && line != NULL) {
        char number[OSS_LINE_ID_BYTES];
        const char *id = oss_line_id(number, lines->number);
        const oss_transcript_parts parts = {
            .id = id, .id_bytes = strlen(id), .text = line, .line = lines->number};
        status = oss_transcripts_add(t, o, &parts);
        if (status == OSS_OK) {
            status = oss_text_lines_next(lines, &line);
        }
    }
    return status;
}

/* ---- Order of stm and ctm ---- */

static int compare_lines(const void *a, const void *b) {
    const oss_transcript_line *one = a, *other = b;
    int order = strcmp(one->id, other->id);
    if (order == 0) {
        order = (one->start > other->start) - (one->start < other->start);
    }
    return order != 0 ? order : (one->line > other->line) - (one->line < other->line);
}

/* ---- Loading ---- */

static oss_status read_lines(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines) {
    switch (o->form) {
    case OSS_TRANSCRIPTS_TRN:
        return oss_transcripts_read_trn(t, o, lines);
    case OSS_TRANSCRIPTS_STM:
        return oss_transcripts_read_stm(t, o, lines);
    case OSS_TRANSCRIPTS_CTM:
        return oss_transcripts_read_ctm(t, o, lines);
    case OSS_TRANSCRIPTS_TSV:
        return oss_transcripts_read_tsv(t, o, lines);
    case OSS_TRANSCRIPTS_JSONL:
        return oss_transcripts_read_jsonl(t, o, lines);
    default:
        return oss_transcripts_read_txt(t, o, lines);
    }
}

/* Without a byte-order mark. */
static oss_status read_bytes(oss_transcripts *t, const oss_transcripts_options *o, const char *bytes,
                             size_t count) {
    size_t mark = count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (o->form == OSS_TRANSCRIPTS_JSON) {
        return oss_transcripts_read_json(t, o, bytes + mark, count - mark);
    }
    char *copy = oss_alloc(count + 1, 1); /* lines are cut up where they are */
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(copy, bytes, count);
    oss_text_lines lines = {.name = t->name, .at = copy + mark, .end = copy + count};
    oss_status status = read_lines(t, o, &lines);
    oss_free(copy);
    return status;
}

static oss_status read_file(oss_transcripts *t, const char *path, const oss_transcripts_options *o) {
    oss_source source;
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_source_open_any(&source, path, MOST_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    status = oss_source_load(&source, t->name, MOST_BYTES, &bytes, &count);
    if (status == OSS_OK) {
        status = read_bytes(t, o, bytes, count);
    }
    oss_source_close(&source);
    return status;
}

oss_status oss_transcripts_load(oss_transcripts *transcripts, const char *path, const char *name,
                                const oss_transcripts_options *options) {
    transcripts->form = options->form;
    transcripts->name = oss_strdup(name);
    if (transcripts->name == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = options->form == OSS_TRANSCRIPTS_CSV
                            ? oss_transcripts_read_csv(transcripts, options, path)
                            : read_file(transcripts, path, options);
    if (status != OSS_OK) {
        return status;
    }
    if (transcripts->count == 0 && options->form != OSS_TRANSCRIPTS_CTM) {
        return oss_fail(OSS_EINPUT, "%s: there is no utterance in it", name);
    }
    if (options->form == OSS_TRANSCRIPTS_STM || options->form == OSS_TRANSCRIPTS_CTM) {
        transcripts->has_parts = true;
        if (transcripts->count > 0 && !options->by_line) {
            qsort(transcripts->item, (size_t)transcripts->count, sizeof *transcripts->item, compare_lines);
        }
    }
    return OSS_OK;
}

/* ---- Joining ---- */

static bool is_same(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* item[first .. first + count), which have one id, become `*to`. */
static oss_status join_items(oss_transcripts *t, int32_t first, int32_t count, oss_transcript_line *to) {
    oss_strbuf text = {0};
    bool one_speaker = true;
    for (int32_t i = first; i < first + count; i++) {
        oss_strbuf_append(&text, i > first ? " " : "");
        oss_strbuf_append(&text, t->item[i].text);
        one_speaker = one_speaker && is_same(t->item[i].speaker, t->item[first].speaker);
    }
    oss_transcript_line joined = t->item[first];
    joined.text = oss_strbuf_take(&text);
    if (joined.text == NULL) {
        return OSS_ENOMEM;
    }
    if (!one_speaker) {
        joined.speaker = NULL;
    }
    for (int32_t i = first; i < first + count; i++) {
        oss_free(t->item[i].text);
        if (i > first) {
            oss_free(t->item[i].id);
        }
        if (i > first || !one_speaker) {
            oss_free(t->item[i].speaker);
        }
        t->item[i] = (oss_transcript_line){0};
    }
    *to = joined;
    return OSS_OK;
}

oss_status oss_transcripts_join(oss_transcripts *t) {
    for (int32_t i = 0; i < t->count; i++) {
        if (t->item[i].is_ignored) {
            return oss_fail(OSS_EINPUT,
                            "%s:%lld: a segment that is not to be scored: only a ctm, whose words have "
                            "times, can leave it out",
                            t->name, (long long)t->item[i].line);
        }
    }
    int32_t kept = 0, count = t->count;
    for (int32_t i = 0, next; i < count; i = next) {
        next = i + 1;
        while (next < count && strcmp(t->item[i].id, t->item[next].id) == 0) {
            next++;
        }
        oss_transcript_line joined = {0};
        oss_status status = join_items(t, i, next - i, &joined);
        if (status != OSS_OK) {
            return status;
        }
        t->item[kept++] = joined;
    }
    t->count = kept;
    return OSS_OK;
}
