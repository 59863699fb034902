#include "report/metrics_history.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/line_scan.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "report/metrics_lines.h"

typedef struct history {
    int64_t step;                         /* the last that stays */
    int64_t cut_bytes, cut_line;          /* behind the last line that belongs to such a step */
    bool belongs;                         /* the last line does: nothing goes */
    int64_t unreadable, first_unreadable; /* lines */
    bool is_open;                         /* the last line lacks its newline */
} history;

/* ---- Which lines ---- */

static oss_status note_line(void *context, const oss_scanned_line *line) {
    history *h = context;
    int64_t step = -1;
    oss_status status = oss_metrics_read_step(&step, line);
    bool is_torn = step < 0 && line->is_open;
    if (step < 0 && !is_torn) {
        h->first_unreadable = h->unreadable++ == 0 ? line->number : h->first_unreadable;
    }
    if (h->belongs) {
        h->cut_bytes = line->begin_bytes;
        h->cut_line = line->number;
    }
    h->belongs = step >= 0 && step <= h->step;
    h->is_open = line->is_open;
    return status;
}

/* ---- Moving ---- */

/* Whole before the lines are taken from where they are: a kill in between leaves them twice. */
static oss_status append_to(const char *aside, const char *path, const history *h) {
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, aside);
    if (status == OSS_OK && oss_file_exists(aside)) {
        status = oss_metrics_put_file(&writer, aside, 0);
    }
    if (status == OSS_OK) {
        status = oss_metrics_put_file(&writer, path, h->cut_bytes);
    }
    if (status != OSS_OK) {
        oss_writer_abort(&writer);
        return status;
    }
    oss_writer_put(&writer, "\n", h->is_open ? 1 : 0);
    return oss_writer_commit(&writer);
}

static oss_status move_lines(const char *path, const history *h) {
    char *folder = oss_path_folder(path);
    char *aside = folder == NULL ? NULL : oss_path_join(folder, OSS_METRICS_SUPERSEDED);
    oss_status status = aside == NULL ? OSS_ENOMEM : append_to(aside, path, h);
    if (status == OSS_OK) {
        status = oss_file_truncate(path, h->cut_bytes);
    }
    if (status == OSS_OK) {
        oss_log_info("%s: what follows step %lld (line %lld to the end) is done again and was moved to %s",
                     path, (long long)(h->step < 0 ? 0 : h->step), (long long)h->cut_line, aside);
    }
    oss_free(aside);
    oss_free(folder);
    return status;
}

oss_status oss_metrics_set_aside(const char *path, int64_t step) {
    history h = {.step = step, .belongs = true};
    if (!oss_file_exists(path)) {
        return OSS_OK;
    }
    oss_status status = oss_line_scan(path, OSS_METRICS_LINE_BYTES, note_line, &h);
    if (status == OSS_OK && h.unreadable > 0) {
        oss_log_warn("%s: lines that cannot be understood: %lld, the first is line %lld; they are kept", path,
                     (long long)h.unreadable, (long long)h.first_unreadable);
    }
    if (status == OSS_OK && !h.belongs) {
        return move_lines(path, &h);
    }
    return status == OSS_OK && h.is_open ? oss_file_append(path, "\n", 1) : status;
}
