/* ossicle report: what a run of `ossicle train` has reached. */
#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/commands.h"
#include "report/run_summary.h"

enum { MAX_FIELDS = 64 };

static const oss_cli_option options[] = {
    {.name = "--json", .help = "print one JSON object instead of a table"},
    {.name = "--field",
     .value = "NAME",
     .help = "print this member of that object alone; of several, one line with tabs between them",
     .repeats = true},
    {.name = "--from",
     .value = "STEP",
     .help = "leave out what was before STEP, which may have been slower than the rest (default 1)"},
};

/* ---- Fields ---- */

static oss_status refuse_field(const oss_json *object, const char *name) {
    const char *word[MAX_FIELDS];
    int32_t words = 0;
    for (const oss_json *at = oss_json_first(object); at != NULL && words < MAX_FIELDS;
         at = oss_json_next(at)) {
        word[words++] = oss_json_key(at);
    }
    const char *nearest = oss_cli_nearest(name, word, words);
    return nearest != NULL ? oss_fail(OSS_EUSAGE, "--field %s: did you mean %s?", name, nearest)
                           : oss_fail(OSS_EUSAGE, "--field %s: there is none; --json shows all", name);
}

static oss_status append_field(oss_strbuf *line, const oss_json *value) {
    char *text = NULL;
    if (oss_json_is(value, OSS_JSON_STRING)) {
        oss_strbuf_append(line, oss_json_string(value));
        return OSS_OK;
    }
    oss_status status = oss_json_print(&text, value, OSS_JSON_LINE);
    if (status == OSS_OK) {
        oss_strbuf_append(line, text);
    }
    oss_free(text);
    return status;
}

static oss_status print_fields(const oss_cli_args *args, const oss_json *object) {
    oss_strbuf line = {0};
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < oss_cli_count(args, "--field") && status == OSS_OK; i++) {
        const char *name = oss_cli_value_at(args, "--field", i);
        const oss_json *value = oss_json_get(object, name);
        oss_strbuf_append(&line, i > 0 ? "\t" : "");
        status = value == NULL ? refuse_field(object, name) : append_field(&line, value);
    }
    char *text = oss_strbuf_take(&line);
    if (status == OSS_OK) {
        status = text == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        oss_cli_print("%s\n", text);
    }
    oss_free(text);
    return status;
}

/* ---- The table ---- */

static void print_score(const char *name, const oss_run_score *score) {
    if (score->step > 0) {
        oss_cli_print("%-12sCER %.4f, WER %.4f at step %lld\n", name, score->cer, score->wer,
                      (long long)score->step);
    } else {
        oss_cli_print("%-12snone yet\n", name);
    }
}

static void print_pace(const oss_run_metrics *m) {
    oss_cli_print("%-12s%.1f minutes in %.1f s of training", "audio", m->audio_seconds / 60.0,
                  m->train_seconds);
    if (m->train_seconds > 0) {
        oss_cli_print(" (%.0fx), %.1f%% of them waiting for data", m->audio_seconds / m->train_seconds,
                      100.0 * m->wait_seconds / m->train_seconds);
    }
    oss_cli_print("\n%-12s%lld, %.1f s\n", "scorings", (long long)m->evals, m->eval_seconds);
}

static void print_table(const oss_run_summary *s) {
    const oss_run_metrics *m = &s->metrics;
    oss_cli_print("%-12s%lld of %lld, epoch %lld", "steps", (long long)m->step, (long long)s->max_steps,
                  (long long)m->epoch);
    if (m->skipped_steps > 0) {
        oss_cli_print("; %lld skipped, whose loss or gradient was not finite", (long long)m->skipped_steps);
    }
    oss_cli_print("\n");
    print_pace(m);
    if (isfinite(m->loss)) {
        bool judged = m->course[0] != '\0';
        oss_cli_print("%-12s%.4f%s%s%s\n", "loss", m->loss, judged ? " (" : "", m->course, judged ? ")" : "");
    }
    print_score("best", &m->best);
    print_score("last", &m->last);
    if (s->parameters >= 0) {
        oss_cli_print("%-12s%lld\n", "parameters", (long long)s->parameters);
    }
    oss_cli_print_line("%-12s%s", "checkpoint", s->latest == NULL ? "none yet" : s->latest);
}

/* ---- The command ---- */

static oss_status print_summary(const oss_cli_args *args, const oss_run_summary *summary) {
    bool fields = oss_cli_has(args, "--field");
    if (!fields && !oss_cli_has(args, "--json")) {
        print_table(summary);
        return OSS_OK;
    }
    oss_json *object = oss_run_summary_json(summary);
    if (!fields) {
        return oss_cli_print_json(object);
    }
    oss_status status = object == NULL ? OSS_ENOMEM : print_fields(args, object);
    oss_json_free(object);
    return status;
}

static int run_report(const oss_cli_args *args) {
    int64_t from = 1;
    oss_run_summary summary = {0};
    oss_status status = oss_cli_integer(args, "--from", 1, UINT32_MAX, 1, &from);
    if (status == OSS_OK && oss_cli_has(args, "--field") && oss_cli_has(args, "--json")) {
        status = oss_fail(OSS_EUSAGE, "--field prints values and --json an object: choose one of them");
    }
    if (status == OSS_OK) {
        status = oss_run_summary_read(&summary, oss_cli_operand(args, 0), from);
    }
    if (status == OSS_OK) {
        status = print_summary(args, &summary);
        oss_run_summary_deinit(&summary);
    }
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_report = {
    .name = "report",
    .summary = "what a run of training has reached: steps, time, loss, best and last scores",
    .operands = "RUN",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "RUN: a run folder, of a run that is over, stopped or still training. Reads its metrics.jsonl, "
        "config.json and checkpoints. Lines of metrics.jsonl that are not the trainer's are left out, with "
        "a warning.\n\n"
        "--json prints steps max_steps epoch skipped_steps loss course audio_seconds train_seconds "
        "wait_seconds eval_seconds wall_seconds realtime_factor evals best_step best_cer best_wer best_loss "
        "last_step last_cer last_wer last_loss parameters latest_checkpoint best_checkpoint lines_skipped. "
        "What there is not yet is null.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_report};
