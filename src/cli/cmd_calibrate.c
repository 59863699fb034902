/* ossicle calibrate: what is measured once of a model, for the times and confidences of its words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/cli_data.h"
#include "cli/calibrate_rows.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "convert/confidence_fit.h"
#include "model/model_file.h"

/* Edges by pauses that a median needs at least. */
enum { LEAST_EDGES = 20 };

/* No usual level: recordings so quiet are raised for the measurement too. */
static const double LOWEST_LEVEL_DB = -60.0;

static const oss_cli_option options[] = {
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings that the model was not trained on, and their transcripts, as for training",
     .required = true,
     .repeats = true},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "-o",
     .value = "OUT",
     .help = "model file to write: the weights of M, and what was measured (default: only print it)"},
    {.name = "--words",
     .value = "OUT.tsv",
     .help =
         "also write every word: TSV with the columns wav, start, end, word, right (1 or 0), confidence (by M as it is), "
         "held_out (by weights learnt from other rows)"},
    OSS_CLI_DECODING_OPTIONS,
    {.name = "--json", .help = "print one JSON object instead of a table"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_MAX_SECONDS_OPTION,
    {.name = "--threads",
     .value = "N",
     .help = "rows to work on at the same time (default: as many as processors); the results are the same "
             "with any number"},
};

/* ---- What is made of it ---- */

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(oss_numbers *list) {
    qsort(list->value, (size_t)list->count, sizeof *list->value, compare_numbers);
    return 0.5 * (list->value[(list->count - 1) / 2] + list->value[list->count / 2]);
}

/* Without enough of them those of the model stay. */
static void find_edges(oss_calibration *out, oss_calibrate_rows *m) {
    if (m->onset.count < LEAST_EDGES || m->tail.count < LEAST_EDGES) {
        oss_log_warn(
            "pauses show %lld beginnings and %lld ends of words, too few to measure offsets (%d of each): "
            "the model keeps what it has; rows that are longer or have less noise show more",
            (long long)m->onset.count, (long long)m->tail.count, LEAST_EDGES);
        return;
    }
    out->has_edges = true;
    out->edges.onset_seconds = fmax(median(&m->onset), OSS_SYMBOL_SECONDS_MIN);
    out->edges.end_seconds = fmax(median(&m->tail), OSS_SYMBOL_SECONDS_MIN);
}

/* Searches hear what was heard before. */
static void find_level(oss_calibration *out, oss_calibrate_rows *m) {
    if (m->level.count > 0) {
        out->speech_db = fmax(median(&m->level), LOWEST_LEVEL_DB);
        out->has_level = true;
    }
}

static oss_status find_calibration(oss_calibration *out, oss_calibrate_rows *m) {
    const bool searches =
        m->decoding.beam_width > 0; /* whose words show edges no better than those that were heard */
    if (!searches) {
        find_edges(out, m);
        find_level(out, m);
    }
    oss_status status =
        oss_confidence_fit(searches ? &out->search_confidence : &out->confidence, m->word, m->words);
    if (status == OSS_OK) {
        out->has_confidence = !searches;
        out->has_search_confidence = searches;
        m->held_out = oss_alloc((size_t)m->words, sizeof *m->held_out);
        status = m->held_out == NULL ? OSS_ENOMEM : OSS_OK;
    }
    return status == OSS_OK ? oss_confidence_cross_validate(m->held_out, m->word, m->words) : status;
}

/* ---- What is written ---- */

static oss_status write_words(const oss_calibrate_rows *m) {
    static const char header[] = "wav\tstart\tend\tword\tright\tconfidence\theld_out\n";
    oss_writer writer = {0};
    oss_status status = oss_writer_open(&writer, oss_cli_value(m->args, "--words"));
    if (status != OSS_OK) {
        return status;
    }
    oss_writer_put(&writer, header, strlen(header));
    for (int64_t i = 0; i < m->words && status == OSS_OK; i++) {
        oss_strbuf *line = &m->line[i];
        oss_strbuf_printf(line, "\t%.6f\n", m->held_out[i]);
        status = oss_strbuf_ok(line) ? OSS_OK : OSS_ENOMEM;
        if (status == OSS_OK) {
            oss_writer_put(&writer, line->data, line->length);
        }
    }
    status = status == OSS_OK ? oss_writer_commit(&writer) : status;
    oss_writer_abort(&writer);
    return status;
}

/* What was not measured stays. */
static void put_calibration(oss_calibration *into, const oss_calibration *found) {
    if (found->has_edges) {
        into->edges = found->edges;
        into->has_edges = true;
    }
    if (found->has_confidence) {
        into->confidence = found->confidence;
        into->has_confidence = true;
    }
    if (found->has_level) {
        into->speech_db = found->speech_db;
        into->has_level = true;
    }
    if (found->has_search_confidence) {
        into->search_confidence = found->search_confidence;
        into->has_search_confidence = true;
    }
}

static oss_status write_model(const oss_calibrate_rows *m, const oss_calibration *calibration) {
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, m->model_path);
    if (status == OSS_OK) {
        put_calibration(&model->calibration, calibration);
        status = oss_model_save(model, oss_cli_value(m->args, "-o"));
    }
    oss_model_free(model);
    return status;
}

typedef struct figures {
    double error_now, error_then, auc_now, auc_then, right;
} figures;

static oss_status find_figures(figures *f, const oss_calibrate_rows *m) {
    int64_t right = 0;
    for (int64_t i = 0; i < m->words; i++) {
        right += m->word[i].right;
    }
    f->right = (double)right / (double)m->words;
    f->error_now = oss_confidence_error(m->now, m->word, m->words);
    f->error_then = oss_confidence_error(m->held_out, m->word, m->words);
    oss_status status = oss_confidence_auc(&f->auc_now, m->now, m->word, m->words);
    return status == OSS_OK ? oss_confidence_auc(&f->auc_then, m->held_out, m->word, m->words) : status;
}

static oss_status print_json(const oss_calibrate_rows *m, const oss_calibration *calibration,
                             const figures *f) {
    oss_json *object = oss_json_object();
    oss_json_add_integer(object, "rows", m->rows);
    oss_json_add_integer(object, "words", m->words);
    oss_json_add_number(object, "right", f->right);
    if (calibration->has_edges) {
        oss_json_add_number(object, "onset_seconds", calibration->edges.onset_seconds);
        oss_json_add_number(object, "end_seconds", calibration->edges.end_seconds);
    }
    if (calibration->has_level) {
        oss_json_add_number(object, "speech_db", calibration->speech_db);
    }
    if (m->decoding.beam_width > 0) {
        oss_cli_add_decoding(object, &m->asked, &m->decoding);
    } else {
        oss_json_add_integer(object, "onsets", m->onset.count);
        oss_json_add_integer(object, "ends", m->tail.count);
    }
    oss_json_add_number(object, "calibration_error", f->error_now);
    oss_json_add_number(object, "auc", f->auc_now);
    oss_json_add_number(object, "held_out_calibration_error", f->error_then);
    oss_json_add_number(object, "held_out_auc", f->auc_then);
    oss_json_add_integer(object, "failed", m->failed);
    return oss_cli_print_json(object);
}

static void print_table(const oss_calibrate_rows *m, const oss_calibration *calibration, const figures *f) {
    oss_cli_print("%-26s%8lld\n", "rows", (long long)m->rows);
    oss_cli_print("%-26s%8lld    %.1f %% of them right\n", "words", (long long)m->words, 100.0 * f->right);
    if (calibration->has_edges) {
        oss_cli_print("%-26s%8.1f ms  before the middle of a word's first symbol, median of %lld\n", "onset",
                      1000.0 * calibration->edges.onset_seconds, (long long)m->onset.count);
        oss_cli_print("%-26s%8.1f ms  behind the middle of its last symbol, median of %lld\n", "end",
                      1000.0 * calibration->edges.end_seconds, (long long)m->tail.count);
    }
    if (calibration->has_level) {
        oss_cli_print("%-26s%8.1f dB  of full scale, where speech usually is: median of %lld rows\n",
                      "speech_db", calibration->speech_db, (long long)m->level.count);
    }
    oss_cli_print("%-26s%8.4f    now %.4f\n", "calibration_error", f->error_then, f->error_now);
    oss_cli_print("%-26s%8.4f    now %.4f\n", "auc", f->auc_then, f->auc_now);
    oss_cli_print("%-26s%8lld\n", "failed", (long long)m->failed);
}

static oss_status give_results(const oss_calibrate_rows *m, const oss_calibration *calibration) {
    figures f;
    oss_status status = find_figures(&f, m);
    if (status == OSS_OK && m->line != NULL) {
        status = write_words(m);
    }
    if (status == OSS_OK && oss_cli_has(m->args, "-o")) {
        status = write_model(m, calibration);
    }
    if (status == OSS_OK && oss_cli_has(m->args, "--json")) {
        status = print_json(m, calibration, &f);
    } else if (status == OSS_OK) {
        print_table(m, calibration, &f);
    }
    return status;
}

/* ---- The command ---- */

static int run_calibrate(const oss_cli_args *args) {
    oss_calibrate_rows m = {.args = args, .decoding = oss_decoding_options_init()};
    oss_calibration calibration = {0};
    oss_status status = oss_model_resolve(&m.model_path, oss_cli_operand(args, 0));
    if (status == OSS_OK) {
        status = oss_cli_reads(args, m.model_path);
    }
    if (status == OSS_OK) {
        status = oss_calibrate_rows_read(&m);
    }
    oss_cli_tell_failed(m.failed);
    if (status == OSS_OK) {
        status = find_calibration(&calibration, &m);
    }
    if (status == OSS_OK) {
        status = give_results(&m, &calibration);
    }
    int code = status != OSS_OK ? oss_cli_fail(args, status) : m.failed > 0;
    oss_calibrate_rows_deinit(&m);
    return code;
}

const oss_cli_command oss_command_calibrate = {
    .name = "calibrate",
    .summary = "measure a model on recordings with transcripts, for the times and confidences of its words",
    .operands = "M",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "Three things are measured. How far the middles of a word's first and last symbols lie from its edges: "
        "the medians over all words beside which the audio pauses. Words without a pause beside them get their "
        "edges by these offsets. And how sure the network is of words that are right and of those that are "
        "wrong: a confidence is then the probability that a word is right, by logistic regression. And how loud speech usually is: recordings 14 dB below that are raised to it before the "
        "network hears them, unless --keep-level says otherwise (without it -26 dB of full scale is taken). All go "
        "into the file that -o names; its weights are those of M, and versions that know nothing of it read it.\n\n"
        "With --lm or another option that makes a search, the confidences of searches' words are measured in place of all that, "
        "and stored beside what M holds: the network's outputs and the posteriors of words together. They are worth most with "
        "the language model and numbers that they were measured with.\n\n"
        "Give recordings that the model was not trained on, like those that it is for, with a thousand words "
        "or more: of recordings it was trained on it is surer than it should be. calibration_error is the "
        "expected calibration error over 15 bins, auc the area under the ROC of \"this word is right\"; both of "
        "weights that were learnt from four fifths of the rows and tried on the others, and for the model as "
        "it is (\"now\"). A row that cannot be read is named on standard error (20 of them at most) and left out, exit 1.\n\n"
        "--json prints rows words right onset_seconds end_seconds (when there are enough) speech_db onsets ends, or decoding "
        "with a search, calibration_error auc held_out_calibration_error held_out_auc failed; right is a fraction of the words.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_calibrate};
