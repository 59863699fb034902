#include "cli/cli_data.h"
#include "cli/tune_rows.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/pool.h"
#include "cli/cli_files.h"
#include "cli/eval_rows.h"
#include "infer/recognizer_internal.h"

typedef struct tune_row {
    oss_matrix logits;
    char *text; /* reference */
    oss_tune_score score;
    oss_status status; /* of the last decoding */
} tune_row;

struct oss_tune_rows {
    oss_recognizer **recognizer; /* [threads] one and its siblings */
    int32_t threads;
    oss_pool *pool;
    tune_row *row; /* [count] */
    int64_t count, capacity, failed;
    oss_status failure; /* of the last that failed */
};

/* ---- Rows ---- */

static oss_status make_room(oss_tune_rows *rows) {
    if (rows->count < rows->capacity) {
        return OSS_OK;
    }
    int64_t capacity = 2 * rows->capacity + 64;
    tune_row *row = oss_resize(rows->row, (size_t)capacity, sizeof *row);
    if (row == NULL) {
        return OSS_ENOMEM;
    }
    rows->row = row;
    rows->capacity = capacity;
    return OSS_OK;
}

static oss_status copy_row(tune_row *out, const oss_eval_row *from) {
    const oss_matrix *logits = &from->scored.logits;
    size_t count = (size_t)logits->rows * (size_t)logits->columns;
    *out = (tune_row){.text = oss_strdup(from->csv.text)};
    out->logits = *logits;
    out->logits.value = oss_alloc(count, sizeof(float));
    if (out->text == NULL || out->logits.value == NULL) {
        oss_free(out->text);
        oss_free(out->logits.value);
        return OSS_ENOMEM;
    }
    memcpy(out->logits.value, logits->value, count * sizeof(float));
    return OSS_OK;
}

static void add_edits(oss_edits *sum, const oss_edits *edits) {
    sum->reference += edits->reference;
    sum->substitutions += edits->substitutions;
    sum->deletions += edits->deletions;
    sum->insertions += edits->insertions;
}

static oss_status add_row(oss_tune_rows *rows, const oss_cli_args *args, const oss_eval_row *from,
                          oss_tune_score *greedy) {
    if (from->status != OSS_OK) {
        (void)oss_eval_row_fail(from);
        if (!oss_cli_is_of_one(from->status)) {
            return from->status;
        }
        oss_cli_fail_one(args, from->status, &rows->failed);
        rows->failure = from->status;
        return OSS_OK;
    }
    oss_status status = make_room(rows);
    if (status == OSS_OK) {
        status = copy_row(&rows->row[rows->count], from);
    }
    if (status == OSS_OK) {
        rows->count++;
        add_edits(&greedy->words, &from->scored.score.words);
        add_edits(&greedy->characters, &from->scored.score.characters);
    }
    return status;
}

static oss_status read_rows(oss_tune_rows *rows, const oss_cli_args *args, oss_eval_rows *from,
                            oss_tune_score *greedy) {
    const char *csv = oss_cli_value(args, "--csv");
    const oss_eval_row *row = NULL;
    oss_status status = OSS_OK;
    oss_eval_rows_keep_logits(from);
    do {
        status = oss_eval_rows_next(from, &row);
        if (status == OSS_OK && row != NULL) {
            status = add_row(rows, args, row, greedy);
        }
    } while (status == OSS_OK && row != NULL);
    oss_cli_tell_failed(rows->failed);
    if (status == OSS_OK && rows->count == 0) {
        status = rows->failed == 0 ? oss_fail(OSS_EINPUT, "%s: has no rows", csv)
                                   : oss_fail(rows->failure, "%s: no row could be encoded", csv);
    }
    return status;
}

/* ---- Life ---- */

static oss_status create_recognizers(oss_tune_rows *rows, const oss_recognizer *model,
                                     const oss_decoding_options *options) {
    rows->recognizer = oss_alloc_zero((size_t)rows->threads, sizeof *rows->recognizer);
    if (rows->recognizer == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_recognizer_create_sibling(&rows->recognizer[0], model);
    if (status == OSS_OK) {
        status = oss_recognizer_set_decoding(rows->recognizer[0], options);
    }
    for (int32_t i = 1; i < rows->threads && status == OSS_OK; i++) {
        status = oss_recognizer_create_sibling(&rows->recognizer[i], rows->recognizer[0]);
    }
    return status == OSS_OK ? oss_pool_create(&rows->pool, rows->threads) : status;
}

static oss_status fill(oss_tune_rows *rows, const oss_cli_args *args, const char *model_path,
                       const oss_decoding_options *options, oss_tune_score *greedy) {
    oss_recognizer_options settings = {.size = sizeof settings,
                                       .keep_level = oss_cli_has(args, "--keep-level")};
    oss_eval_rows *from = NULL;
    double max_seconds = 0.0;
    oss_data_format format = OSS_DATA_AUTO;
    oss_status status = oss_cli_threads(args, &settings.threads);
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_max_seconds(args, &max_seconds);
    }
    if (status == OSS_OK) {
        status = oss_cli_data_format(args, &format);
    }
    if (status == OSS_OK) {
        status = oss_eval_rows_create(&from, model_path, oss_cli_value(args, "--csv"), format, &settings,
                                      NULL, max_seconds);
    }
    if (status != OSS_OK) {
        return status;
    }
    rows->threads = settings.threads;
    status = create_recognizers(rows, oss_eval_rows_recognizer(from), options);
    if (status == OSS_OK) {
        status = read_rows(rows, args, from, greedy);
    }
    oss_eval_rows_free(from);
    return status;
}

oss_status oss_tune_rows_create(oss_tune_rows **out, const oss_cli_args *args, const char *model_path,
                                const oss_decoding_options *options, oss_tune_score *greedy) {
    oss_tune_rows *rows = oss_alloc_zero(1, sizeof *rows);
    if (rows == NULL) {
        return OSS_ENOMEM;
    }
    *greedy = (oss_tune_score){0};
    oss_status status = fill(rows, args, model_path, options, greedy);
    if (status != OSS_OK) {
        oss_tune_rows_free(rows);
        return status;
    }
    *out = rows;
    return OSS_OK;
}

void oss_tune_rows_free(oss_tune_rows *rows) {
    if (rows == NULL) {
        return;
    }
    for (int64_t i = 0; i < rows->count; i++) {
        oss_matrix_deinit(&rows->row[i].logits);
        oss_free(rows->row[i].text);
    }
    for (int32_t i = rows->threads - 1; rows->recognizer != NULL && i >= 0; i--) {
        oss_recognizer_free(rows->recognizer[i]);
    }
    oss_pool_free(rows->pool);
    oss_free((void *)rows->recognizer);
    oss_free(rows->row);
    oss_free(rows);
}

int64_t oss_tune_rows_count(const oss_tune_rows *rows) {
    return rows->count;
}

int64_t oss_tune_rows_failed(const oss_tune_rows *rows) {
    return rows->failed;
}

bool oss_tune_rows_know_words(const oss_tune_rows *rows) {
    return oss_recognizer_knows_words(rows->recognizer[0]);
}

oss_status oss_tune_rows_get(const oss_tune_rows *rows, oss_decoding_options *out) {
    *out = oss_decoding_options_init();
    return oss_recognizer_get_decoding(rows->recognizer[0], out);
}

/* ---- Scores ---- */

static oss_status score_text(tune_row *row, const char *hypothesis) {
    row->score = (oss_tune_score){0};
    oss_status status = oss_edits_words(&row->score.words, row->text, hypothesis);
    return status == OSS_OK ? oss_edits_characters(&row->score.characters, row->text, hypothesis) : status;
}

static void score_row(void *context, int32_t task, int32_t worker) {
    const oss_tune_rows *rows = context;
    tune_row *row = &rows->row[task];
    char *text = NULL;
    row->status = oss_recognizer_decode_logits(rows->recognizer[worker], &row->logits, &text);
    if (row->status == OSS_OK) {
        row->status = score_text(row, text);
    }
    oss_free(text);
}

oss_status oss_tune_rows_score(oss_tune_rows *rows, const oss_decoding_options *options,
                               oss_tune_score *out) {
    oss_tune_score sum = {0};
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < rows->threads && status == OSS_OK; i++) {
        status = oss_recognizer_retune(rows->recognizer[i], options);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_pool_run(rows->pool, (int32_t)rows->count, score_row, rows);
    for (int64_t i = 0; i < rows->count; i++) {
        if (rows->row[i].status != OSS_OK) { /* whose message is another thread's */
            return oss_fail(rows->row[i].status, "row %lld could not be decoded", (long long)i + 1);
        }
        add_edits(&sum.words, &rows->row[i].score.words);
        add_edits(&sum.characters, &rows->row[i].score.characters);
    }
    *out = sum;
    return OSS_OK;
}
