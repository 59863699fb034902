/* ossicle lm score: how likely a language model has a text. */
#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/commands.h"
#include "decode/symbol_tokens.h"
#include "model/model_file.h"
#include "ngram/arpa_lines.h"
#include "ngram/ngram.h"
#include "text/unicode.h"

#define LN10 2.302585092994045684

static const oss_cli_option options[] = {
    {.name = "--lm",
     .value = "FILE",
     .help = "n-gram model: ours or an ARPA file (gzip too)",
     .required = true},
    {.name = "--csv", .value = "FILE", .help = "sentences are the texts of this CSV", .repeats = true},
    {.name = "--column",
     .value = "NAME",
     .help = "column of the CSVs (default: the first of text, transcript, sentence)"},
    {.name = "--case", .value = "CASE", .help = "case of the texts: lower (default), upper or keep"},
    {.name = "--model",
     .value = "M",
     .help =
         "split texts into the symbols of M's vocabulary, of which the language model was made (lm build --model); "
         "the case is M's"},
    {.name = "--totals", .help = "print the totals alone, not every sentence"},
    {.name = "--json", .help = "print JSON: an object on a line for each sentence, then one of the totals"},
};

/* Of one sentence or of many; logarithms to base 10. */
typedef struct lm_score {
    int64_t sentences, words, unknown; /* words without the sentences' ends */
    double log10_p, log10_unknown;     /* of all, ends included; and of the unknown words among them */
} lm_score;

typedef struct scoring {
    const oss_cli_args *args;
    oss_ngram *ngram;
    oss_model *model;       /* whose symbols are the tokens; NULL: words, or characters */
    uint32_t *symbol_token; /* [its vocabulary] */
    oss_case policy;
    lm_score total;
    int64_t failed; /* lines, rows and files that could not be read */
} scoring;

/* ---- One sentence ---- */

static double get_perplexity(double log10_p, int64_t tokens) {
    return tokens > 0 ? pow(10.0, -log10_p / (double)tokens) : 0.0;
}

static double perplexity_of(const lm_score *score) {
    return get_perplexity(score->log10_p, score->words + score->sentences);
}

static double known_perplexity_of(const lm_score *score) {
    return get_perplexity(score->log10_p - score->log10_unknown,
                          score->words - score->unknown + score->sentences);
}

static void add_token(const scoring *s, lm_score *score, oss_ngram_state *state, uint32_t token) {
    double log10_p = (double)oss_ngram_score(s->ngram, state, token, state) / LN10;
    score->log10_p += log10_p;
    score->words++;
    if (token == OSS_NGRAM_UNKNOWN) {
        score->unknown++;
        score->log10_unknown += log10_p;
    }
}

/* A symbol is a character; a space is "_". */
static size_t next_token(const scoring *s, const char **text, size_t *out_length) {
    size_t length = strcspn(*text, " ");
    if (oss_ngram_is_of_symbols(s->ngram)) {
        const char *end = *text;
        (void)oss_text_next(&end);
        *out_length = (size_t)(end - *text);
        return *out_length;
    }
    *out_length = length;
    return length + ((*text)[length] == ' ');
}

static oss_status add_units(const scoring *s, lm_score *score, oss_ngram_state *state, const char *text) {
    int32_t *id = NULL, ids = 0;
    oss_status status = oss_vocab_encode(s->model->vocab, &id, &ids, NULL, text);
    for (int32_t i = 0; i < ids && status == OSS_OK; i++) {
        add_token(s, score, state, s->symbol_token[id[i]]);
    }
    oss_free(id);
    return status;
}

static void add_words(const scoring *s, lm_score *score, oss_ngram_state *state, const char *text) {
    while (*text != '\0') {
        size_t length, step = next_token(s, &text, &length);
        bool is_space = *text == ' ';
        add_token(s, score, state, oss_ngram_find(s->ngram, is_space ? "_" : text, is_space ? 1 : length));
        text += step;
    }
}

/* Of a text that is normalized. */
static oss_status score_sentence(const scoring *s, const char *text, lm_score *out) {
    lm_score score = {.sentences = 1};
    oss_status status = OSS_OK;
    oss_ngram_state state = oss_ngram_begin(s->ngram);
    if (s->model != NULL) {
        status = add_units(s, &score, &state, text);
    } else {
        add_words(s, &score, &state, text);
    }
    score.log10_p += (double)oss_ngram_score(s->ngram, &state, OSS_NGRAM_END, NULL) / LN10;
    *out = score;
    return status;
}

static void add_score(lm_score *sum, const lm_score *score) {
    sum->sentences += score->sentences;
    sum->words += score->words;
    sum->unknown += score->unknown;
    sum->log10_p += score->log10_p;
    sum->log10_unknown += score->log10_unknown;
}

/* ---- What is said ---- */

static oss_json *make_json(const lm_score *score) {
    oss_json *object = oss_json_object();
    oss_json_add_number(object, "log10_p", score->log10_p);
    oss_json_add_number(object, "ln_p", score->log10_p * LN10);
    oss_json_add_integer(object, "words", score->words);
    oss_json_add_integer(object, "unknown", score->unknown);
    oss_json_add_number(object, "perplexity", perplexity_of(score));
    oss_json_add_number(object, "perplexity_known", known_perplexity_of(score));
    return object;
}

static oss_status print_sentence(const scoring *s, const lm_score *score, const char *text) {
    if (oss_cli_has(s->args, "--totals")) {
        return OSS_OK;
    }
    if (oss_cli_has(s->args, "--json")) {
        oss_json *object = make_json(score);
        oss_json_add_string(object, "text", text);
        return oss_cli_print_json(object);
    }
    oss_cli_print_line("%.4f\t%lld\t%lld\t%.2f\t%.2f\t%s", score->log10_p, (long long)score->words,
                       (long long)score->unknown, perplexity_of(score), known_perplexity_of(score), text);
    return OSS_OK;
}

static oss_status print_totals(const scoring *s) {
    const lm_score *total = &s->total;
    if (oss_cli_has(s->args, "--json")) {
        oss_json *object = make_json(total);
        oss_json_add_integer(object, "sentences", total->sentences);
        oss_json_add_integer(object, "failed", s->failed);
        return oss_cli_print_json(object);
    }
    oss_cli_print("%-12s%lld\n", "sentences", (long long)total->sentences);
    oss_cli_print("%-12s%lld, of which %lld unknown (%.2f %%)\n", "words", (long long)total->words,
                  (long long)total->unknown,
                  total->words > 0 ? 100.0 * (double)total->unknown / (double)total->words : 0.0);
    oss_cli_print("%-12s%.4f (natural %.4f)\n", "log10 p", total->log10_p, total->log10_p * LN10);
    oss_cli_print("%-12s%.2f (without unknown words %.2f)\n", "perplexity", perplexity_of(total),
                  known_perplexity_of(total));
    return OSS_OK;
}

/* ---- Sentences ---- */

/* What is wrong with one line is said and counted; anything else ends the command. */
static oss_status pass_over(scoring *s, oss_status status) {
    if (status == OSS_EINPUT) {
        oss_cli_fail_one(s->args, status, &s->failed);
        return OSS_OK;
    }
    return status;
}

static oss_status take_text(scoring *s, const char *text, const char *file, int64_t line) {
    char *normal = NULL;
    oss_status status = oss_text_normalize(&normal, text, s->policy);
    if (status != OSS_OK) {
        return pass_over(s, oss_fail_prefix(status, "%s:%lld", file, (long long)line));
    }
    if (normal[0] != '\0') {
        lm_score score;
        status = score_sentence(s, normal, &score);
        if (status == OSS_OK) {
            add_score(&s->total, &score);
            status = print_sentence(s, &score, normal);
        }
    }
    oss_free(normal);
    return status;
}

static oss_status take_lines(scoring *s, oss_pipe *pipe) {
    oss_arpa_lines lines;
    char *line = NULL;
    oss_arpa_lines_init(&lines, pipe);
    oss_status status = oss_arpa_lines_next(&lines, &line);
    while (status == OSS_OK && line != NULL) {
        status = take_text(s, line, pipe->name, lines.number);
        if (status == OSS_OK) {
            status = oss_arpa_lines_next(&lines, &line);
        }
    }
    oss_arpa_lines_deinit(&lines);
    return status;
}

static oss_status take_file(scoring *s, const char *operand) {
    oss_pipe pipe;
    const bool is_input = strcmp(operand, "-") == 0;
    oss_status status = oss_pipe_open(&pipe, is_input ? "/dev/stdin" : operand);
    if (status != OSS_OK) {
        return oss_cli_name_recording(operand, status);
    }
    pipe.name = is_input ? "standard input" : operand;
    status = take_lines(s, &pipe);
    oss_pipe_close(&pipe);
    return status;
}

static oss_status take_rows(scoring *s, oss_csv *csv, const char *path, int32_t column) {
    const oss_csv_row *row = NULL;
    oss_status status;
    do {
        row = NULL;
        status = oss_csv_next(csv, &row);
        const bool is_bad = status == OSS_EINPUT;
        if (status == OSS_OK && row != NULL) {
            status = take_text(s, row->field[column], path, row->line);
        } else {
            status = pass_over(s, status);
        }
        if (status != OSS_OK || (row == NULL && !is_bad)) {
            return status;
        }
    } while (true);
}

static oss_status take_csv(scoring *s, const char *path) {
    const char *name = oss_cli_value(s->args, "--column");
    oss_csv *csv = NULL;
    oss_status status = oss_csv_open(&csv, path);
    if (status != OSS_OK) {
        return status;
    }
    const int32_t column = oss_csv_column(csv, name == NULL ? "text|transcript|sentence" : name);
    status = column < 0 ? oss_fail(OSS_EINPUT, "%s: no column %s", path,
                                   name == NULL ? "text, transcript or sentence" : name)
                        : take_rows(s, csv, path, column);
    oss_csv_free(csv);
    return status;
}

static oss_status take_all(scoring *s) {
    const int32_t files = oss_cli_operands(s->args), csvs = oss_cli_count(s->args, "--csv");
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < csvs && status == OSS_OK; i++) {
        status = take_csv(s, oss_cli_value_at(s->args, "--csv", i));
    }
    for (int32_t i = 0; i < files && status == OSS_OK; i++) {
        status = take_file(s, oss_cli_operand(s->args, i));
    }
    return files + csvs == 0 ? take_file(s, "-") : status;
}

/* ---- The command ---- */

static oss_status read_case(const oss_cli_args *args, oss_case *out) {
    static const char *const word[] = {"lower", "upper", "keep"};
    static const oss_case value[] = {OSS_CASE_LOWER, OSS_CASE_UPPER, OSS_CASE_KEEP};
    int32_t index = 0;
    oss_status status = oss_cli_choice(args, "--case", word, 3, &index);
    *out = value[index];
    return status;
}

/* A text alone does not tell how it is split into units of several characters. */
static oss_status check_characters(const oss_ngram *ngram, const char *path) {
    for (int64_t i = OSS_NGRAM_SPECIALS; i < oss_ngram_count(ngram, 1); i++) {
        size_t bytes, characters = 0;
        const char *token = oss_ngram_token(ngram, (uint32_t)i, &bytes);
        for (size_t k = 0; k < bytes; k++) {
            characters += ((unsigned char)token[k] & 0xC0) != 0x80; /* the first byte of a code point */
        }
        if (characters > 1) {
            return oss_fail(
                OSS_EINPUT,
                "%s is of units such as \"%.*s\": give the model whose vocabulary splits words so, "
                "--model M",
                path, (int)bytes, token);
        }
    }
    return OSS_OK;
}

static oss_status load_model(scoring *s, const char *lm) {
    const char *path = oss_cli_value(s->args, "--model");
    if (path == NULL) {
        return oss_ngram_is_of_symbols(s->ngram) ? check_characters(s->ngram, lm) : OSS_OK;
    }
    oss_status status = oss_model_load(&s->model, path);
    if (status == OSS_OK && s->model->vocab == NULL) {
        status = oss_fail(OSS_EINPUT, "%s: the model has no vocabulary, it was not trained to read", path);
    }
    if (status == OSS_OK) {
        status = oss_symbol_tokens_check(s->ngram, s->model->vocab, lm);
    }
    if (status == OSS_OK) {
        s->policy = s->model->config.text_case;
        s->symbol_token = oss_alloc((size_t)oss_vocab_size(s->model->vocab), sizeof *s->symbol_token);
        status = s->symbol_token == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        oss_symbol_tokens_find(s->symbol_token, s->ngram, s->model->vocab);
    }
    return status;
}

static oss_status score_all(scoring *s) {
    const char *lm = oss_cli_value(s->args, "--lm");
    oss_status status = read_case(s->args, &s->policy);
    if (status == OSS_OK) {
        status = oss_cli_either(s->args, "--model", "--case", "the case of texts");
    }
    if (status == OSS_OK && oss_cli_has(s->args, "--column") && !oss_cli_has(s->args, "--csv")) {
        status = oss_fail(OSS_EUSAGE, "--column names one of a CSV: give --csv too");
    }
    if (status == OSS_OK) {
        status = oss_ngram_load(&s->ngram, lm);
    }
    if (status == OSS_OK) {
        status = load_model(s, lm);
    }
    if (status == OSS_OK) {
        status = take_all(s);
    }
    if (status == OSS_OK && s->total.sentences == 0) {
        status = oss_fail(OSS_EINPUT, "no sentence in what was read");
    }
    if (status == OSS_OK && s->total.unknown == s->total.words) {
        oss_log_warn(
            "0 of %lld words are in the model: is it of another case (--case), or of another language?",
            (long long)s->total.words);
    }
    return status == OSS_OK ? print_totals(s) : status;
}

static int run_score(const oss_cli_args *args) {
    scoring s = {.args = args};
    oss_status status = score_all(&s);
    oss_cli_tell_failed(s.failed);
    oss_ngram_free(s.ngram);
    oss_model_free(s.model);
    oss_free(s.symbol_token);
    if (status != OSS_OK) {
        return oss_cli_fail(args, status);
    }
    return s.failed > 0 ? 1 : 0;
}

const oss_cli_command oss_command_lm_score = {
    .name = "lm score",
    .summary = "how likely a language model has a text: logarithms, unknown words, perplexity",
    .operands = "[FILE...]",
    .max_operands = -1,
    .details =
        "FILE: text, a sentence on each line; - or none at all: standard input. Empty lines do not count.\n\n"
        "For each sentence a line with tabs: log10 p, words, unknown words, perplexity, perplexity without "
        "unknown words, and the sentence as it was scored; then the totals. The end of a sentence counts as a word "
        "of the perplexity. With a model of symbols every character is a word, and so is a space; "
        "with --model every symbol of M's vocabulary, which may be units of several characters.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_score};
