#include "score/confusions.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Texts of one number are one pointer, and no two words have one text. */
static int compare_words(const void *a, const void *b) {
    const oss_confusion *one = a, *other = b;
    int order = strcmp(one->reference == NULL ? "" : one->reference,
                       other->reference == NULL ? "" : other->reference);
    return order != 0 ? order
                      : strcmp(one->hypothesis == NULL ? "" : one->hypothesis,
                               other->hypothesis == NULL ? "" : other->hypothesis);
}

static int compare_counts(const void *a, const void *b) {
    const oss_confusion *one = a, *other = b;
    int order = (one->count < other->count) - (one->count > other->count);
    return order != 0 ? order : compare_words(a, b);
}

static const char *text_of(const oss_scoreboard *board, const oss_word_net *net, int32_t arc) {
    return arc < 0 ? NULL : oss_score_words_text(&board->words, net->arc[arc].word);
}

/* item NULL: only counts them. */
static int32_t list_errors(oss_confusion *item, const oss_scoreboard *board, int32_t system,
                           oss_word_edit_kind kind) {
    int32_t count = 0;
    for (int32_t i = 0; i < board->utterances; i++) {
        const oss_scored_utterance *utterance = &board->utterance[i];
        const oss_scored_text *text = &utterance->text[system];
        for (int32_t k = 0; k < text->path.edits; k++) {
            const oss_word_edit *edit = &text->path.edit[k];
            if (edit->kind == kind && item != NULL) {
                item[count] = (oss_confusion){text_of(board, &utterance->net, edit->reference),
                                              text_of(board, &text->net, edit->hypothesis), 1};
            }
            count += edit->kind == kind;
        }
    }
    return count;
}

oss_status oss_confusions_count(oss_confusions *out, const oss_scoreboard *board, int32_t system,
                                oss_word_edit_kind kind) {
    int32_t count = list_errors(NULL, board, system, kind);
    oss_confusion *item = oss_alloc((size_t)count, sizeof *item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    (void)list_errors(item, board, system, kind);
    qsort(item, (size_t)count, sizeof *item, compare_words);
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++) {
        if (kept > 0 && compare_words(&item[kept - 1], &item[i]) == 0) {
            item[kept - 1].count++;
        } else {
            item[kept++] = item[i];
        }
    }
    qsort(item, (size_t)kept, sizeof *item, compare_counts);
    *out = (oss_confusions){item, kept};
    return OSS_OK;
}
