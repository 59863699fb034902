/* ossicle score: word and character error rates of transcripts. */
#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "cli/score_report.h"

enum { SYSTEMS = OSS_SCORE_MOST_SYSTEMS, SAMPLES = 1000 };

#define FORMS "trn, stm, ctm, csv, tsv, jsonl, json or txt"

static const oss_cli_option options[] = {
    {.name = "--ref",
     .value = "FILE",
     .help = "what was said, as " FORMS "; - is standard input",
     .required = true},
    {.name = "--hyp",
     .value = "FILE",
     .help = "what was recognised; twice: two systems, which are compared",
     .required = true,
     .repeats = true},
    {.name = "--ref-format",
     .value = "NAME",
     .help = "form of the reference (default: what its name ends with)"},
    {.name = "--hyp-format", .value = "NAME", .help = "the same of all hypotheses"},
    {.name = "--counts",
     .value = "NAME",
     .help =
         "which alignment counts and is shown: sclite (default) or levenshtein, the fewest errors, as eval "
         "and jiwer count"},
    {.name = "--case",
     .value = "CASE",
     .help =
         "ascii (default): A to Z are a to z, as sclite has it; keep: as sclite -s; lower: normalised as eval "
         "does it"},
    {.name = "--optional-words", .help = "words in round brackets may be left out (sclite -D)"},
    {.name = "--fragments",
     .help = "a fragment, as in `frag-`, is right for a word that begins so (sclite -F)"},
    {.name = "--missing",
     .value = "WHAT",
     .help = "utterances that are not in all files: error (default), empty (nothing was recognised) or skip"},
    {.name = "--by-line", .help = "pair the first with the first and so on, whatever their ids"},
    {.name = "--id-column",
     .value = "NAME",
     .help = "column or member with the ids (default: id, wav, path, file...)"},
    {.name = "--ref-column",
     .value = "NAME",
     .help = "with the reference's text (default: ref, text, sentence...)"},
    {.name = "--hyp-column",
     .value = "NAME",
     .help = "with the hypothesis' text (default: hyp, pred_text, text...)"},
    {.name = "--speaker-column",
     .value = "NAME",
     .help = "with the speakers (default: speaker, client_id...)"},
    {.name = "--alignments", .help = "print every utterance, what was heard below what was said"},
    {.name = "--confusions", .value = "N", .help = "print the N most frequent errors of each kind"},
    {.name = "--html", .value = "OUT.html", .help = "write a page on which errors are coloured"},
    {.name = "--bootstrap",
     .value = "N",
     .help = "samples for the intervals, 40 to 1000000 (default 1000; 0: none)"},
    {.name = "--seed", .value = "N", .help = "seed that they are drawn with (default 1)"},
    {.name = "--json", .help = "print one JSON object instead of a table"},
};

typedef struct scoring {
    const oss_cli_args *args;
    int32_t systems;
    oss_transcripts reference, hypothesis[SYSTEMS];
    oss_score_pairs pairs;
    oss_score_pairs_options pairing;
    oss_scoreboard board;
    oss_bootstrap bootstrap;
    oss_mapsswe mapsswe;
    oss_score_report report;
    int64_t samples, seed;
} scoring;

/* ---- Options ---- */

static oss_status read_words(scoring *s) {
    static const char *const letters[] = {"ascii", "keep", "lower"};
    static const char *const missing[] = {"error", "empty", "skip"};
    static const char *const counts[] = {"sclite", "levenshtein"};
    int32_t which[3] = {0};
    oss_status status = oss_cli_choice(s->args, "--case", letters, 3, &which[0]);
    if (status == OSS_OK) {
        status = oss_cli_choice(s->args, "--missing", missing, 3, &which[1]);
    }
    if (status == OSS_OK) {
        status = oss_cli_choice(s->args, "--counts", counts, 2, &which[2]);
    }
    s->pairing = (oss_score_pairs_options){.by_line = oss_cli_has(s->args, "--by-line"),
                                           .missing = (oss_score_missing)which[1],
                                           .letters = (oss_score_case)which[0]};
    s->report.by_levenshtein = which[2] == 1;
    s->report.keeps_case = which[0] == 1;
    return status;
}

static oss_status read_options(scoring *s) {
    int64_t confusions = 0;
    s->systems = oss_cli_count(s->args, "--hyp");
    oss_status status = s->systems > SYSTEMS
                            ? oss_fail(OSS_EUSAGE, "--hyp: %d files, but at most %d are compared",
                                       (int)s->systems, (int)SYSTEMS)
                            : read_words(s);
    if (status == OSS_OK) {
        status = oss_cli_integer(s->args, "--confusions", 1, INT32_MAX, 0, &confusions);
    }
    if (status == OSS_OK) {
        status = oss_cli_integer(s->args, "--bootstrap", 0, 1000000, SAMPLES, &s->samples);
    }
    if (status == OSS_OK && s->samples > 0 && s->samples < 40) {
        status =
            oss_fail(OSS_EUSAGE, "--bootstrap %lld: fewer than 40 samples have no 2.5 %%: choose more, or 0",
                     (long long)s->samples);
    }
    if (status == OSS_OK) {
        status = oss_cli_integer(s->args, "--seed", 0, INT64_MAX, 1, &s->seed);
    }
    s->report.confusions = (int32_t)confusions;
    s->report.alignments = oss_cli_has(s->args, "--alignments");
    return status;
}

/* ---- Options that say nothing here ---- */

/* A pipe is read once. */
static oss_status check_input(const oss_cli_args *args) {
    int32_t inputs = strcmp(oss_cli_value(args, "--ref"), "-") == 0;
    for (int32_t i = 0; i < oss_cli_count(args, "--hyp"); i++) {
        inputs += strcmp(oss_cli_value_at(args, "--hyp", i), "-") == 0;
    }
    return inputs > 1 ? oss_fail(OSS_EUSAGE,
                                 "--ref and --hyp: standard input is %d of them: name a file for "
                                 "all but one",
                                 (int)inputs)
                      : OSS_OK;
}

static bool has_columns(const oss_transcripts *t) {
    return !oss_transcripts_is_nist(t->form) && t->form != OSS_TRANSCRIPTS_TXT;
}

/* What an option speaks of must be there. */
static oss_status check_options(const scoring *s) {
    bool nist = oss_transcripts_is_nist(s->reference.form), hypothesis = false;
    const bool reference = has_columns(&s->reference);
    for (int32_t i = 0; i < s->systems; i++) {
        nist = nist || oss_transcripts_is_nist(s->hypothesis[i].form);
        hypothesis = hypothesis || has_columns(&s->hypothesis[i]);
    }
    const struct {
        const char *option, *needs;
        bool has;
    } rules[] = {{"--id-column", "a file with columns or members", reference || hypothesis},
                 {"--ref-column", "a reference with columns or members", reference},
                 {"--speaker-column", "a reference with columns or members", reference},
                 {"--hyp-column", "a hypothesis with columns or members", hypothesis},
                 {"--optional-words", "trn, stm or ctm", nist},
                 {"--fragments", "trn, stm or ctm", nist},
                 {"--missing", "ids, so not with --by-line", !s->pairing.by_line},
                 {"--seed", "samples, so not with --bootstrap 0", s->samples > 0}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (oss_cli_has(s->args, rules[i].option) && !rules[i].has) {
            return oss_fail(OSS_EUSAGE, "%s goes with %s", rules[i].option, rules[i].needs);
        }
    }
    return OSS_OK;
}

/* ---- Files ---- */

static oss_status find_form(const scoring *s, const char *option, const char *path,
                            oss_transcripts_form *out) {
    int32_t form = 0;
    if (!oss_cli_has(s->args, option)) {
        oss_status status = oss_transcripts_form_of(path, out);
        return status == OSS_OK ? status : oss_fail(status, "%s: say with %s", oss_last_error(), option);
    }
    oss_status status =
        oss_cli_choice(s->args, option, oss_transcripts_form_name, OSS_TRANSCRIPTS_FORMS, &form);
    *out = (oss_transcripts_form)form;
    return status;
}

static oss_status load_file(scoring *s, oss_transcripts *into, const char *operand, bool is_reference) {
    oss_transcripts_options o = {.is_reference = is_reference,
                                 .by_line = s->pairing.by_line,
                                 .letters = s->pairing.letters,
                                 .id = oss_cli_value(s->args, "--id-column"),
                                 .text =
                                     oss_cli_value(s->args, is_reference ? "--ref-column" : "--hyp-column"),
                                 .speaker = is_reference ? oss_cli_value(s->args, "--speaker-column") : NULL};
    oss_status status = find_form(s, is_reference ? "--ref-format" : "--hyp-format", operand, &o.form);
    if (status != OSS_OK) {
        return status;
    }
    const char *name = strcmp(operand, "-") == 0 ? "standard input" : operand;
    return oss_cli_name_recording(operand, oss_transcripts_load(into, oss_cli_recording(operand), name, &o));
}

static oss_status load_files(scoring *s) {
    oss_status status = check_input(s->args);
    if (status == OSS_OK) {
        status = load_file(s, &s->reference, oss_cli_value(s->args, "--ref"), true);
    }
    for (int32_t i = 0; i < s->systems && status == OSS_OK; i++) {
        status = load_file(s, &s->hypothesis[i], oss_cli_value_at(s->args, "--hyp", i), false);
    }
    if (status == OSS_OK) {
        status = check_options(s);
    }
    if (status == OSS_OK) {
        status = oss_score_pairs_init(&s->pairs, &s->reference, s->hypothesis, s->systems, &s->pairing);
    }
    for (int32_t i = 0; i < s->systems && status == OSS_OK; i++) {
        if (s->pairs.by_names[i]) {
            oss_log_warn("%s: its ids are those of %s only without folders and endings: paired by these",
                         s->hypothesis[i].name, s->reference.name);
        }
    }
    return status;
}

/* ---- Scoring ---- */

static oss_status make_board(scoring *s) {
    const char *name[1 + SYSTEMS] = {s->reference.name};
    bool levenshtein = s->report.by_levenshtein;
    oss_scoreboard_options o = {.costs = levenshtein ? &oss_word_costs_levenshtein : &oss_word_costs_sclite,
                                .other = levenshtein ? &oss_word_costs_sclite : &oss_word_costs_levenshtein};
    const oss_notation asked = {.optional = oss_cli_has(s->args, "--optional-words"),
                                .fragments = oss_cli_has(s->args, "--fragments")};
    o.reference = asked;
    o.reference.nist = oss_transcripts_is_nist(s->reference.form);
    for (int32_t i = 0; i < s->systems; i++) {
        name[1 + i] = s->hypothesis[i].name;
        o.hypothesis[i] = asked;
        o.hypothesis[i].nist = oss_transcripts_is_nist(s->hypothesis[i].form);
    }
    return oss_scoreboard_init(&s->board, &s->pairs, s->systems, name, &o);
}

static oss_status run_tests(scoring *s) {
    oss_status status = OSS_OK;
    if (s->samples > 0) {
        status = oss_bootstrap_run(&s->bootstrap, &s->board, (int32_t)s->samples, (uint64_t)s->seed);
        s->report.bootstrap = &s->bootstrap;
    }
    if (status == OSS_OK && s->systems == 2) {
        status = oss_mapsswe_run(&s->mapsswe, &s->board);
        s->report.mapsswe = &s->mapsswe;
    }
    return status;
}

static oss_status report_all(scoring *s) {
    const char *html = oss_cli_value(s->args, "--html");
    s->report.board = &s->board;
    s->report.pairs = &s->pairs;
    s->report.reference = &s->reference;
    s->report.hypothesis = s->hypothesis;
    if (s->board.bracketed > 0) {
        oss_log_warn("%s: %lld words in round brackets count as they stand, as for sclite without -D; "
                     "--optional-words lets them be left out",
                     s->reference.name, (long long)s->board.bracketed);
    }
    oss_status status = html == NULL ? OSS_OK : oss_score_write_html(&s->report, html);
    if (status != OSS_OK) {
        return status;
    }
    return oss_cli_has(s->args, "--json") ? oss_score_print_json(&s->report)
                                          : oss_score_print_text(&s->report);
}

static int run_score(const oss_cli_args *args) {
    scoring s = {.args = args};
    oss_status status = read_options(&s);
    if (status == OSS_OK) {
        status = load_files(&s);
    }
    if (status == OSS_OK) {
        status = make_board(&s);
    }
    if (status == OSS_OK) {
        status = run_tests(&s);
    }
    if (status == OSS_OK) {
        status = report_all(&s);
    }
    int code = status == OSS_OK ? 0 : oss_cli_fail(args, status);
    oss_scoreboard_deinit(&s.board);
    oss_score_pairs_deinit(&s.pairs);
    oss_transcripts_deinit(&s.reference);
    for (int32_t i = 0; i < SYSTEMS; i++) {
        oss_transcripts_deinit(&s.hypothesis[i]);
    }
    return code;
}

const oss_cli_command oss_command_score = {
    .name = "score",
    .summary = "word and character error rates of transcripts, aligned and counted as sclite does it",
    .details =
        "Utterances are paired by their ids: (id) behind the words of a trn, line numbers of a txt, columns or members "
        "of the others. Words of a ctm go to the segments of a stm by their times. trn, stm and ctm are read as NIST's "
        "sclite reads them: { a / b / @ } are alternatives, @ is no word, lines that begin with ;; are remarks, and "
        "the speaker of the id ann-17 or ann_17 is ann.\n\n"
        "sclite's alignment costs 4 for a substitution and 3 for an insertion or a deletion, Levenshtein's 1 for each; "
        "the rates of both are printed, and --counts says which of them everything else is of. The interval is of "
        "utterances drawn anew (Bisani and Ney 2004); two systems are compared by the same draws and by the matched "
        "pairs test on sentence segments (Gillick and Cox 1989).\n\n"
        "--json prints reference counts ignored skipped samples systems comparison.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_score};
