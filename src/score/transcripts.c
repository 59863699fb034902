#include "score/transcripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "score/transcripts_internal.h"
#include "text/unicode.h"

#define MOST_BYTES ((size_t)1 << 32)
enum { FIRST_ITEMS = 64, MOST_ITEMS = 1 << 28 };

const char *const oss_transcripts_form_name[OSS_TRANSCRIPTS_FORMS] = {"trn", "stm",   "ctm",  "csv",
                                                                      "tsv", "jsonl", "json", "txt"};

bool oss_transcripts_is_nist(oss_transcripts_form form) {
    return form == OSS_TRANSCRIPTS_TRN || form == OSS_TRANSCRIPTS_STM || form == OSS_TRANSCRIPTS_CTM;
}

oss_status oss_transcripts_form_of(const char *path, oss_transcripts_form *out) {
    const char *dot = strrchr(oss_path_name(path), '.');
    for (int32_t i = 0; dot != NULL && i < OSS_TRANSCRIPTS_FORMS; i++) {
        if (strcasecmp(dot + 1, oss_transcripts_form_name[i]) == 0) {
            *out = (oss_transcripts_form)i;
            return OSS_OK;
        }
    }
    if (dot != NULL && strcasecmp(dot, ".text") == 0) {
        *out = OSS_TRANSCRIPTS_TXT;
        return OSS_OK;
    }
    return oss_fail(OSS_EUSAGE,
                    "%s: its name does not end with .trn, .stm, .ctm, .csv, .tsv, .jsonl, .json or .txt",
                    path);
}

static void free_item(oss_transcript_line *item) {
    oss_free(item->id);
    oss_free(item->speaker);
    oss_free(item->text);
}

void oss_transcripts_deinit(oss_transcripts *transcripts) {
    for (int32_t i = 0; i < transcripts->count; i++) {
        free_item(&transcripts->item[i]);
    }
    oss_free(transcripts->item);
    oss_free(transcripts->name);
    *transcripts = (oss_transcripts){0};
}

/* ---- Lines ---- */

oss_status oss_text_lines_next(oss_text_lines *lines, char **out) {
    *out = NULL;
    if (lines->at == lines->end) {
        return OSS_OK;
    }
    char *line = lines->at;
    size_t left = (size_t)(lines->end - line);
    char *feed = memchr(line, '\n', left);
    size_t bytes = feed == NULL ? left : (size_t)(feed - line);
    lines->at = feed == NULL ? lines->end : feed + 1;
    lines->number++;
    bytes -= bytes > 0 && line[bytes - 1] == '\r';
    line[bytes] = '\0';
    if (strlen(line) < bytes) {
        return oss_fail(OSS_EINPUT, "%s:%lld: a NUL byte: this is not text", lines->name,
                        (long long)lines->number);
    }
    int64_t invalid = oss_text_invalid_offset(line, bytes);
    if (invalid >= 0) {
        return oss_fail(OSS_EINPUT, "%s:%lld: byte %lld of the line is not UTF-8: convert the file (iconv)",
                        lines->name, (long long)lines->number, (long long)invalid + 1);
    }
    *out = line;
    return OSS_OK;
}

char *oss_next_field(char **cursor) {
    char *field = *cursor + strspn(*cursor, " \t");
    char *end = field + strcspn(field, " \t");
    *cursor = *end == '\0' ? end : end + 1;
    *end = '\0';
    return *field == '\0' ? NULL : field;
}

oss_status oss_transcripts_read_txt(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    char *line = NULL;
    oss_status status = oss_text_lines_next(lines, &line);
    while (status == OSS_OK && line != NULL) {
        char id[24];
        snprintf(id, sizeof id, "%lld", (long long)lines->number);
        const oss_transcript_parts parts = {
            .id = id, .id_bytes = strlen(id), .text = line, .line = lines->number};
        status = oss_transcripts_add(t, o, &parts);
        if (status == OSS_OK) {
            status = oss_text_lines_next(lines, &line);
        }
    }
    return status;
}

/* ---- Utterances ---- */

static void fold_ascii(char *text) {
    for (; *text != '\0'; text++) {
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
}

static oss_status copy_text(char **out, const char *text, oss_score_case letters) {
    if (letters == OSS_SCORE_CASE_LOWER) {
        return oss_text_normalize(out, text, OSS_CASE_LOWER);
    }
    *out = oss_strdup(text);
    if (*out != NULL && letters == OSS_SCORE_CASE_ASCII) {
        fold_ascii(*out);
    }
    return *out == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status make_room(oss_transcripts *transcripts) {
    if (transcripts->count < transcripts->capacity) {
        return OSS_OK;
    }
    if (transcripts->count >= MOST_ITEMS) {
        return oss_fail(OSS_EINPUT, "%s: more than %d utterances", transcripts->name, MOST_ITEMS);
    }
    int32_t capacity = transcripts->capacity == 0 ? FIRST_ITEMS : 2 * transcripts->capacity;
    void *item = oss_resize(transcripts->item, (size_t)capacity, sizeof *transcripts->item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    transcripts->item = item;
    transcripts->capacity = capacity;
    return OSS_OK;
}

oss_status oss_transcripts_add(oss_transcripts *transcripts, const oss_transcripts_options *options,
                               const oss_transcript_parts *parts) {
    oss_transcript_line item = {
        .start = parts->start, .end = parts->end, .line = parts->line, .is_ignored = parts->is_ignored};
    oss_status status = make_room(transcripts);
    if (status == OSS_OK) {
        item.id = oss_strndup(parts->id, parts->id_bytes);
        item.speaker = parts->speaker == NULL ? NULL : oss_strdup(parts->speaker);
        status = item.id == NULL || (parts->speaker != NULL && item.speaker == NULL) ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        status = copy_text(&item.text, parts->text, options->letters);
        status = status == OSS_EINPUT
                     ? oss_fail_prefix(status, "%s:%lld", transcripts->name, (long long)parts->line)
                     : status;
    }
    if (status != OSS_OK) {
        free_item(&item);
        return status;
    }
    if (oss_transcripts_is_nist(options->form) && options->letters != OSS_SCORE_CASE_KEEP) {
        fold_ascii(item.id);
        if (item.speaker != NULL) {
            fold_ascii(item.speaker);
        }
    }
    transcripts->item[transcripts->count++] = item;
    return OSS_OK;
}

oss_transcript_names oss_transcript_names_of(const oss_transcripts_options *options) {
    const char *reference = "ref|reference|text|transcript|transcription|sentence";
    const char *hypothesis = "hyp|hypothesis|pred_text|prediction|text|transcript|transcription|sentence";
    return (oss_transcript_names){
        .id = options->id != NULL ? options->id
                                  : "id|utt_id|utterance_id|utt|wav|audio|path|file|file_name|"
                                    "audio_filepath|wav_filename|key",
        .text = options->text != NULL   ? options->text
                : options->is_reference ? reference
                                        : hypothesis,
        .speaker = options->speaker != NULL ? options->speaker : "speaker|speaker_id|spk|client_id"};
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
        qsort(transcripts->item, (size_t)transcripts->count, sizeof *transcripts->item, compare_lines);
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
