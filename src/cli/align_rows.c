#include "cli/align_rows.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/ordered.h"
#include "base/strbuf.h"
#include "cli/cli_data.h"
#include "cli/cli_files.h"
#include "cli/default_model.h"
#include "dataset/dataset.h"
#include "infer/recognizer_internal.h"

enum { LOOK_AHEAD = 64 /* rows: enough that threads seldom wait for one that is long */ };

/* A row as the CSV has it. */
typedef struct listed_row {
    oss_dataset_row row; /* its text as written */
    oss_status status;
    char *message; /* of a row that cannot be read */
} listed_row;

/* What became of it, until its turn has come. */
typedef struct row_result {
    oss_alignment *alignment;
    oss_status status;
    char *message;
    oss_strbuf log;
} row_result;

typedef struct rows_run {
    const oss_align_rows *what;
    listed_row *row; /* [rows] */
    int64_t rows, capacity;
    oss_recognizer **recognizer; /* [threads]: one and its siblings */
    int32_t threads, slots;
    oss_pool *pool;     /* NULL: one row at a time */
    row_result *result; /* [slots] */
    oss_status status;  /* of what ended it early */
    char *message;
} rows_run;

/* ---- The list ---- */

static oss_status make_room(rows_run *run) {
    if (run->rows == INT32_MAX) {
        return oss_fail(OSS_EINPUT, "%s: more than %d rows: align parts of it", run->what->csv, INT32_MAX);
    }
    if (run->rows == run->capacity) {
        int64_t capacity = 2 * run->capacity + 64;
        listed_row *grown = oss_resize(run->row, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        run->row = grown;
        run->capacity = capacity;
    }
    return OSS_OK;
}

/* Takes the row, whatever comes of it. */
static oss_status add_row(rows_run *run, oss_dataset *dataset, listed_row *row) {
    oss_status status = make_room(run);
    if (status != OSS_OK) {
        oss_dataset_row_deinit(&row->row);
        return status;
    }
    if (row->status == OSS_OK) {
        char *text = oss_strdup(oss_dataset_source_text(dataset));
        oss_free(row->row.text);
        row->row.text = text;
    } else {
        row->message = oss_strdup(oss_last_error());
    }
    run->row[run->rows++] = *row;
    return (row->status == OSS_OK ? row->row.text : row->message) == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status read_rows(rows_run *run) {
    oss_dataset *dataset = NULL;
    oss_data_format format = OSS_DATA_AUTO;
    oss_status status = run->what->format == NULL ? oss_cli_data_format(run->what->args, &format) : OSS_OK;
    if (status == OSS_OK) {
        format = run->what->format == NULL ? format : *run->what->format;
        status = oss_dataset_open(&dataset, run->what->csv, format, OSS_CASE_KEEP);
    }
    for (bool is_there = true; status == OSS_OK && is_there;) {
        listed_row row = {0};
        row.status = oss_dataset_next(dataset, &row.row, &is_there);
        if (row.status == OSS_OK && is_there) {
            status = oss_cli_reads(run->what->args, row.row.path);
        } else if (row.status != OSS_OK && row.status != OSS_EINPUT) {
            status = row.status;
        }
        bool listed = status == OSS_OK && (is_there || row.status != OSS_OK);
        is_there |= row.status != OSS_OK;
        if (listed) {
            status = add_row(run, dataset, &row);
        } else {
            oss_dataset_row_deinit(&row.row);
        }
    }
    oss_dataset_free(dataset);
    return status;
}

static oss_status expect_rows(const rows_run *run) {
    oss_status status = OSS_OK;
    for (int64_t i = 0; i < run->rows && status == OSS_OK && run->what->expect != NULL; i++) {
        status =
            run->row[i].status == OSS_OK ? run->what->expect(run->what->context, &run->row[i].row) : OSS_OK;
    }
    return status;
}

/* ---- A row; several threads at once ---- */

static void clear_result(row_result *result) {
    oss_alignment_free(result->alignment);
    oss_free(result->message);
    oss_strbuf_deinit(&result->log);
    *result = (row_result){0};
}

static void do_row(void *context, int32_t task, int32_t slot, int32_t worker) {
    rows_run *run = context;
    const listed_row *listed = &run->row[task];
    const oss_dataset_row *row = &listed->row;
    row_result *result = &run->result[slot];
    result->status = listed->status;
    if (listed->status != OSS_OK) {
        return;
    }
    const oss_reference reference = {.path = row->path,
                                     .start_seconds = row->start_seconds,
                                     .end_seconds = row->end_seconds,
                                     .text = row->text};
    oss_cli_keep_log(run->pool == NULL ? NULL : &result->log);
    oss_status status =
        oss_recognizer_align_row(run->recognizer[worker], &reference, run->what->options, &result->alignment);
    oss_cli_keep_log(NULL);
    if (status != OSS_OK) {
        status = oss_fail_prefix(status, "%s:%lld: row %lld", run->what->csv, (long long)row->line,
                                 (long long)row->number);
        result->message = oss_strdup(oss_last_error());
        result->status = result->message == NULL ? OSS_ENOMEM : status;
    }
}

/* ---- Results; one at a time, in order ---- */

static bool take_row(void *context, int32_t task, int32_t slot) {
    rows_run *run = context;
    row_result *result = &run->result[slot];
    const listed_row *listed = &run->row[task];
    const char *message = listed->message == NULL ? result->message : listed->message;
    char unkept[64]; /* a message that memory was too short to keep */
    if (message == NULL && result->status != OSS_OK) {
        (void)oss_format(unkept, sizeof unkept, "row %lld: out of memory", (long long)listed->row.number);
        message = unkept;
    }
    const oss_aligned_row row = {.row = listed->status == OSS_OK ? &listed->row : NULL,
                                 .status = result->status,
                                 .message = message,
                                 .alignment = result->alignment};
    if (result->log.length > 0) {
        (void)fputs(result->log.data, stderr);
    }
    if (result->status == OSS_OK || oss_cli_is_of_one(result->status)) {
        run->status = run->what->take(run->what->context, &row);
        message = run->status == OSS_OK ? NULL : oss_last_error();
    } else {
        run->status = result->status;
    }
    if (run->status != OSS_OK) { /* messages are kept per thread, and this may be any */
        run->message = oss_strdup(message == NULL ? "out of memory" : message);
    }
    clear_result(result);
    return run->status == OSS_OK;
}

/* ---- Life ---- */

static oss_status prepare(rows_run *run) {
    oss_recognizer_options settings = run->what->settings;
    oss_status status = oss_cli_threads(run->what->args, &settings.threads);
    if (status != OSS_OK) {
        return status;
    }
    run->threads = run->rows < settings.threads ? 1 : settings.threads;
    run->slots = run->threads == 1 ? 1 : run->threads > LOOK_AHEAD ? run->threads : LOOK_AHEAD;
    settings.threads = run->threads == 1 ? settings.threads : 1;
    run->result = oss_alloc_zero((size_t)run->slots, sizeof *run->result);
    run->recognizer = oss_alloc_zero((size_t)run->threads, sizeof(oss_recognizer *));
    if (run->result == NULL || run->recognizer == NULL) {
        return OSS_ENOMEM;
    }
    status = oss_cli_recognizer(&run->recognizer[0], run->what->args, &settings);
    if (status == OSS_OK) {
        oss_recognizer_limit(run->recognizer[0], run->what->max_seconds, run->threads);
    }
    for (int32_t i = 1; i < run->threads && status == OSS_OK; i++) {
        status = oss_recognizer_create_sibling(&run->recognizer[i], run->recognizer[0]);
    }
    return status == OSS_OK && run->threads > 1 ? oss_pool_create(&run->pool, run->threads) : status;
}

static void clean_up(rows_run *run) {
    oss_pool_free(run->pool);
    for (int32_t i = 0; run->result != NULL && i < run->slots; i++) {
        clear_result(&run->result[i]);
    }
    for (int32_t i = 0; run->recognizer != NULL && i < run->threads; i++) {
        oss_recognizer_free(run->recognizer[i]);
    }
    for (int64_t i = 0; i < run->rows; i++) {
        oss_dataset_row_deinit(&run->row[i].row);
        oss_free(run->row[i].message);
    }
    oss_free((void *)run->recognizer);
    oss_free(run->result);
    oss_free(run->row);
    oss_free(run->message);
}

oss_status oss_align_rows_run(const oss_align_rows *rows, int64_t *out_rows) {
    rows_run run = {.what = rows};
    const oss_ordered job = {.context = &run, .work = do_row, .take = take_row};
    oss_status status = read_rows(&run);
    if (status == OSS_OK) {
        status = expect_rows(&run);
    }
    if (status == OSS_OK) {
        status = prepare(&run);
    }
    if (status == OSS_OK) {
        oss_ordered_run(run.pool, (int32_t)run.rows, run.slots, &job);
        status = run.status == OSS_OK
                     ? OSS_OK
                     : oss_fail(run.status, "%s", run.message == NULL ? "out of memory" : run.message);
    }
    *out_rows = status == OSS_OK ? run.rows : *out_rows;
    clean_up(&run);
    return status;
}
