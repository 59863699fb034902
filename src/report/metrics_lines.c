#include "report/metrics_lines.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "report/metrics_history.h"

enum { BLOCK_BYTES = 1 << 16, FIRST_LINES = 256 };

/* ---- One line, one file ---- */

oss_status oss_metrics_read_step(int64_t *out, const oss_scanned_line *line) {
    oss_json *object = NULL;
    *out = -1;
    if (line->text == NULL) {
        return OSS_OK;
    }
    oss_status status = oss_json_parse(&object, line->text, line->bytes, "a line");
    if (status == OSS_OK && oss_json_get_integer(object, "step", 0, OSS_JSON_MAX_INTEGER, out) != OSS_OK) {
        *out = -1;
    }
    oss_json_free(object);
    return status == OSS_ENOMEM ? status : OSS_OK;
}

oss_status oss_metrics_put_file(oss_writer *writer, const char *path, int64_t begin_bytes) {
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    char *block = oss_alloc(BLOCK_BYTES, 1);
    status = block == NULL ? OSS_ENOMEM : OSS_OK;
    for (size_t count = 1; status == OSS_OK && count > 0; begin_bytes += (int64_t)count) {
        count = oss_source_read(&source, begin_bytes, block, BLOCK_BYTES);
        status = oss_source_status(&source, path);
        oss_writer_put(writer, block, count);
    }
    oss_free(block);
    oss_source_close(&source);
    return status;
}

/* ---- Which lines stay ---- */

typedef struct steps {
    int64_t *step; /* [lines] -1: cannot be read */
    bool *stays;   /* [lines] */
    int64_t lines, room;
    bool is_open;
} steps;

static void free_steps(steps *s) {
    oss_free(s->step);
    oss_free(s->stays);
}

static oss_status note_step(void *context, const oss_scanned_line *line) {
    steps *s = context;
    if (s->lines == s->room) {
        int64_t room = s->room == 0 ? FIRST_LINES : 2 * s->room;
        int64_t *step = oss_resize(s->step, (size_t)room, sizeof *step);
        if (step == NULL) {
            return OSS_ENOMEM;
        }
        s->step = step;
        s->room = room;
    }
    s->is_open = line->is_open;
    return oss_metrics_read_step(&s->step[s->lines++], line);
}

/* The first of end[count], lines in whose steps there is no going back, whose step is above `step`. */
static int64_t find_above(const steps *s, const int64_t *end, int64_t count, int64_t step) {
    int64_t low = 0;
    for (int64_t high = count; low < high;) {
        int64_t middle = low + (high - low) / 2;
        if (s->step[end[middle]] > step) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* The longest sequence of readable lines whose steps do not go back (patience sorting): one wrong number costs one line,
 * a part that is there twice costs that part. end[k]: the line that ends the sequence of k + 1 lines with the lowest
 * step; before[i]: the line before line i in the longest that ends there. */
static void choose(steps *s, int64_t *end, int64_t *before) {
    int64_t count = 0;
    for (int64_t i = 0; i < s->lines; i++) {
        s->stays[i] = false;
        if (s->step[i] >= 0) {
            int64_t place = find_above(s, end, count, s->step[i]);
            before[i] = place == 0 ? -1 : end[place - 1];
            end[place] = i;
            count = place == count ? count + 1 : count;
        }
    }
    for (int64_t i = count == 0 ? -1 : end[count - 1]; i >= 0; i = before[i]) {
        s->stays[i] = true;
    }
}

static oss_status read_steps(steps *s, const char *path) {
    oss_status status = oss_line_scan(path, OSS_METRICS_LINE_BYTES, note_step, s);
    if (status != OSS_OK || s->lines == 0) {
        return status;
    }
    int64_t *place = oss_alloc(2 * (size_t)s->lines, sizeof *place);
    s->stays = oss_alloc((size_t)s->lines, sizeof *s->stays);
    status = place == NULL || s->stays == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        choose(s, place, place + s->lines);
    }
    oss_free(place);
    return status;
}

oss_status oss_metrics_inspect(oss_metrics_lines *out, const char *path) {
    steps s = {0};
    oss_metrics_lines found = {0};
    oss_status status = read_steps(&s, path);
    found.lines = s.lines;
    for (int64_t i = 0; i < s.lines && status == OSS_OK; i++) {
        if (s.step[i] < 0) {
            found.first_unreadable = found.unreadable++ == 0 ? i + 1 : found.first_unreadable;
        } else if (!s.stays[i]) {
            found.first_disordered = found.disordered++ == 0 ? i + 1 : found.first_disordered;
        }
    }
    if (status == OSS_OK) {
        found.is_torn = s.is_open && s.step[s.lines - 1] < 0;
        found.is_open = s.is_open && !found.is_torn;
        *out = found;
    }
    free_steps(&s);
    return status;
}

/* ---- Mending ---- */

typedef struct parting {
    const steps *steps;
    oss_source *source;
    oss_writer *writer;
    const char *path;
    bool staying; /* the lines that stay are wanted, else the others */
    char *block;  /* [BLOCK_BYTES] */
} parting;

/* Bytes [begin, begin + bytes) of the file, however long the line. */
static oss_status put_part(const parting *p, int64_t begin, int64_t bytes) {
    oss_status status = OSS_OK;
    for (int64_t at = 0; at < bytes && status == OSS_OK;) {
        int64_t left = bytes - at;
        size_t count = oss_source_read(p->source, begin + at, p->block,
                                       (size_t)(left < BLOCK_BYTES ? left : BLOCK_BYTES));
        status = oss_source_status(p->source, p->path);
        if (status == OSS_OK && count == 0) {
            status = oss_fail(OSS_EIO, "%s: it became shorter while it was read", p->path);
        }
        oss_writer_put(p->writer, p->block, count);
        at += (int64_t)count;
    }
    return status;
}

/* A line too long to be kept in memory has no `bytes`: it ends where the next begins. So every line is put when that is
 * known. */
typedef struct parting_lines {
    parting part;
    int64_t begin_bytes; /* of the line before the one that comes */
} parting_lines;

static oss_status put_before(parting_lines *lines, int64_t line, int64_t end_bytes) {
    const parting *p = &lines->part;
    return line < 0 || p->steps->stays[line] != p->staying
               ? OSS_OK
               : put_part(p, lines->begin_bytes, end_bytes - lines->begin_bytes);
}

static oss_status take_line(void *context, const oss_scanned_line *line) {
    parting_lines *lines = context;
    if (line->number > lines->part.steps->lines) {
        return oss_fail(OSS_EIO, "%s: it became longer while it was read", lines->part.path);
    }
    oss_status status = put_before(lines, line->number - 2, line->begin_bytes);
    lines->begin_bytes = line->begin_bytes;
    return status;
}

/* The lines that stay, or the others, each with its newline. */
static oss_status put_lines(oss_writer *writer, const char *path, const steps *s, bool staying) {
    oss_source source;
    int64_t bytes = 0;
    oss_status status = oss_file_size(&bytes, path);
    if (status == OSS_OK) {
        status = oss_source_open(&source, path);
    }
    if (status != OSS_OK) {
        return status;
    }
    parting_lines lines = {.part = {.steps = s,
                                    .source = &source,
                                    .writer = writer,
                                    .path = path,
                                    .staying = staying,
                                    .block = oss_alloc(BLOCK_BYTES, 1)}};
    status = lines.part.block == NULL ? OSS_ENOMEM
                                      : oss_line_scan(path, OSS_METRICS_LINE_BYTES, take_line, &lines);
    if (status == OSS_OK) {
        status = put_before(&lines, s->lines - 1, bytes);
    }
    if (s->is_open && s->stays[s->lines - 1] == staying) {
        oss_writer_put(writer, "\n", 1);
    }
    oss_free(lines.part.block);
    oss_source_close(&source);
    return status;
}

static oss_status write_part(const char *target, bool goes_on, const char *path, const steps *s,
                             bool staying) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, target);
    if (status == OSS_OK && goes_on && oss_file_exists(target)) {
        status = oss_metrics_put_file(&writer, target, 0);
    }
    if (status == OSS_OK) {
        status = put_lines(&writer, path, s, staying);
    }
    if (status != OSS_OK) {
        oss_writer_abort(&writer);
        return status;
    }
    return oss_writer_commit(&writer);
}

static bool all_stay(const steps *s) {
    bool all = true;
    for (int64_t i = 0; i < s->lines; i++) {
        all = all && s->stays[i];
    }
    return all;
}

oss_status oss_metrics_mend(const char *path) {
    steps s = {0};
    char *folder = oss_path_folder(path);
    char *aside = folder == NULL ? NULL : oss_path_join(folder, OSS_METRICS_SUPERSEDED);
    oss_status status = aside == NULL ? OSS_ENOMEM : read_steps(&s, path);
    bool whole = status == OSS_OK && all_stay(&s);
    if (status == OSS_OK && !whole) {
        status = write_part(aside, true, path, &s, false);
    }
    if (status == OSS_OK && (!whole || s.is_open)) {
        status = write_part(path, false, path, &s, true);
    }
    free_steps(&s);
    oss_free(aside);
    oss_free(folder);
    return status;
}
