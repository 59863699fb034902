/* ossicle tune: weights, bonus and penalty of a language model, by recordings with transcripts. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/cli_data.h"
#include "cli/cli_decoding.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/tune_rows.h"
#include "decode/beam.h"
#include "ngram/pack.h"

static const oss_cli_option options[] = {
    OSS_CLI_MODEL_OPTION,
    {.name = "--csv",
     .value = OSS_CLI_DATA,
     .help = "recordings and their transcripts, as for training, that neither model was made of",
     .required = true},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--lm",
     .value = "FILE",
     .help = "language model of `ossicle lm build`, in which what is best is stored",
     .required = true},
    OSS_CLI_SYMBOL_LM_OPTION,
    {.name = "--beam", .value = "N", .help = "hypotheses to keep, 1 to 4096 (default 256)"},
    {.name = "--unknown-penalty",
     .value = "X",
     .help = "added for a word that the language model does not know (default: tuned too)"},
    {.name = "--prior-weight",
     .value = "X",
     .help =
         "how much of what the language model says of symbols by themselves is taken off the network's outputs, from 0 "
         "(default: tuned too)"},
    {.name = "--metric",
     .value = "NAME",
     .help = "what is to be least: wer, cer, or both, their sum (default wer)"},
    {.name = "--dry-run", .help = "store nothing"},
    {.name = "--json", .help = "print one JSON object instead of a table"},
    {.name = "--precision", .value = "P", .help = "fp32, bf16 or int8 products (default fp32)"},
    OSS_CLI_LEVEL_OPTION,
    OSS_CLI_MAX_SECONDS_OPTION,
    {.name = "--threads",
     .value = "N",
     .help =
         "rows to work on at the same time (default: as many as processors); the results are the same with any number"},
};

/* Steps of the search: halved three times. */
static const double first_weight_step = 0.4, first_bonus_step = 2.0, first_penalty_step = 4.0,
                    first_prior_step = 0.4;
enum { HALVINGS = 3, MOST_TRIALS = 200 };

typedef struct trial {
    double lm_weight, word_bonus, unknown_penalty, prior_weight;
    oss_tune_score score;
} trial;

typedef struct tuning_run {
    const oss_cli_args *args;
    oss_tune_rows *rows;
    oss_decoding_options options;    /* without defaults; the numbers of the trial in hand */
    int32_t metric;                  /* of metric_name */
    bool knows_words;                /* so that there are unknown ones */
    bool tunes_penalty, tunes_prior; /* else they stay what they are */
    oss_tune_score greedy;
    trial tried[MOST_TRIALS];
    int32_t trials, best; /* tried[best] */
} tuning_run;

/* ---- Trials ---- */

enum { METRICS = 3 };
static const char *const metric_name[METRICS] = {"wer", "cer", "both"};

static double rate_of(const tuning_run *run, const oss_tune_score *score) {
    double wer = oss_edits_rate(&score->words), cer = oss_edits_rate(&score->characters);
    return run->metric == 0 ? wer : run->metric == 1 ? cer : wer + cer;
}

static void print_trial(const tuning_run *run, const trial *t) {
    if (!oss_cli_has(run->args, "--json")) {
        oss_cli_print("%9.3f %10.3f %15.3f %12.3f %8.2f %% %8.2f %%\n", t->lm_weight, t->word_bonus,
                      t->unknown_penalty, t->prior_weight, 100.0 * oss_edits_rate(&t->score.words),
                      100.0 * oss_edits_rate(&t->score.characters));
    }
}

/* Of equally good ones the first stays the best. Numbers have the digits that steps leave them. */
static oss_status try_numbers(tuning_run *run, double near_weight, double near_bonus, double near_penalty,
                              double near_prior) {
    const trial wanted = {.lm_weight = round(near_weight * 1e3) / 1e3,
                          .word_bonus = round(near_bonus * 1e3) / 1e3,
                          .unknown_penalty = round(near_penalty * 1e3) / 1e3,
                          .prior_weight = round(near_prior * 1e3) / 1e3};
    for (int32_t i = 0; i < run->trials; i++) {
        const trial *before = &run->tried[i];
        if (before->lm_weight == wanted.lm_weight && before->word_bonus == wanted.word_bonus &&
            before->unknown_penalty == wanted.unknown_penalty &&
            before->prior_weight == wanted.prior_weight) {
            return OSS_OK;
        }
    }
    if (wanted.lm_weight < 0.0 || wanted.prior_weight < 0.0 || run->trials == MOST_TRIALS) {
        return OSS_OK;
    }
    trial *t = &run->tried[run->trials];
    *t = wanted;
    run->options.lm_weight = wanted.lm_weight;
    run->options.word_bonus = wanted.word_bonus;
    run->options.unknown_penalty = wanted.unknown_penalty;
    run->options.prior_weight = wanted.prior_weight;
    run->options.zeros |= OSS_DECODING_LM_WEIGHT | OSS_DECODING_WORD_BONUS | OSS_DECODING_UNKNOWN_PENALTY |
                          OSS_DECODING_PRIOR_WEIGHT;
    oss_status status = oss_tune_rows_score(run->rows, &run->options, &t->score);
    if (status != OSS_OK) {
        return status;
    }
    bool better = run->trials == 0 || rate_of(run, &t->score) < rate_of(run, &run->tried[run->best].score);
    run->best = better ? run->trials : run->best;
    run->trials++;
    print_trial(run, t);
    return oss_cli_flush();
}

/* The eight neighbours of the best one in weight and bonus, which depend on each other, and two each with another penalty and another
 * weight of priors, as long as one of them is better; `step` is a part of the first steps. */
static oss_status search_around(tuning_run *run, double step) {
    oss_status status = OSS_OK;
    int32_t before = -1;
    while (before != run->best && run->trials < MOST_TRIALS && status == OSS_OK) {
        const trial from = run->tried[run->best];
        before = run->best;
        for (int32_t i = 0; i < 9 && status == OSS_OK; i++) {
            status = try_numbers(run, from.lm_weight + (i / 3 - 1) * step * first_weight_step,
                                 from.word_bonus + (i % 3 - 1) * step * first_bonus_step,
                                 from.unknown_penalty, from.prior_weight);
        }
        for (int32_t i = -1; i <= 1 && status == OSS_OK && run->tunes_penalty; i += 2) {
            status = try_numbers(run, from.lm_weight, from.word_bonus,
                                 from.unknown_penalty + i * step * first_penalty_step, from.prior_weight);
        }
        for (int32_t i = -1; i <= 1 && status == OSS_OK && run->tunes_prior; i += 2) {
            status = try_numbers(run, from.lm_weight, from.word_bonus, from.unknown_penalty,
                                 from.prior_weight + i * step * first_prior_step);
        }
    }
    return status;
}

/* Compass search (Kolda, Lewis and Torczon 2003) from the defaults: rates are steps, and have no slope. */
static oss_status search(tuning_run *run) {
    const oss_beam_options known = oss_beam_defaults();
    const double penalty = run->tunes_penalty ? known.unknown_penalty : run->options.unknown_penalty;
    const double prior = run->tunes_prior ? known.prior_weight : run->options.prior_weight;
    oss_status status = try_numbers(run, known.lm_weight, known.word_bonus, penalty, prior);
    double step = 1.0;
    for (int32_t i = 0; i <= HALVINGS && status == OSS_OK; i++) {
        status = search_around(run, step);
        step *= 0.5;
    }
    return status;
}

/* ---- Results ---- */

static void add_rates(oss_json *object, const oss_tune_score *score) {
    oss_json_add_number(object, "wer", oss_edits_rate(&score->words));
    oss_json_add_number(object, "cer", oss_edits_rate(&score->characters));
}

static void add_trial(oss_json *object, const trial *t) {
    oss_json_add_number(object, "lm_weight", t->lm_weight);
    oss_json_add_number(object, "word_bonus", t->word_bonus);
    oss_json_add_number(object, "unknown_penalty", t->unknown_penalty);
    oss_json_add_number(object, "prior_weight", t->prior_weight);
    add_rates(object, &t->score);
}

static oss_status print_json(const tuning_run *run, bool stored) {
    oss_json *object = oss_json_object();
    oss_json_add_integer(object, "rows", oss_tune_rows_count(run->rows));
    oss_json_add_integer(object, "failed", oss_tune_rows_failed(run->rows));
    oss_json_add_string(object, "lm", oss_cli_value(run->args, "--lm"));
    if (run->options.symbol_lm != NULL) {
        oss_json_add_string(object, "symbol_lm", run->options.symbol_lm);
    }
    oss_json_add_integer(object, "beam", run->options.beam_width);
    oss_json_add_string(object, "metric", metric_name[run->metric]);
    add_rates(oss_json_add_object(object, "greedy"), &run->greedy);
    oss_json *tried = oss_json_add_array(object, "tried");
    for (int32_t i = 0; i < run->trials; i++) {
        add_trial(oss_json_add_object(tried, NULL), &run->tried[i]);
    }
    add_trial(oss_json_add_object(object, "best"), &run->tried[run->best]);
    oss_json_add_bool(object, "stored", stored);
    return oss_cli_print_json(object);
}

static oss_status print_results(const tuning_run *run, bool stored) {
    if (oss_cli_has(run->args, "--json")) {
        return print_json(run, stored);
    }
    const trial *best = &run->tried[run->best];
    oss_cli_print("best: --lm-weight %g --word-bonus %g", best->lm_weight, best->word_bonus);
    if (run->knows_words) {
        oss_cli_print(" --unknown-penalty %g", best->unknown_penalty);
    }
    oss_cli_print(" --prior-weight %g, wer %.2f %%, cer %.2f %% (greedy %.2f %%, %.2f %%)%s%s\n",
                  best->prior_weight, 100.0 * oss_edits_rate(&best->score.words),
                  100.0 * oss_edits_rate(&best->score.characters), 100.0 * oss_edits_rate(&run->greedy.words),
                  100.0 * oss_edits_rate(&run->greedy.characters), stored ? ", stored in " : "",
                  stored ? oss_cli_value(run->args, "--lm") : "");
    return OSS_OK;
}

/* ---- The command ---- */

/* Whether a tuning can be stored shows before the work begins. */
static oss_status check_file(const char *path) {
    oss_ngram *ngram = NULL;
    oss_status status = oss_ngram_load(&ngram, path);
    if (status == OSS_OK) {
        const oss_ngram_tuning tuning = oss_ngram_get_tuning(ngram);
        oss_ngram_free(ngram);
        status = oss_ngram_save_tuning(path, &tuning);
        if (status == OSS_EINPUT) { /* it could be read, so it is an ARPA file */
            status = oss_fail(
                OSS_EINPUT,
                "%s has no room for what is found: make a file of our own with ossicle lm convert, or "
                "see what is found with --dry-run",
                path);
        }
    }
    return status;
}

static oss_status store(const tuning_run *run) {
    const trial *best = &run->tried[run->best];
    const oss_ngram_tuning tuning = {.tuned = true,
                                     .has_penalty = run->knows_words,
                                     .lm_weight = best->lm_weight,
                                     .word_bonus = best->word_bonus,
                                     .unknown_penalty = best->unknown_penalty,
                                     .prior_weight = best->prior_weight};
    return oss_ngram_save_tuning(oss_cli_value(run->args, "--lm"), &tuning);
}

static oss_status read_options(tuning_run *run, oss_decoding_options *out) {
    int64_t width = 0;
    *out = oss_decoding_options_init();
    out->lm = oss_cli_value(run->args, "--lm");
    out->symbol_lm = oss_cli_value(run->args, "--symbol-lm");
    oss_status status = oss_cli_choice(run->args, "--metric", metric_name, METRICS, &run->metric);
    if (status == OSS_OK) {
        status = oss_cli_integer(run->args, "--beam", 1, 4096, 0, &width);
    }
    if (status == OSS_OK) {
        status = oss_cli_number(run->args, "--unknown-penalty", -1000.0, 1000.0, &out->unknown_penalty);
    }
    if (status == OSS_OK) {
        status = oss_cli_number(run->args, "--prior-weight", 0.0, 1000.0, &out->prior_weight);
    }
    out->beam_width = (int32_t)width;
    out->zeros = (oss_cli_has(run->args, "--unknown-penalty") ? OSS_DECODING_UNKNOWN_PENALTY : 0) |
                 (oss_cli_has(run->args, "--prior-weight") ? OSS_DECODING_PRIOR_WEIGHT : 0);
    return status;
}

static oss_status load(tuning_run *run) {
    oss_decoding_options asked;
    char *model_path = NULL;
    oss_status status = read_options(run, &asked);
    if (status == OSS_OK && !oss_cli_has(run->args, "--dry-run")) {
        status = check_file(asked.lm);
    }
    if (status == OSS_OK) {
        status = oss_cli_model(&model_path, run->args);
    }
    if (status == OSS_OK) {
        status = oss_tune_rows_create(&run->rows, run->args, model_path, &asked, &run->greedy);
    }
    oss_free(model_path);
    if (status == OSS_OK) {
        run->knows_words = oss_tune_rows_know_words(run->rows);
        run->tunes_prior = !oss_cli_has(run->args, "--prior-weight");
        run->tunes_penalty = run->knows_words && !oss_cli_has(run->args, "--unknown-penalty");
        status = oss_tune_rows_get(run->rows, &run->options);
    }
    if (status == OSS_OK && !run->knows_words && oss_cli_has(run->args, "--unknown-penalty")) {
        status = oss_cli_refuse_penalty(run->options.lm);
    }
    return status;
}

static oss_status tune(tuning_run *run) {
    bool stores = !oss_cli_has(run->args, "--dry-run");
    oss_status status = load(run);
    if (status == OSS_OK && !oss_cli_has(run->args, "--json")) {
        oss_cli_print("lm_weight word_bonus unknown_penalty prior_weight       wer        cer\n");
    }
    if (status == OSS_OK) {
        status = search(run);
    }
    if (status == OSS_OK && stores) {
        status = store(run);
    }
    return status == OSS_OK ? print_results(run, stores) : status;
}

static int run_tune(const oss_cli_args *args) {
    tuning_run *run = oss_alloc_zero(1, sizeof *run);
    oss_status status = run == NULL ? OSS_ENOMEM : OSS_OK;
    int64_t failed = 0;
    if (status == OSS_OK) {
        run->args = args;
        status = tune(run);
        failed = status == OSS_OK ? oss_tune_rows_failed(run->rows) : 0;
        oss_tune_rows_free(run->rows);
    }
    oss_free(run);
    return status != OSS_OK ? oss_cli_fail(args, status) : failed > 0;
}

const oss_cli_command oss_command_tune = {
    .name = "tune",
    .summary =
        "find weights, word bonus and unknown penalty of a language model on recordings with transcripts",
    .details =
        "The recordings are encoded once and searched again and again: from the defaults, 0.5, 1.5, -10 and 0, to where "
        "no neighbour is better, in steps that end at 0.05, 0.25, 0.5 and 0.05. Each line is what was tried, with the word and character "
        "error rates of all rows. The best is stored in the language model's file, which is written whole or "
        "not at all, and holds from then on wherever --lm names the file without --lm-weight, --word-bonus, --unknown-penalty and --prior-weight. --unknown-penalty X and --prior-weight X leave theirs at X, and store it. An ARPA file has no "
        "room for it: --dry-run only prints.\n\n"
        "A few hundred recordings are enough. They should be of the kind that is to be recognised, and not those that "
        "the model was trained on. A row that cannot be read is named on standard error (20 of them at most) and left out, exit 1.\n\n"
        "--json prints rows failed lm symbol_lm (with it) beam metric greedy (wer cer) tried (a list of lm_weight "
        "word_bonus unknown_penalty prior_weight wer cer) best stored.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_tune};
