#include "cli/eval_rows.h"

#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"
#include "dataset/dataset.h"

enum { ROWS_A_THREAD = 8 }; /* in a batch: enough that threads seldom wait for the longest row of it */

struct oss_eval_rows {
    const char *csv_path; /* the caller's */
    oss_data_format format;
    oss_recognizer **recognizer; /* [threads]: one and its siblings */
    int32_t threads;
    oss_pool *pool;
    oss_dataset *dataset;
    oss_eval_row *row; /* [most] a batch */
    int32_t most, count, next;
    oss_status final; /* of reading: what is told once the rows before it are given back */
    char *final_message;
    bool ended, observes, keeps_logits;
};

/* ---- One row ---- */

static void clear_row(oss_eval_row *row) {
    oss_dataset_row_deinit(&row->csv);
    oss_free(row->message);
    oss_scored_row_deinit(&row->scored);
    *row = (oss_eval_row){0};
}

/* Messages are kept per thread, and rows are given back by another one. */
static void keep_failure(oss_eval_row *row, oss_status status) {
    row->status = status;
    row->message = oss_strdup(oss_last_error());
    if (row->message == NULL) {
        row->status = OSS_ENOMEM;
    }
}

static void score_row(void *context, int32_t task, int32_t worker) {
    const oss_eval_rows *rows = context;
    oss_eval_row *row = &rows->row[task];
    if (row->status != OSS_OK) {
        return;
    }
    const oss_reference reference = {.path = row->csv.path,
                                     .start_seconds = row->csv.start_seconds,
                                     .end_seconds = row->csv.end_seconds,
                                     .text = row->csv.text,
                                     .observe = rows->observes,
                                     .keep_logits = rows->keeps_logits};
    oss_status status = oss_recognizer_score(rows->recognizer[worker], &reference, &row->scored);
    if (status != OSS_OK) {
        status = oss_fail_prefix(status, "%s:%lld: row %lld", rows->csv_path, (long long)row->csv.line,
                                 (long long)row->csv.number);
        keep_failure(row, status);
    }
}

/* ---- A batch ---- */

/* Reads rows until the batch is full or nothing more can be read. */
static void read_batch(oss_eval_rows *rows) {
    rows->count = 0;
    rows->next = 0;
    while (rows->count < rows->most && !rows->ended) {
        oss_eval_row *row = &rows->row[rows->count];
        bool is_there = true;
        clear_row(row);
        oss_status status = oss_dataset_next(rows->dataset, &row->csv, &is_there);
        if (status == OSS_EINPUT) {
            keep_failure(row, status);
        } else if (status != OSS_OK || !is_there) {
            rows->ended = true;
            rows->final = status;
            rows->final_message = status == OSS_OK ? NULL : oss_strdup(oss_last_error());
            return;
        }
        rows->count++;
    }
}

oss_status oss_eval_rows_next(oss_eval_rows *rows, const oss_eval_row **out) {
    if (rows->next == rows->count && !rows->ended) {
        read_batch(rows);
        oss_pool_run(rows->pool, rows->count, score_row, rows);
    }
    if (rows->next < rows->count) {
        *out = &rows->row[rows->next++];
        return OSS_OK;
    }
    if (rows->final != OSS_OK) {
        return oss_fail(rows->final, "%s",
                        rows->final_message == NULL ? "out of memory" : rows->final_message);
    }
    *out = NULL;
    return OSS_OK;
}

/* ---- Life ---- */

static oss_status create_recognizers(oss_eval_rows *rows, const char *model_path,
                                     const oss_recognizer_options *options, const oss_cli_decoding *decoding,
                                     double max_seconds) {
    oss_recognizer_options single = *options;
    single.threads = 1;
    rows->recognizer = oss_alloc_zero((size_t)rows->threads, sizeof *rows->recognizer);
    if (rows->recognizer == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_recognizer_create(&rows->recognizer[0], model_path, &single);
    if (status == OSS_OK && decoding != NULL) {
        status = oss_cli_decode(decoding, rows->recognizer[0]);
    }
    if (status == OSS_OK) {
        oss_recognizer_limit(rows->recognizer[0], max_seconds, rows->threads);
    }
    for (int32_t i = 1; i < rows->threads && status == OSS_OK; i++) {
        status = oss_recognizer_create_sibling(&rows->recognizer[i], rows->recognizer[0]);
    }
    return status;
}

static oss_status open_parts(oss_eval_rows *rows, const char *model_path,
                             const oss_recognizer_options *options, const oss_cli_decoding *decoding,
                             double max_seconds) {
    rows->row = oss_alloc_zero((size_t)rows->most, sizeof *rows->row);
    oss_status status =
        rows->row == NULL ? OSS_ENOMEM : create_recognizers(rows, model_path, options, decoding, max_seconds);
    if (status == OSS_OK) {
        status = oss_pool_create(&rows->pool, rows->threads);
    }
    if (status == OSS_OK) {
        oss_case policy = oss_recognizer_config(rows->recognizer[0])->text_case;
        status = oss_dataset_open(&rows->dataset, rows->csv_path, rows->format, policy);
    }
    return status;
}

oss_status oss_eval_rows_create(oss_eval_rows **out, const char *model_path, const char *csv_path,
                                oss_data_format format, const oss_recognizer_options *options,
                                const oss_cli_decoding *decoding, double max_seconds) {
    oss_eval_rows *rows = oss_alloc_zero(1, sizeof *rows);
    if (rows == NULL) {
        return OSS_ENOMEM;
    }
    rows->csv_path = csv_path;
    rows->format = format;
    rows->threads = options->threads;
    rows->most = rows->threads * ROWS_A_THREAD;
    oss_status status = open_parts(rows, model_path, options, decoding, max_seconds);
    if (status != OSS_OK) {
        oss_eval_rows_free(rows);
        return status;
    }
    *out = rows;
    return OSS_OK;
}

void oss_eval_rows_observe(oss_eval_rows *rows) {
    rows->observes = true;
}

void oss_eval_rows_keep_logits(oss_eval_rows *rows) {
    rows->keeps_logits = true;
}

const oss_recognizer *oss_eval_rows_recognizer(const oss_eval_rows *rows) {
    return rows->recognizer[0];
}

void oss_eval_rows_free(oss_eval_rows *rows) {
    if (rows == NULL) {
        return;
    }
    oss_pool_free(rows->pool);
    for (int32_t i = 0; rows->row != NULL && i < rows->most; i++) {
        clear_row(&rows->row[i]);
    }
    for (int32_t i = rows->threads - 1; rows->recognizer != NULL && i >= 0; i--) {
        oss_recognizer_free(rows->recognizer[i]);
    }
    oss_dataset_free(rows->dataset);
    oss_free(rows->recognizer);
    oss_free(rows->row);
    oss_free(rows->final_message);
    oss_free(rows);
}

oss_status oss_eval_row_fail(const oss_eval_row *row) {
    if (row->message == NULL && row->csv.number > 0) {
        return oss_fail(row->status, "row %lld: out of memory", (long long)row->csv.number);
    }
    return oss_fail(row->status, "%s", row->message == NULL ? "out of memory" : row->message);
}
