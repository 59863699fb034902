/* A model's vocabulary for texts that it was not made from. */
#include "base/mem.h"
#include "text/unicode.h"
#include "units/learn.h"

typedef struct symbol_list {
    const char **symbol; /* belong to the vocabularies */
    int32_t count;
} symbol_list;

static bool is_character(const oss_vocab *vocab, int32_t id) {
    return id < OSS_VOCAB_SPECIALS || oss_text_length(oss_vocab_symbol(vocab, id)) == 1;
}

/* Its special symbols and characters, or its units of several characters, in their order. */
static void add_own(symbol_list *list, const oss_vocab *vocab, bool characters) {
    for (int32_t id = 0; id < oss_vocab_size(vocab); id++) {
        if (is_character(vocab, id) == characters) {
            list->symbol[list->count++] = oss_vocab_symbol(vocab, id);
        }
    }
}

static void add_new(symbol_list *list, const oss_vocab *vocab, const oss_vocab *of_texts) {
    for (int32_t id = OSS_VOCAB_SPECIALS; id < oss_vocab_size(of_texts); id++) {
        const char *symbol = oss_vocab_symbol(of_texts, id);
        if (oss_vocab_find(vocab, symbol) < 0) {
            list->symbol[list->count++] = symbol;
        }
    }
}

static oss_status merge(oss_vocab **out, const oss_vocab *vocab, const oss_vocab *of_texts) {
    size_t most = (size_t)oss_vocab_size(vocab) + (size_t)oss_vocab_size(of_texts);
    symbol_list list = {.symbol = oss_alloc(most, sizeof *list.symbol)};
    if (list.symbol == NULL) {
        return OSS_ENOMEM;
    }
    add_own(&list, vocab, true);
    add_new(&list, vocab, of_texts);
    bool grows = list.count > oss_vocab_characters(vocab) + OSS_VOCAB_SPECIALS;
    add_own(&list, vocab, false);
    oss_status status = grows ? oss_vocab_from_units(out, oss_vocab_units(vocab), list.symbol, list.count)
                              : oss_vocab_copy(out, vocab);
    oss_free(list.symbol);
    return status;
}

oss_status oss_vocab_extend(oss_vocab **out, const oss_vocab *vocab, const char *const *text, int64_t count,
                            int32_t max_size) {
    oss_vocab *of_texts = NULL;
    oss_status status =
        oss_vocab_build(&of_texts, text, count, oss_vocab_units(vocab) == OSS_UNITS_CHAR ? max_size : 0);
    if (status == OSS_OK) {
        status = merge(out, vocab, of_texts);
    }
    oss_vocab_free(of_texts);
    return status;
}
