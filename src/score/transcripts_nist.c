/* trn, stm and ctm, as sclite reads them: https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm
 * Lines that begin with ;; or ** are remarks. Semicolons and backslashes within words are letters like others. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "score/transcripts_internal.h"

static bool is_remark(const char *line) {
    return strncmp(line, ";;", 2) == 0 || strncmp(line, "**", 2) == 0;
}

static bool is_blank(const char *line) {
    return line[strspn(line, " \t\v\f\r")] == '\0';
}

/* *out: the next line that is neither empty nor a remark; NULL: none is left. */
static oss_status next_line(oss_text_lines *lines, char **out) {
    oss_status status;
    do {
        status = oss_text_lines_next(lines, out);
    } while (status == OSS_OK && *out != NULL && (is_blank(*out) || is_remark(*out)));
    return status;
}

static oss_status refuse(const oss_text_lines *lines, const char *what) {
    return oss_fail(OSS_EINPUT, "%s:%lld: %s", lines->name, (long long)lines->number, what);
}

/* ---- trn ---- */

/* The speaker of "ann-17" or "ann_17" is ann; no hyphen and no underscore: none. *out points into `id`, which is cut. */
static const char *cut_speaker(char *id) {
    char *end = strchr(id, '-');
    end = end == NULL ? strchr(id, '_') : end;
    if (end == NULL || end == id) {
        return NULL;
    }
    *end = '\0';
    return id;
}

static oss_status read_trn_line(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                char *line) {
    char *open = strrchr(line, '('), *close = strrchr(line, ')');
    if (open == NULL || close == NULL || close < open) {
        return refuse(lines, "no id in round brackets at the end of the line");
    }
    *close = '\0';
    char *id = open + 1;
    id += strspn(id, " \t");
    size_t bytes = strlen(id);
    while (bytes > 0 && (id[bytes - 1] == ' ' || id[bytes - 1] == '\t')) {
        bytes--;
    }
    if (bytes == 0) {
        return refuse(lines, "the id in round brackets is empty");
    }
    *open = '\0';
    oss_status status = OSS_OK;
    char *copy = oss_strndup(id, bytes);
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    const oss_transcript_parts parts = {
        .id = id, .id_bytes = bytes, .speaker = cut_speaker(copy), .text = line, .line = lines->number};
    status = oss_transcripts_add(t, o, &parts);
    oss_free(copy);
    return status;
}

oss_status oss_transcripts_read_trn(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    char *line = NULL;
    oss_status status = next_line(lines, &line);
    while (status == OSS_OK && line != NULL) {
        status = read_trn_line(t, o, lines, line);
        if (status == OSS_OK) {
            status = next_line(lines, &line);
        }
    }
    return status;
}

/* ---- Recordings and times ---- */

/* Seconds of a field; some old files put && before those that are not sure. */
static oss_status read_seconds(const oss_text_lines *lines, const char *field, const char *what,
                               double *out) {
    const char *digits = strncmp(field, "&&", 2) == 0 ? field + 2 : field;
    if (!oss_number_parse(digits, out)) {
        return oss_fail(OSS_EINPUT, "%s:%lld: the %s is \"%s\": it must be seconds", lines->name,
                        (long long)lines->number, what, field);
    }
    return OSS_OK;
}

/* "recording channel": what stands between becomes one space. *id is in *line, which is left behind it. */
static oss_status read_channel(const oss_text_lines *lines, char **line, oss_strbuf *id) {
    const char *recording = oss_next_field(line);
    const char *channel = recording == NULL ? NULL : oss_next_field(line);
    if (channel == NULL) {
        return refuse(lines, "no channel behind the recording");
    }
    oss_strbuf_clear(id);
    oss_strbuf_append(id, recording);
    oss_strbuf_append(id, " ");
    oss_strbuf_append(id, channel);
    return oss_strbuf_ok(id) ? OSS_OK : OSS_ENOMEM;
}

/* ---- stm ---- */

static bool says_ignore(const char *text) {
    return oss_same_first_letters(text, "IGNORE_TIME_SEGMENT_IN_SCORING", 30) ||
           oss_same_first_letters(text, "IGNORETIMESEGMENTINSCORING", 26);
}

static oss_status read_stm_line(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                char *line, oss_strbuf *id) {
    oss_transcript_parts parts = {.line = lines->number};
    oss_status status = read_channel(lines, &line, id);
    if (status != OSS_OK) {
        return status;
    }
    const char *start = NULL, *end = NULL;
    parts.speaker = oss_next_field(&line);
    start = parts.speaker == NULL ? NULL : oss_next_field(&line);
    end = start == NULL ? NULL : oss_next_field(&line);
    if (end == NULL) {
        return refuse(lines,
                      "fewer than 5 fields: recording, channel, speaker, start and end come before the text");
    }
    status = read_seconds(lines, start, "start", &parts.start);
    if (status == OSS_OK) {
        status = read_seconds(lines, end, "end", &parts.end);
    }
    if (status == OSS_OK && parts.end < parts.start) {
        return refuse(lines, "the segment ends before it begins");
    }
    line += strspn(line, " \t");
    if (*line == '<') { /* labels of subsets */
        (void)oss_next_field(&line);
    }
    parts.id = id->data;
    parts.id_bytes = id->length;
    parts.text = line;
    parts.is_ignored = says_ignore(line);
    return status == OSS_OK ? oss_transcripts_add(t, o, &parts) : status;
}

/* ---- ctm ---- */

static oss_status read_ctm_line(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                char *line, oss_strbuf *id) {
    if (line[0] == ';') { /* one semicolon is enough here */
        return OSS_OK;
    }
    oss_status status = read_channel(lines, &line, id);
    if (status != OSS_OK) {
        return status;
    }
    const char *start = oss_next_field(&line);
    const char *duration = start == NULL ? NULL : oss_next_field(&line);
    const char *word = duration == NULL ? NULL : oss_next_field(&line);
    if (word == NULL) {
        return refuse(lines, "fewer than 5 fields: recording, channel, start, duration and word");
    }
    if (oss_same_first_letters(word, "<ALT", 4)) {
        return refuse(lines, "alternatives of a ctm cannot be scored: write one of them");
    }
    double begin = 0.0, length = 0.0;
    status = read_seconds(lines, start, "start", &begin);
    if (status == OSS_OK) {
        status = read_seconds(lines, duration, "duration", &length);
    }
    if (status == OSS_OK && length < 0.0) {
        return refuse(lines, "the word has a negative duration");
    }
    const oss_transcript_parts parts = {.id = id->data,
                                        .id_bytes = id->length,
                                        .text = word,
                                        .start = begin,
                                        .end = begin + length / 2.0,
                                        .line = lines->number};
    return status == OSS_OK ? oss_transcripts_add(t, o, &parts) : status;
}

/* ---- Their lines ---- */

typedef oss_status read_line_fn(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                char *line, oss_strbuf *id);

static oss_status read_all_lines(oss_transcripts *t, const oss_transcripts_options *o, oss_text_lines *lines,
                                 read_line_fn *read_line) {
    oss_strbuf id = {0};
    char *line = NULL;
    oss_status status = next_line(lines, &line);
    while (status == OSS_OK && line != NULL) {
        status = read_line(t, o, lines, line, &id);
        if (status == OSS_OK) {
            status = next_line(lines, &line);
        }
    }
    oss_strbuf_deinit(&id);
    return status;
}

oss_status oss_transcripts_read_stm(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    return read_all_lines(t, o, lines, read_stm_line);
}

oss_status oss_transcripts_read_ctm(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines) {
    return read_all_lines(t, o, lines, read_ctm_line);
}
