#include "cli/align_cues.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"

enum { MOST_BYTES = 1 << 28, MOST_TAG_BYTES = 256 /* what is longer is text with a bracket in it */ };

/* ---- Reading ---- */

static oss_status add_cue(oss_align_cues *cues, const char *settings, size_t bytes) {
    if (cues->cues == cues->capacity) {
        int64_t capacity = 2 * cues->capacity + 64;
        char **text = oss_resize((void *)cues->text, (size_t)capacity, sizeof *text);
        cues->text = text == NULL ? cues->text : text;
        char **more =
            text == NULL ? NULL : oss_resize((void *)cues->settings, (size_t)capacity, sizeof *more);
        cues->settings = more == NULL ? cues->settings : more;
        if (more == NULL) {
            return OSS_ENOMEM;
        }
        cues->capacity = capacity;
    }
    cues->settings[cues->cues] = oss_strndup(settings, bytes);
    cues->text[cues->cues] = NULL;
    cues->cues++;
    return cues->settings[cues->cues - 1] == NULL ? OSS_ENOMEM : OSS_OK;
}

static bool is_number(const char *line, size_t bytes) {
    size_t digits = 0;
    while (digits < bytes && line[digits] >= '0' && line[digits] <= '9') {
        digits++;
    }
    return digits == bytes && bytes > 0;
}

/* What stands behind "00:00:01,000 --> 00:00:02,000"; NULL: it is no line of times. */
static const char *find_settings(const char *line, size_t bytes) {
    for (size_t i = 0; i + 3 <= bytes; i++) {
        if (memcmp(line + i, "-->", 3) == 0 && line[0] >= '0' && line[0] <= '9') {
            size_t at = i + 3;
            while (at < bytes && (line[at] == ' ' || line[at] == '\t')) {
                at++;
            }
            while (at < bytes && line[at] != ' ' && line[at] != '\t') {
                at++;
            }
            return line + at;
        }
    }
    return NULL;
}

bool oss_align_cues_has_times(const char *text) {
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        bool times = strspn(at, "0123456789:.,") >= strlen("00:00.000") && find_settings(at, length) != NULL;
        if (times) {
            return true;
        }
        at += length + (at[length] == '\n');
    }
    return false;
}

typedef struct line_reader {
    oss_align_cues *cues;
    const char *path;
    int64_t line;
    bool inside;       /* of a cue, whose times were read */
    oss_strbuf *lines; /* of the last cue */
} line_reader;

/* Of the last cue no more lines come. */
static oss_status end_cue(line_reader *r) {
    oss_align_cues *cues = r->cues;
    if (cues->cues == 0) {
        return OSS_OK;
    }
    oss_strbuf_append(r->lines, "");
    cues->text[cues->cues - 1] = oss_strbuf_take(r->lines);
    return cues->text[cues->cues - 1] == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status take_line(line_reader *r, const char *line, size_t bytes) {
    const char *settings = find_settings(line, bytes);
    if (settings != NULL) {
        r->inside = true;
        oss_status status = end_cue(r);
        return status == OSS_OK ? add_cue(r->cues, settings, (size_t)(line + bytes - settings)) : status;
    }
    if (bytes == 0 || strspn(line, " \t") >= bytes) {
        r->inside = false;
        return OSS_OK;
    }
    if (r->inside) {
        oss_strbuf_append_bytes(r->lines, line, bytes);
        oss_strbuf_append(r->lines, "\n");
        return OSS_OK;
    }
    if (r->line == 1 && bytes >= 6 && memcmp(line, "WEBVTT", 6) == 0) {
        return oss_fail(OSS_EINPUT,
                        "%s: is WebVTT: save it as SubRip, in which its cues have numbers and commas",
                        r->path);
    }
    return is_number(line, bytes) ? OSS_OK
                                  : oss_fail(OSS_EINPUT,
                                             "%s:%lld: is neither the number nor the times of a cue "
                                             "(\"00:00:01,000 --> 00:00:02,000\"): give a SubRip file",
                                             r->path, (long long)r->line);
}

oss_status oss_align_cues_read(oss_align_cues *cues, const char *path) {
    char *all = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&all, &bytes, path, MOST_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    if (strlen(all) != bytes) {
        oss_free(all);
        return oss_fail(OSS_EINPUT, "%s: has a NUL byte: give a text in UTF-8", path);
    }
    oss_strbuf lines = {0};
    line_reader r = {.cues = cues, .path = path, .lines = &lines};
    const char *at = all;
    at += bytes >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (*at != '\0' && status == OSS_OK) {
        size_t length = strcspn(at, "\n"), shown = length;
        shown -= length > 0 && at[length - 1] == '\r';
        r.line++;
        status = take_line(&r, at, shown);
        at += length + (at[length] == '\n');
    }
    status = status == OSS_OK ? end_cue(&r) : status;
    oss_strbuf_deinit(&lines);
    oss_free(all);
    return status == OSS_OK && cues->cues == 0 ? oss_fail(OSS_EINPUT, "%s: has no cues", path) : status;
}

void oss_align_cues_deinit(oss_align_cues *cues) {
    for (int64_t i = 0; i < cues->cues; i++) {
        oss_free(cues->text[i]);
        oss_free(cues->settings[i]);
    }
    oss_free((void *)cues->text);
    oss_free((void *)cues->settings);
}

/* A tag that begins here, with its brackets; 0: there is none. */
static size_t tag_at(const char *text) {
    char closing = *text == '<' ? '>' : text[0] == '{' && text[1] == '\\' ? '}' : '\0';
    const char *end = closing == '\0' ? NULL : memchr(text, closing, strnlen(text, MOST_TAG_BYTES));
    return end == NULL || memchr(text, '\n', (size_t)(end - text)) != NULL ? 0 : (size_t)(end - text) + 1;
}

char *oss_align_cues_text(const oss_align_cues *cues) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    for (int64_t i = 0; i < cues->cues; i++) {
        for (const char *at = cues->text[i]; *at != '\0';) {
            size_t tag = tag_at(at);
            if (tag == 0) {
                oss_strbuf_append_bytes(&text, *at == '\n' ? " " : at, 1);
            }
            at += tag == 0 ? 1 : tag;
        }
        oss_strbuf_append(&text, "\n");
    }
    return oss_strbuf_take(&text);
}

/* ---- Writing ---- */

static void print_time(oss_strbuf *out, double seconds, bool vtt) {
    long long ms = llround(seconds * 1000.0);
    oss_strbuf_printf(out, "%02lld:%02lld:%02lld%c%03lld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
                      vtt ? '.' : ',', ms % 1000);
}

typedef struct cue_time {
    double start, end;
} cue_time;

/* *word: the first word of the cue; behind its last one afterwards. before: the end of the cue before it. */
static cue_time find_time(const oss_alignment *alignment, int32_t *word, int64_t cue, double before) {
    cue_time time = {before, before};
    bool heard = false;
    for (; *word < alignment->words && alignment->word[*word].line == cue; (*word)++) {
        const oss_alignment_word *w = &alignment->word[*word];
        if (w->how != OSS_ALIGNED_MISSING) {
            time.start = heard ? time.start : w->start_seconds;
            time.end = w->end_seconds;
            heard = true;
        }
    }
    return time;
}

void oss_align_cues_print(oss_strbuf *out, const oss_align_cues *cues, const oss_alignment *alignment,
                          bool vtt) {
    int32_t word = 0;
    double before = 0.0;
    oss_strbuf_append(out, vtt ? "WEBVTT\n\n" : "");
    for (int64_t i = 0; i < cues->cues; i++) {
        cue_time time = find_time(alignment, &word, i, before);
        before = time.end;
        oss_strbuf_printf(out, "%lld\n", (long long)i + 1);
        print_time(out, time.start, vtt);
        oss_strbuf_append(out, " --> ");
        print_time(out, time.end, vtt);
        oss_strbuf_printf(out, "%s\n%s\n", vtt ? "" : cues->settings[i], cues->text[i]);
    }
}
