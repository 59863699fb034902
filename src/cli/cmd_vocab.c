/* ossicle vocab: symbols learnt from transcripts, and whether they fit the audio. */
#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cli_data.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "kernel/lengths.h"
#include "dataset/dataset.h"
#include "model/sizes.h"
#include "model/vocab_file.h"
#include "units/learn.h"

enum { MOST_SUBFRAMES = 3 };

static const oss_cli_option options[] = {
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings and their transcripts, as for training",
     .required = true,
     .repeats = true},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--size",
     .value = "N",
     .help = "symbols at most, <blank> and <UNK> included (default: 256 for bpe, no bound for char)"},
    {.name = "--units", .value = "UNITS", .help = "bpe (default): byte-pair units; char: characters"},
    {.name = "--case", .value = "CASE", .help = "case of the transcripts: lower (default), upper or keep"},
    {.name = "-o",
     .value = "OUT.json",
     .help = "also write the vocabulary, for the setting vocab_json of training"},
    {.name = "--json", .help = "print one JSON object instead of a table"},
};

typedef struct vocab_row {
    char *text;
    int64_t samples; /* -1: the recording cannot be read */
} vocab_row;

typedef struct census {
    const oss_cli_args *args;
    oss_config *config;
    oss_vocab *vocab;
    vocab_row *row;
    int32_t rows, capacity;
    int64_t failed; /* rows and recordings that could not be read */
    /* of the rows whose recording can be read */
    int32_t heard;
    int64_t samples, characters, labels;
    int32_t infeasible[MOST_SUBFRAMES]; /* with 1, 2, 3 sub-frames */
} census;

static oss_status set_option(census *c, const char *option, const char *key) {
    const char *value = oss_cli_value(c->args, option);
    if (value == NULL) {
        return OSS_OK;
    }
    oss_strbuf assignment = {0};
    oss_strbuf_printf(&assignment, "%s=%s", key, value);
    char *text = oss_strbuf_take(&assignment);
    oss_status status = text == NULL ? OSS_ENOMEM : oss_config_set(c->config, text);
    oss_free(text);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", option);
}

static oss_status configure(census *c) {
    oss_status status = oss_config_create(&c->config);
    if (status == OSS_OK) {
        status = oss_config_set(c->config, "units=bpe");
    }
    if (status == OSS_OK) {
        status = set_option(c, "--units", "units");
    }
    if (status == OSS_OK) {
        status = set_option(c, "--size", "vocab_size");
    }
    if (status == OSS_OK) {
        status = set_option(c, "--case", "case");
    }
    if (status == OSS_OK) {
        status = oss_cli_set_data_format(c->args, c->config);
    }
    if (status == OSS_OK && oss_config_check(c->config) != OSS_OK) {
        status = oss_fail_prefix(OSS_EUSAGE, "--size");
    }
    return status;
}

/* ---- Rows ---- */

static oss_status grow_rows(census *c) {
    if (c->rows < c->capacity) {
        return OSS_OK;
    }
    if (c->capacity > INT32_MAX / 2) {
        return oss_fail(OSS_EINPUT, "more than %d rows: give fewer", (int)c->capacity);
    }
    int32_t capacity = c->capacity == 0 ? 256 : 2 * c->capacity;
    vocab_row *grown = oss_resize(c->row, (size_t)capacity, sizeof *grown);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    c->row = grown;
    c->capacity = capacity;
    return OSS_OK;
}

/* What is wrong with one row is said and counted. */
static oss_status pass_over(census *c, oss_status status) {
    if (status != OSS_OK && oss_cli_is_of_one(status)) {
        oss_cli_fail_one(c->args, status, &c->failed);
        return OSS_OK;
    }
    return status;
}

/* Samples at the network's rate, without the time that resampling would take. */
static oss_status measure_row(const census *c, const oss_dataset_row *row, int64_t *out_samples) {
    int32_t rate_hz = c->config->model.mel.sample_rate_hz;
    const oss_audio_request request = {.rate_hz = rate_hz,
                                       .start_seconds = row->start_seconds,
                                       .end_seconds = row->end_seconds,
                                       .keep_rate = true};
    return oss_audio_count(out_samples, row->path, &request, rate_hz);
}

/* Takes the text of `csv`. */
static oss_status add_row(census *c, oss_dataset_row *csv) {
    oss_status status = grow_rows(c);
    if (status != OSS_OK) {
        return status;
    }
    c->row[c->rows++] = (vocab_row){csv->text, -1};
    csv->text = NULL;
    status = oss_cli_reads(c->args, csv->path);
    return status != OSS_OK ? status : pass_over(c, measure_row(c, csv, &c->row[c->rows - 1].samples));
}

static oss_status read_csv(census *c, const char *path) {
    oss_dataset *dataset = NULL;
    bool is_there = true;
    oss_status status =
        oss_dataset_open(&dataset, path, c->config->data.data_format, c->config->model.text_case);
    while (status == OSS_OK && is_there) {
        oss_dataset_row csv = {0};
        status = oss_dataset_next(dataset, &csv, &is_there);
        if (status == OSS_OK && is_there) {
            status = add_row(c, &csv);
        } else if (status == OSS_EINPUT) {
            status = pass_over(c, status);
        }
        oss_dataset_row_deinit(&csv);
    }
    oss_dataset_free(dataset);
    return status;
}

static oss_status read_rows(census *c) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < oss_cli_count(c->args, "--csv") && status == OSS_OK; i++) {
        status = read_csv(c, oss_cli_value_at(c->args, "--csv", i));
    }
    if (status == OSS_OK && c->rows == 0) {
        status = oss_fail(OSS_EINPUT, "%s: no row with a transcript to learn from",
                          oss_cli_value(c->args, "--csv"));
    }
    return status;
}

/* ---- Numbers ---- */

static oss_status make_vocab(census *c) {
    const char **text = oss_alloc((size_t)c->rows, sizeof *text);
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < c->rows; i++) {
        text[i] = c->row[i].text;
    }
    oss_status status = oss_vocab_make(&c->vocab, text, c->rows, c->config);
    oss_free(text);
    return status;
}

static oss_status count_row(census *c, const vocab_row *row) {
    int32_t *label = NULL, labels = 0;
    if (row->samples < 0) {
        return OSS_OK;
    }
    oss_status status = oss_vocab_encode(c->vocab, &label, &labels, NULL, row->text);
    if (status != OSS_OK) {
        return status;
    }
    int32_t needed = oss_len_ctc_needed(label, labels);
    int32_t frames = oss_sizes_encoder_frames(&c->config->model, row->samples);
    for (int32_t k = 1; k <= MOST_SUBFRAMES; k++) {
        c->infeasible[k - 1] += needed > (int64_t)k * frames;
    }
    c->heard++;
    c->samples += row->samples;
    c->labels += labels;
    c->characters += oss_text_length(row->text);
    oss_free(label);
    return OSS_OK;
}

static double get_seconds(const census *c) {
    return (double)c->samples / c->config->model.mel.sample_rate_hz;
}

static double get_rate(const census *c, int64_t count) {
    return c->samples == 0 ? 0.0 : (double)count / get_seconds(c);
}

static int32_t count_merged(const census *c) {
    return oss_vocab_size(c->vocab) - OSS_VOCAB_SPECIALS - oss_vocab_characters(c->vocab);
}

/* ---- What is said ---- */

static void print_table(const census *c) {
    double hz = oss_sizes_embedding_hz(&c->config->model);
    oss_cli_print("%-20s%d symbols: %d special, %d characters, %d merged\n", "vocabulary",
                  (int)oss_vocab_size(c->vocab), (int)OSS_VOCAB_SPECIALS, (int)oss_vocab_characters(c->vocab),
                  (int)count_merged(c));
    oss_cli_print("%-20s%d, of which %d with audio that can be read: %.2f hours\n", "rows", (int)c->rows,
                  (int)c->heard, get_seconds(c) / 3600.0);
    oss_cli_print("%-20s%.2f (characters %.2f)\n", "symbols a second", get_rate(c, c->labels),
                  get_rate(c, c->characters));
    for (int32_t k = 1; k <= MOST_SUBFRAMES; k++) {
        oss_cli_print("ctc_subframes %-6d%.1f frames a second; %d rows do not fit (%.1f %%)\n", (int)k,
                      k * hz, (int)c->infeasible[k - 1],
                      c->heard == 0 ? 0.0 : 100.0 * c->infeasible[k - 1] / c->heard);
    }
}

static oss_status print_json(const census *c) {
    double hz = oss_sizes_embedding_hz(&c->config->model);
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "units", oss_vocab_units(c->vocab) == OSS_UNITS_BPE ? "bpe" : "char");
    oss_json_add_integer(object, "vocabulary_size", oss_vocab_size(c->vocab));
    oss_json_add_integer(object, "characters", oss_vocab_characters(c->vocab));
    oss_json_add_integer(object, "merged", count_merged(c));
    oss_json_add_integer(object, "rows", c->rows);
    oss_json_add_integer(object, "failed", c->failed);
    oss_json_add_number(object, "audio_seconds", get_seconds(c));
    oss_json_add_number(object, "symbols_per_second", get_rate(c, c->labels));
    oss_json_add_number(object, "characters_per_second", get_rate(c, c->characters));
    oss_json *list = oss_json_add_array(object, "subframes");
    for (int32_t k = 1; k <= MOST_SUBFRAMES; k++) {
        oss_json *item = oss_json_add_object(list, NULL);
        oss_json_add_integer(item, "ctc_subframes", k);
        oss_json_add_number(item, "frames_per_second", k * hz);
        oss_json_add_integer(item, "infeasible", c->infeasible[k - 1]);
    }
    return oss_cli_print_json(object);
}

static oss_status work_out(census *c) {
    oss_status status = read_rows(c);
    if (status == OSS_OK) {
        status = make_vocab(c);
    }
    for (int32_t i = 0; i < c->rows && status == OSS_OK; i++) {
        status = count_row(c, &c->row[i]);
    }
    if (status == OSS_OK && oss_cli_has(c->args, "-o")) {
        status = oss_vocab_save(c->vocab, c->config, oss_cli_value(c->args, "-o"));
    }
    if (status == OSS_OK && oss_cli_has(c->args, "--json")) {
        status = print_json(c);
    } else if (status == OSS_OK) {
        print_table(c);
    }
    return status;
}

static int run_vocab(const oss_cli_args *args) {
    census c = {.args = args};
    oss_status status = configure(&c);
    if (status == OSS_OK) {
        status = work_out(&c);
    }
    oss_cli_tell_failed(c.failed);
    for (int32_t i = 0; i < c.rows; i++) {
        oss_free(c.row[i].text);
    }
    oss_free(c.row);
    oss_vocab_free(c.vocab);
    oss_config_free(c.config);
    if (status != OSS_OK) {
        return oss_cli_fail(args, status);
    }
    return c.failed > 0 ? 1 : 0;
}

const oss_cli_command oss_command_vocab = {
    .name = "vocab",
    .summary = "symbols learnt from transcripts, and how many of them the audio has frames for",
    .details =
        "Training learns its vocabulary by itself, from the rows that are not held out; this shows what it "
        "would be for all rows of the CSVs, and by -o makes one to be used by several trainings. Frames "
        "are those of the default network, 12.5 times ctc_subframes a second.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_vocab};
