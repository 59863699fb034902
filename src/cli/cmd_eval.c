/* ossicle eval: a dataset recognised and scored. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/tsv.h"
#include "cli/cli_data.h"
#include "cli/cli_confine.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/eval_rows.h"

enum {
    NAMED_INFEASIBLE = 10
}; /* rows named one by one; a model that cannot hold its texts would name them all */

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings and their transcripts, as for training",
     .required = true},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--json", .help = "print one JSON object instead of a table"},
    {.name = "--hyp",
     .value = "OUT.tsv",
     .help =
         "also write every row's transcript: TSV with the columns wav, ref, hyp, S, D, I (of words), cells escaped as those of transcribe"},
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_DECODING_OPTIONS,
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_MAX_SECONDS_OPTION,
    OSS_CLI_CHUNK_OPTIONS,
    OSS_CLI_SANDBOX_OPTION,
    {.name = "--threads",
     .value = "N",
     .help = "rows to work on at the same time (default: as many as processors); the results are the same "
             "with any number"},
};

typedef struct evaluation {
    const oss_cli_args *args;
    oss_eval_rows *rows;
    const char *csv_path;
    oss_writer hyp; /* zeroed: no --hyp */
    oss_score score;
    double audio_seconds; /* of the rows that were scored */
    int64_t failed;       /* rows that could not be scored */
    oss_status failure;   /* of the last of them */
    double wall_seconds;  /* of reading and scoring, without loading the model */
    oss_cli_decoding asked;
    oss_decoding_options decoding; /* beam_width 0: greedy */
} evaluation;

/* ---- Rows ---- */

static void append_cell(oss_strbuf *line, const char *text) {
    oss_tsv_append(line, text);
    oss_strbuf_append(line, "\t");
}

static oss_status write_hypothesis(evaluation *eval, const oss_eval_row *row) {
    if (!oss_cli_has(eval->args, "--hyp")) {
        return OSS_OK;
    }
    oss_strbuf line = {0};
    append_cell(&line, row->csv.wav);
    append_cell(&line, row->csv.text);
    append_cell(&line, row->scored.hypothesis);
    const oss_edits *words = &row->scored.score.words;
    oss_strbuf_printf(&line, "%lld\t%lld\t%lld\n", (long long)words->substitutions,
                      (long long)words->deletions, (long long)words->insertions);
    oss_status status = oss_strbuf_ok(&line) ? OSS_OK : OSS_ENOMEM;
    if (status == OSS_OK) {
        oss_writer_put(&eval->hyp, line.data, line.length);
    }
    oss_strbuf_deinit(&line);
    return status;
}

static void name_infeasible(const evaluation *eval, const oss_eval_row *row) {
    const oss_row_score *score = &row->scored.score;
    if (score->feasible || eval->score.infeasible >= NAMED_INFEASIBLE) {
        return;
    }
    oss_log_warn(
        "%s:%lld: row %lld: %s: its text needs %d frames and the audio gives %d: left out of the loss",
        eval->csv_path, (long long)row->csv.line, (long long)row->csv.number, row->csv.wav,
        score->frames_needed, score->frames_given);
}

static oss_status count_row(evaluation *eval, const oss_eval_row *row) {
    if (row->status != OSS_OK) {
        (void)oss_eval_row_fail(row);
        if (!oss_cli_is_of_one(row->status)) {
            return row->status;
        }
        oss_cli_fail_one(eval->args, row->status, &eval->failed);
        eval->failure = row->status;
        return OSS_OK;
    }
    name_infeasible(eval, row);
    oss_status status = oss_cli_reads(eval->args, row->csv.path);
    if (status == OSS_OK) {
        status = write_hypothesis(eval, row);
    }
    if (status == OSS_OK) {
        oss_score_add(&eval->score, &row->scored.score);
        eval->audio_seconds += row->scored.audio_seconds;
    }
    return status;
}

static oss_status score_rows(evaluation *eval) {
    double begin = oss_clock_seconds();
    const oss_eval_row *row = NULL;
    do {
        oss_status status = oss_eval_rows_next(eval->rows, &row);
        if (status == OSS_OK && row != NULL) {
            status = count_row(eval, row);
        }
        if (status != OSS_OK) {
            return status;
        }
    } while (row != NULL);
    eval->wall_seconds = oss_clock_seconds() - begin;
    if (eval->score.infeasible > NAMED_INFEASIBLE) {
        oss_log_warn("%s: %lld rows in all have a text that does not fit into their frames", eval->csv_path,
                     (long long)eval->score.infeasible);
    }
    if (eval->score.rows > 0) {
        return OSS_OK;
    }
    return eval->failed == 0 ? oss_fail(OSS_EINPUT, "%s: has no rows", eval->csv_path)
                             : oss_fail(eval->failure, "%s: no row could be scored", eval->csv_path);
}

/* ---- Results ---- */

static double realtime_factor(const evaluation *eval) {
    return eval->wall_seconds > 0.0 ? eval->audio_seconds / eval->wall_seconds : 0.0;
}

static oss_status print_json(const evaluation *eval) {
    const oss_score *score = &eval->score;
    oss_json *object = oss_json_object();
    oss_json_add_integer(object, "utterances", score->rows);
    oss_json_add_integer(object, "words", score->words.reference);
    oss_json_add_integer(object, "characters", score->characters.reference);
    oss_json_add_number(object, "wer", oss_edits_rate(&score->words));
    oss_json_add_number(object, "cer", oss_edits_rate(&score->characters));
    oss_json_add_integer(object, "substitutions", score->words.substitutions);
    oss_json_add_integer(object, "deletions", score->words.deletions);
    oss_json_add_integer(object, "insertions", score->words.insertions);
    double loss = oss_score_loss(score);
    if (isfinite(loss)) {
        oss_json_add_number(object, "loss", loss);
    } else {
        oss_json_add_null(object, "loss");
    }
    oss_json_add_integer(object, "infeasible", score->infeasible);
    oss_json_add_number(object, "audio_seconds", eval->audio_seconds);
    oss_json_add_number(object, "wall_seconds", eval->wall_seconds);
    oss_json_add_number(object, "realtime_factor", realtime_factor(eval));
    oss_json_add_integer(object, "failed", eval->failed);
    if (eval->decoding.beam_width > 0) {
        oss_cli_add_decoding(object, &eval->asked, &eval->decoding);
    }
    return oss_cli_print_json(object);
}

static void print_rate(const char *name, const oss_edits *edits, const char *unit) {
    oss_cli_print("%-17s%8.2f %%  %lld substitutions, %lld deletions, %lld insertions in %lld %s\n", name,
                  100.0 * oss_edits_rate(edits), (long long)edits->substitutions, (long long)edits->deletions,
                  (long long)edits->insertions, (long long)edits->reference, unit);
}

static void print_decoding(const oss_decoding_options *used) {
    if (used->beam_width == 0) {
        return;
    }
    oss_cli_print("%-17s%8d\n", "beam", used->beam_width);
    if (used->lm != NULL) {
        oss_cli_print("%-17s%8g\n%-17s%8g\n%-17s%8g\n%-17s%8g\n", "lm_weight", used->lm_weight, "word_bonus",
                      used->word_bonus, "unknown_penalty", used->unknown_penalty, "prior_weight",
                      used->prior_weight);
    }
}

static void print_table(const evaluation *eval) {
    const oss_score *score = &eval->score;
    oss_cli_print("%-17s%8lld\n", "utterances", (long long)score->rows);
    print_rate("wer", &score->words, "words");
    print_rate("cer", &score->characters, "characters");
    double loss = oss_score_loss(score);
    if (isfinite(loss)) {
        oss_cli_print("%-17s%8.4f    nats a symbol\n", "loss", loss);
    } else {
        oss_cli_print("%-17s%8s\n", "loss", "-");
    }
    oss_cli_print("%-17s%8lld\n", "infeasible", (long long)score->infeasible);
    oss_cli_print("%-17s%8lld\n", "failed", (long long)eval->failed);
    oss_cli_print("%-17s%8.1f s\n", "audio_seconds", eval->audio_seconds);
    oss_cli_print("%-17s%8.2f s\n", "wall_seconds", eval->wall_seconds);
    oss_cli_print("%-17s%8.1f\n", "realtime_factor", realtime_factor(eval));
    print_decoding(&eval->decoding);
}

/* ---- The command ---- */

static oss_status open_hypotheses(evaluation *eval) {
    static const char header[] = "wav\tref\thyp\tS\tD\tI\n";
    const char *path = oss_cli_value(eval->args, "--hyp");
    if (path == NULL) {
        return OSS_OK;
    }
    oss_status status = oss_writer_open(&eval->hyp, path);
    if (status == OSS_OK) {
        oss_writer_put(&eval->hyp, header, strlen(header));
    }
    return status;
}

static oss_status evaluate(evaluation *eval) {
    oss_data_format format = OSS_DATA_AUTO;
    oss_recognizer_options settings = {.size = sizeof settings,
                                       .keep_level = oss_cli_has(eval->args, "--keep-level")};
    char *model_path = NULL;
    double max_seconds = 0.0;
    oss_status status = oss_cli_threads(eval->args, &settings.threads);
    if (status == OSS_OK) {
        status = oss_cli_max_seconds(eval->args, &max_seconds);
    }
    if (status == OSS_OK) {
        status = oss_cli_precision(eval->args, &settings.precision);
    }
    if (status == OSS_OK) {
        status = oss_cli_chunks(eval->args, &settings.chunk_seconds, &settings.left_seconds);
    }
    if (status == OSS_OK) {
        status = oss_cli_read_decoding(eval->args, &eval->asked);
    }
    if (status == OSS_OK) {
        status = oss_cli_model(&model_path, eval->args);
    }
    if (status == OSS_OK) {
        status = oss_cli_data_format(eval->args, &format);
    }
    if (status == OSS_OK) {
        status = oss_eval_rows_create(&eval->rows, model_path, eval->csv_path, format, &settings,
                                      &eval->asked, max_seconds);
    }
    oss_free(model_path);
    if (status == OSS_OK) {
        status = oss_cli_get_decoding(&eval->asked, oss_eval_rows_recognizer(eval->rows), &eval->decoding);
    }
    if (status == OSS_OK) {
        status = open_hypotheses(eval);
    }
    if (status == OSS_OK) {
        status = score_rows(eval);
    }
    if (status == OSS_OK && oss_cli_has(eval->args, "--hyp")) {
        status = oss_writer_commit(&eval->hyp);
    }
    return status;
}

static int run_eval(const oss_cli_args *args) {
    evaluation eval = {
        .args = args, .csv_path = oss_cli_value(args, "--csv"), .decoding = oss_decoding_options_init()};
    oss_status status = oss_cli_confine(args);
    if (status == OSS_OK) {
        status = evaluate(&eval);
    }
    oss_cli_tell_failed(eval.failed);
    if (status == OSS_OK && oss_cli_has(args, "--json")) {
        status = print_json(&eval);
    } else if (status == OSS_OK) {
        print_table(&eval);
    }
    int code = status != OSS_OK ? oss_cli_fail(args, status) : eval.failed > 0;
    oss_writer_abort(&eval.hyp);
    oss_eval_rows_free(eval.rows);
    return code;
}

const oss_cli_command oss_command_eval = {
    .name = "eval",
    .summary = "score a model on recordings with transcripts: word and character error rates, loss",
    .details =
        "Both sides are normalised as in training (NFC, case, white space). Word and character error rates "
        "are fractions of the whole corpus's words and code points; loss is the mean of -ln "
        "p(text)/symbols over the rows whose text fits into their frames; `infeasible` counts the others, "
        "which still count in the rates. realtime_factor is audio_seconds / wall_seconds (100: a hundred "
        "times faster than speech). A row that cannot be read is named on standard error (20 of them at most) and counted in "
        "`failed`; the rest is scored, exit 1 (3 when no row could be scored, 4 when memory was short for them).\n\n"
        "--json prints utterances words characters wer cer substitutions deletions insertions loss "
        "infeasible audio_seconds wall_seconds realtime_factor failed; substitutions, deletions and "
        "insertions are of words; loss is null when no row is feasible. With a search (--lm, --beam, --hotwords, "
        "--rescore-lm) `decoding` says with what: beam lm lm_weight unknown_penalty word_bonus and so on; loss is of "
        "the model alone.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_eval};
