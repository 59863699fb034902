#include "cli/cli_data.h"
#include "cli/calibrate_rows.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/tsv.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/eval_rows.h"

static oss_status add_number(oss_numbers *list, double value) {
    if (isnan(value)) {
        return OSS_OK;
    }
    if (list->count == list->capacity) {
        int64_t capacity = 2 * list->capacity + 256;
        double *grown = oss_resize(list->value, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        list->value = grown;
        list->capacity = capacity;
    }
    list->value[list->count++] = value;
    return OSS_OK;
}

static oss_status make_room(oss_calibrate_rows *m, int64_t words) {
    if (m->words + words <= m->capacity) {
        return OSS_OK;
    }
    int64_t capacity = 2 * (m->words + words) + 256;
    oss_judged_word *word = oss_resize(m->word, (size_t)capacity, sizeof *word);
    m->word = word != NULL ? word : m->word;
    double *now = oss_resize(m->now, (size_t)capacity, sizeof *now);
    m->now = now != NULL ? now : m->now;
    bool made = word != NULL && now != NULL;
    if (made && oss_cli_has(m->args, "--words")) {
        oss_strbuf *line = oss_resize(m->line, (size_t)capacity, sizeof *line);
        m->line = line != NULL ? line : m->line;
        made = line != NULL;
    }
    m->capacity = made ? capacity : m->capacity;
    return made ? OSS_OK : OSS_ENOMEM;
}

static void print_word(oss_strbuf *line, const oss_eval_row *row, const oss_observed_word *word) {
    *line = (oss_strbuf){0};
    oss_tsv_append(line, row->csv.wav);
    oss_strbuf_printf(line, "\t%.3f\t%.3f\t", word->start_seconds, word->end_seconds);
    oss_tsv_append(line, word->text);
    oss_strbuf_printf(line, "\t%d\t%.6f", word->right ? 1 : 0, (double)word->confidence);
}

static oss_status add_word(oss_calibrate_rows *m, const oss_eval_row *row, const oss_observed_word *word) {
    oss_judged_word *judged = &m->word[m->words];
    *judged = (oss_judged_word){.right = word->right, .row = m->rows};
    memcpy(judged->feature, word->feature, sizeof judged->feature);
    m->now[m->words] = (double)word->confidence;
    if (m->line != NULL) {
        print_word(&m->line[m->words], row, word);
    }
    m->words++;
    oss_status status = add_number(&m->onset, word->onset_seconds);
    return status == OSS_OK ? add_number(&m->tail, word->tail_seconds) : status;
}

static oss_status add_row(oss_calibrate_rows *m, const oss_eval_row *row) {
    if (row->status != OSS_OK) {
        (void)oss_eval_row_fail(row);
        if (!oss_cli_is_of_one(row->status)) {
            return row->status;
        }
        oss_cli_fail_one(m->args, row->status, &m->failed);
        return OSS_OK;
    }
    oss_status status = oss_cli_reads(m->args, row->csv.path);
    if (status == OSS_OK) {
        status = make_room(m, row->scored.words);
    }
    if (status == OSS_OK && row->scored.speech_db < 0.0 && isfinite(row->scored.speech_db)) {
        status = add_number(&m->level, row->scored.speech_db);
    }
    for (int64_t i = 0; i < row->scored.words && status == OSS_OK; i++) {
        status = add_word(m, row, &row->scored.word[i]);
    }
    m->rows++;
    return status;
}

static oss_status read_csv(oss_calibrate_rows *m, const char *csv, const oss_recognizer_options *settings) {
    oss_eval_rows *rows = NULL;
    double max_seconds = 0.0;
    oss_data_format format = OSS_DATA_AUTO;
    oss_status status = oss_cli_max_seconds(m->args, &max_seconds);
    if (status == OSS_OK) {
        status = oss_cli_data_format(m->args, &format);
    }
    if (status == OSS_OK) {
        status = oss_eval_rows_create(&rows, m->model_path, csv, format, settings, &m->asked, max_seconds);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_eval_rows_observe(rows);
    const oss_eval_row *row = NULL;
    status = oss_cli_get_decoding(&m->asked, oss_eval_rows_recognizer(rows), &m->decoding);
    do {
        status = status != OSS_OK ? status : oss_eval_rows_next(rows, &row);
        if (status == OSS_OK && row != NULL) {
            status = add_row(m, row);
        }
    } while (status == OSS_OK && row != NULL);
    oss_eval_rows_free(rows);
    return status;
}

oss_status oss_calibrate_rows_read(oss_calibrate_rows *m) {
    oss_recognizer_options settings = {.size = sizeof settings,
                                       .keep_level = oss_cli_has(m->args, "--keep-level")};
    oss_status status = oss_cli_read_decoding(m->args, &m->asked);
    if (status == OSS_OK) {
        status = oss_cli_threads(m->args, &settings.threads);
    }
    for (int32_t i = 0; i < oss_cli_count(m->args, "--csv") && status == OSS_OK; i++) {
        status = read_csv(m, oss_cli_value_at(m->args, "--csv", i), &settings);
    }
    return status;
}

void oss_calibrate_rows_deinit(oss_calibrate_rows *m) {
    for (int64_t i = 0; m->line != NULL && i < m->words; i++) {
        oss_strbuf_deinit(&m->line[i]);
    }
    oss_free(m->line);
    oss_free(m->word);
    oss_free(m->now);
    oss_free(m->held_out);
    oss_free(m->onset.value);
    oss_free(m->tail.value);
    oss_free(m->level.value);
    oss_free(m->model_path);
}
