#include "score/scoreboard.h"

#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "score/character_errors.h"

/* ---- Sums ---- */

void oss_score_sums_add(oss_score_sums *to, const oss_score_sums *more) {
    to->utterances += more->utterances;
    to->wrong_utterances += more->wrong_utterances;
    oss_word_counts_add(&to->counts, &more->counts);
    oss_word_counts_add(&to->other, &more->other);
    to->characters += more->characters;
    to->character_errors += more->character_errors;
}

oss_score_sums oss_scored_text_sums(const oss_scored_text *text) {
    return (oss_score_sums){.utterances = 1,
                            .wrong_utterances = oss_word_counts_errors(&text->counts) > 0,
                            .counts = text->counts,
                            .other = text->other,
                            .characters = text->characters,
                            .character_errors = text->character_errors};
}

double oss_score_sums_cer(const oss_score_sums *sums) {
    if (sums->characters == 0) {
        return sums->character_errors > 0 ? 1.0 : 0.0;
    }
    return (double)sums->character_errors / (double)sums->characters;
}

/* ---- Texts ---- */

const char *oss_scored_word(const oss_scoreboard *board, const oss_word_net *net, int32_t arc,
                            oss_strbuf *buffer) {
    if (arc < 0) {
        return "";
    }
    const char *word = oss_score_words_text(&board->words, net->arc[arc].word);
    if (!net->arc[arc].is_optional) {
        return word;
    }
    oss_strbuf_clear(buffer);
    oss_strbuf_printf(buffer, "(%s)", word);
    return oss_strbuf_ok(buffer) ? buffer->data : word;
}

/* What the path takes of one side: an optional word that is not on the other is not of it. */
static void append_side(oss_strbuf *out, const oss_scoreboard *board, const oss_word_net *net,
                        const oss_word_path *path, bool is_reference) {
    for (int32_t i = 0; i < path->edits; i++) {
        const oss_word_edit *edit = &path->edit[i];
        bool left_out = edit->kind == OSS_WORD_CORRECT && (edit->reference < 0 || edit->hypothesis < 0);
        int32_t arc = is_reference ? edit->reference : edit->hypothesis;
        if (arc >= 0 && !left_out) {
            oss_strbuf_append(out, out->length > 0 ? " " : "");
            oss_strbuf_append(out, oss_score_words_text(&board->words, net->arc[arc].word));
        }
    }
    oss_strbuf_append(out, "");
}

static oss_status count_characters(oss_scored_text *text, const oss_scoreboard *board,
                                   const oss_word_net *reference) {
    oss_strbuf a = {0}, b = {0};
    append_side(&a, board, reference, &text->path, true);
    append_side(&b, board, &text->net, &text->path, false);
    oss_status status = oss_strbuf_ok(&a) && oss_strbuf_ok(&b) ? OSS_OK : OSS_ENOMEM;
    if (status == OSS_OK) {
        status = oss_character_errors(a.data, b.data, &text->characters, &text->character_errors);
    }
    oss_strbuf_deinit(&a);
    oss_strbuf_deinit(&b);
    return status;
}

/* ---- Speakers ---- */

typedef struct speaker_table {
    int32_t *slot; /* [mask + 1]: number + 1; 0: free */
    size_t mask;
} speaker_table;

static int32_t number_speaker(oss_scoreboard *board, const speaker_table *table, const char *speaker) {
    if (speaker == NULL) {
        return -1;
    }
    size_t at = (size_t)oss_hash(speaker, strlen(speaker)) & table->mask;
    while (table->slot[at] != 0 && strcmp(board->speaker[table->slot[at] - 1], speaker) != 0) {
        at = (at + 1) & table->mask;
    }
    if (table->slot[at] == 0) {
        board->speaker[board->speakers] = speaker;
        table->slot[at] = ++board->speakers;
    }
    return table->slot[at] - 1;
}

static oss_status number_speakers(oss_scoreboard *board) {
    speaker_table table = {.mask = 1};
    while (table.mask < 2 * (size_t)board->utterances) {
        table.mask = 2 * table.mask + 1;
    }
    table.slot = oss_alloc_zero(table.mask + 1, sizeof *table.slot);
    board->speaker = oss_alloc((size_t)board->utterances, sizeof *board->speaker);
    if (table.slot == NULL || board->speaker == NULL) {
        oss_free(table.slot);
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < board->utterances; i++) {
        oss_scored_utterance *utterance = &board->utterance[i];
        utterance->speaker = number_speaker(board, &table, utterance->reference->speaker);
    }
    oss_free(table.slot);
    size_t sums = (size_t)board->systems * (size_t)board->speakers;
    board->by_speaker = oss_alloc_zero(sums, sizeof *board->by_speaker);
    return board->by_speaker == NULL ? OSS_ENOMEM : OSS_OK;
}

/* ---- Utterances ---- */

static oss_status score_text(oss_scoreboard *board, oss_scored_utterance *utterance, int32_t system,
                             const oss_scoreboard_options *options) {
    oss_scored_text *text = &utterance->text[system];
    oss_word_path other = {0};
    oss_status status =
        oss_word_path_init(&text->path, &utterance->net, &text->net, &board->words, options->costs);
    if (status == OSS_OK) {
        status = oss_word_path_init(&other, &utterance->net, &text->net, &board->words, options->other);
    }
    text->counts = oss_word_path_counts(&text->path);
    text->other = oss_word_path_counts(&other);
    oss_word_path_deinit(&other);
    if (status == OSS_OK) {
        status = count_characters(text, board, &utterance->net);
    }
    if (status == OSS_OK) {
        const oss_score_sums sums = oss_scored_text_sums(text);
        oss_score_sums_add(&board->sum[system], &sums);
        if (utterance->speaker >= 0) {
            oss_score_sums_add(&board->by_speaker[system * board->speakers + utterance->speaker], &sums);
        }
    }
    return status;
}

/* Words in round brackets that count as they stand. */
static int64_t count_bracketed(const oss_scoreboard *board, const oss_word_net *net,
                               const oss_notation *notation) {
    int64_t count = 0;
    for (int32_t i = 1; notation->nist && !notation->optional && i < net->arcs; i++) {
        const char *word = oss_score_words_text(&board->words, net->arc[i].word);
        size_t bytes = strlen(word);
        count += bytes > 2 && word[0] == '(' && word[bytes - 1] == ')';
    }
    return count;
}

static oss_status name_utterance(oss_status status, const char *file, const oss_transcript_line *line) {
    return status == OSS_EINPUT
               ? oss_fail_prefix(status, "%s:%lld: %s", file, (long long)line->line, line->id)
               : status;
}

static oss_status score_utterance(oss_scoreboard *board, const oss_score_pair *pair, int32_t i,
                                  const char *const *name, const oss_scoreboard_options *options) {
    oss_scored_utterance *utterance = &board->utterance[i];
    oss_status status =
        oss_word_net_init(&utterance->net, &board->words, pair->reference->text, &options->reference);
    if (status != OSS_OK) {
        return name_utterance(status, name[0], pair->reference);
    }
    board->bracketed += count_bracketed(board, &utterance->net, &options->reference);
    for (int32_t k = 0; k < board->systems && status == OSS_OK; k++) {
        status = oss_word_net_init(&utterance->text[k].net, &board->words, pair->hypothesis[k],
                                   &options->hypothesis[k]);
        if (status == OSS_EINPUT) {
            return oss_fail_prefix(status, "%s: %s", name[1 + k], pair->reference->id);
        }
        if (status == OSS_OK) {
            status = name_utterance(score_text(board, utterance, k, options), name[0], pair->reference);
        }
    }
    return status;
}

oss_status oss_scoreboard_init(oss_scoreboard *board, const oss_score_pairs *pairs, int32_t systems,
                               const char *const *name, const oss_scoreboard_options *options) {
    board->systems = systems;
    board->utterance = oss_alloc_zero((size_t)pairs->pairs, sizeof *board->utterance);
    if (board->utterance == NULL) {
        return OSS_ENOMEM;
    }
    board->utterances = pairs->pairs;
    for (int32_t i = 0; i < pairs->pairs; i++) {
        board->utterance[i].reference = pairs->pair[i].reference;
    }
    oss_status status = number_speakers(board);
    for (int32_t i = 0; i < pairs->pairs && status == OSS_OK; i++) {
        status = score_utterance(board, &pairs->pair[i], i, name, options);
    }
    return status;
}

void oss_scoreboard_deinit(oss_scoreboard *board) {
    for (int32_t i = 0; i < board->utterances; i++) {
        oss_word_net_deinit(&board->utterance[i].net);
        for (int32_t k = 0; k < OSS_SCORE_MOST_SYSTEMS; k++) {
            oss_word_net_deinit(&board->utterance[i].text[k].net);
            oss_word_path_deinit(&board->utterance[i].text[k].path);
        }
    }
    oss_free(board->utterance);
    oss_free(board->speaker);
    oss_free(board->by_speaker);
    oss_score_words_deinit(&board->words);
    *board = (oss_scoreboard){0};
}
