#include "lm/corpus.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "lm/text_lines.h"

#define SENTENCE_END UINT32_MAX

static const char *const special[OSS_NGRAM_SPECIALS] = {"<unk>", "<s>", "</s>"};

oss_status oss_corpus_open(oss_corpus *corpus, const oss_corpus_options *options, uint32_t *memory,
                           size_t capacity) {
    oss_status status = OSS_OK;
    uint32_t token;
    *corpus = (oss_corpus){.options = *options, .number = memory, .capacity = capacity};
    corpus->scratch.fd = -1;
    for (int i = 0; i < OSS_NGRAM_SPECIALS && status == OSS_OK; i++) {
        status = oss_token_table_add(&corpus->table, &token, special[i], strlen(special[i]));
    }
    return status;
}

void oss_corpus_deinit(oss_corpus *corpus) {
    if (corpus->number != NULL) {
        oss_scratch_close(&corpus->scratch);
    }
    oss_token_table_deinit(&corpus->table);
    oss_free(corpus->known);
    oss_free(corpus->word);
    *corpus = (oss_corpus){0};
}

/* ---- Sentences ---- */

static oss_status flush(oss_corpus *corpus) {
    oss_status status = OSS_OK;
    if (corpus->scratch.fd < 0) {
        status = oss_scratch_open(&corpus->scratch, corpus->options.folder);
    }
    if (status == OSS_OK) {
        status = oss_scratch_append(&corpus->scratch, corpus->number, corpus->count * sizeof *corpus->number);
    }
    corpus->count = 0;
    return status;
}

static oss_status put_number(oss_corpus *corpus, uint32_t number) {
    if (corpus->count == corpus->capacity) {
        oss_status status = flush(corpus);
        if (status != OSS_OK) {
            return status;
        }
    }
    corpus->number[corpus->count++] = number;
    return OSS_OK;
}

static oss_status add_token(oss_corpus *corpus, const char *text, size_t bytes) {
    uint32_t token;
    if (bytes == 5 && (memcmp(text, "<unk>", 5) == 0 || memcmp(text, "<UNK>", 5) == 0)) {
        text = special[OSS_NGRAM_UNKNOWN];
    }
    oss_status status = oss_token_table_add(&corpus->table, &token, text, bytes);
    if (status != OSS_OK) {
        return status;
    }
    if (token == OSS_NGRAM_BEGIN || token == OSS_NGRAM_END) {
        corpus->dropped++;
        return OSS_OK;
    }
    corpus->table.token[token].count++;
    corpus->tokens++;
    return put_number(corpus, token);
}

static oss_status add_words(oss_corpus *corpus, const char *text) {
    oss_status status = OSS_OK;
    while (*text != '\0' && status == OSS_OK) {
        size_t bytes = strcspn(text, " ");
        status = add_token(corpus, text, bytes);
        text += bytes + (text[bytes] == ' ');
    }
    return status;
}

/* A character that is "_" itself has no name in a model in which "_" is the space. */
static oss_status add_symbol(oss_corpus *corpus, const char *text, size_t bytes) {
    if (bytes == 1 && *text == '_') {
        return add_token(corpus, special[OSS_NGRAM_UNKNOWN], strlen(special[OSS_NGRAM_UNKNOWN]));
    }
    return bytes == 1 && *text == ' ' ? add_token(corpus, "_", 1) : add_token(corpus, text, bytes);
}

static oss_status add_characters(oss_corpus *corpus, const char *text) {
    oss_status status = OSS_OK;
    while (*text != '\0' && status == OSS_OK) {
        const char *begin = text;
        (void)oss_text_next(&text);
        status = add_symbol(corpus, begin, (size_t)(text - begin));
    }
    return status;
}

/* Its symbol, with "_" for spaces, in out[bytes]; NULL: it has no name in the model. */
static const char *name_unit(const oss_vocab *units, int32_t id, char *out, size_t bytes) {
    const char *symbol = oss_vocab_symbol(units, id);
    size_t length = strlen(symbol);
    if (id < OSS_VOCAB_SPECIALS || length >= bytes || strchr(symbol, '_') != NULL) {
        return NULL;
    }
    for (size_t i = 0; i <= length; i++) {
        out[i] = symbol[i] == ' ' ? '_' : symbol[i];
    }
    return out;
}

enum { UNIT_BYTES = 256 };

static oss_status add_units(oss_corpus *corpus, const char *text) {
    int32_t *id = NULL, ids = 0;
    char name[UNIT_BYTES];
    oss_status status = oss_vocab_encode(corpus->options.units, &id, &ids, NULL, text);
    for (int32_t i = 0; i < ids && status == OSS_OK; i++) {
        const char *unit = name_unit(corpus->options.units, id[i], name, sizeof name);
        unit = unit == NULL ? special[OSS_NGRAM_UNKNOWN] : unit;
        status = add_token(corpus, unit, strlen(unit));
    }
    oss_free(id);
    return status;
}

static oss_status add_sentence(oss_corpus *corpus, const char *text) {
    int64_t before = corpus->tokens;
    oss_status status;
    if (corpus->options.units != NULL) {
        status = add_units(corpus, text);
    } else {
        status = corpus->options.is_of_symbols ? add_characters(corpus, text) : add_words(corpus, text);
    }
    if (status != OSS_OK || corpus->tokens == before) {
        return status; /* nothing was said in an empty line */
    }
    corpus->sentences++;
    return put_number(corpus, SENTENCE_END);
}

/* What oss_text_normalize does, for the bytes that most lines have alone; false: nothing was done. */
static bool normalize_ascii(char *text, size_t bytes, oss_case policy) {
    size_t kept = 0;
    for (size_t i = 0; i < bytes; i++) {
        if ((unsigned char)text[i] >= 0x80 || text[i] == '\0') {
            return false;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            if (kept > 0 && text[kept - 1] != ' ') {
                text[kept++] = ' ';
            }
            continue;
        }
        bool changes = (policy == OSS_CASE_LOWER && c >= 'A' && c <= 'Z') ||
                       (policy == OSS_CASE_UPPER && c >= 'a' && c <= 'z');
        text[kept++] = changes ? (char)(c ^ 0x20) : c;
    }
    kept -= kept > 0 && text[kept - 1] == ' ';
    text[kept] = '\0';
    return true;
}

oss_status oss_corpus_add(void *context, char *line, size_t bytes) {
    oss_corpus *corpus = context;
    char *text = NULL;
    if (normalize_ascii(line, bytes, corpus->options.policy)) {
        return add_sentence(corpus, line);
    }
    if (memchr(line, '\0', bytes) != NULL) {
        return oss_fail(OSS_EINPUT, "a byte of 0, which no text has");
    }
    oss_status status = oss_text_normalize(&text, line, corpus->options.policy);
    if (status == OSS_OK) {
        status = add_sentence(corpus, text);
        oss_free(text);
    }
    return status;
}

/* ---- Vocabulary ---- */

typedef struct ranked {
    const char *text;
    uint64_t count;
    uint32_t token;
} ranked;

static int by_count(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->text, y->text);
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const ranked *)a)->text, ((const ranked *)b)->text);
}

/* A line of the list: marks its words as known. */
static oss_status add_listed(void *context, char *line, size_t bytes) {
    oss_token_table *listed = ((void **)context)[0];
    const oss_corpus *corpus = ((void **)context)[1];
    char *text = NULL;
    uint32_t token;
    (void)bytes;
    oss_status status = oss_text_normalize(&text, line, corpus->options.policy);
    if (status == OSS_OK && *text != '\0' && strchr(text, ' ') != NULL) {
        status = oss_fail(OSS_EINPUT, "'%s' is more than one word; a list has one on each line", text);
    } else if (status == OSS_OK && *text != '\0') {
        status = oss_token_table_add(listed, &token, text, strlen(text));
    }
    oss_free(text);
    return status;
}

static oss_status list_units(oss_token_table *listed, const oss_vocab *units) {
    oss_status status = OSS_OK;
    char name[UNIT_BYTES];
    uint32_t token;
    for (int32_t i = OSS_VOCAB_SPECIALS; i < oss_vocab_size(units) && status == OSS_OK; i++) {
        const char *unit = name_unit(units, i, name, sizeof name);
        status = unit == NULL ? OSS_OK : oss_token_table_add(listed, &token, unit, strlen(unit));
    }
    return status;
}

/* rank = tokens of a list; those that the text does not have get numbers too. */
static oss_status rank_listed(oss_corpus *corpus, ranked **out, size_t *out_count) {
    oss_token_table listed = {0};
    const oss_corpus_options *o = &corpus->options;
    oss_lines lines = {.take = add_listed, .context = (void *[]){&listed, corpus}};
    oss_status status =
        o->units != NULL ? list_units(&listed, o->units) : oss_lines_of_text(&lines, o->vocab_path);
    if (status == OSS_OK && lines.bad > 0) {
        status = oss_fail(OSS_EINPUT, "%s: lines that are no words: correct them", o->vocab_path);
    }
    for (uint32_t i = 0, token; i < listed.tokens && status == OSS_OK; i++) {
        const char *text = oss_token_table_text(&listed, i);
        status = oss_token_table_add(&corpus->table, &token, text, strlen(text));
        listed.token[i].count = token;
    }
    *out = status == OSS_OK ? oss_alloc(listed.tokens, sizeof **out) : NULL;
    status = status == OSS_OK && *out == NULL ? OSS_ENOMEM : status;
    for (uint32_t i = 0; i < listed.tokens && status == OSS_OK; i++) {
        uint32_t token = (uint32_t)listed.token[i].count;
        if (token >= OSS_NGRAM_SPECIALS) {
            (*out)[(*out_count)++] = (ranked){.token = token};
        }
    }
    oss_token_table_deinit(&listed);
    return status;
}

static oss_status rank_counted(oss_corpus *corpus, ranked **out, size_t *out_count) {
    const oss_token_table *table = &corpus->table;
    const int64_t most = corpus->options.vocab_size;
    *out = oss_alloc(table->tokens, sizeof **out);
    if (*out == NULL) {
        return OSS_ENOMEM;
    }
    for (uint32_t i = OSS_NGRAM_SPECIALS; i < table->tokens; i++) {
        if (table->token[i].count >= (uint64_t)corpus->options.min_count) {
            (*out)[(*out_count)++] = (ranked){oss_token_table_text(table, i), table->token[i].count, i};
        }
    }
    if (most > 0 && *out_count > (size_t)most) {
        qsort(*out, *out_count, sizeof **out, by_count);
        *out_count = (size_t)most;
    }
    return OSS_OK;
}

/* The texts stay where they are from here on. */
static oss_status number_words(oss_corpus *corpus, ranked *rank, size_t count) {
    const oss_token_table *table = &corpus->table;
    corpus->words = OSS_NGRAM_SPECIALS;
    corpus->known = oss_alloc_zero(table->tokens, sizeof *corpus->known);
    corpus->word = oss_alloc(count + OSS_NGRAM_SPECIALS, sizeof *corpus->word);
    if (corpus->known == NULL || corpus->word == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(corpus->word, special, sizeof special);
    for (size_t i = 0; i < count; i++) {
        rank[i].text = oss_token_table_text(table, rank[i].token);
    }
    qsort(rank, count, sizeof *rank, by_text);
    for (size_t i = 0; i < count; i++) {
        corpus->known[rank[i].token] = corpus->words;
        corpus->word[corpus->words++] = rank[i].text;
    }
    for (uint32_t i = 0; i < table->tokens; i++) {
        corpus->unknown += corpus->known[i] == OSS_NGRAM_UNKNOWN ? (int64_t)table->token[i].count : 0;
    }
    return OSS_OK;
}

oss_status oss_corpus_close_vocab(oss_corpus *corpus) {
    ranked *rank = NULL;
    size_t count = 0;
    bool is_listed = corpus->options.units != NULL || corpus->options.vocab_path != NULL;
    oss_status status = is_listed ? rank_listed(corpus, &rank, &count) : rank_counted(corpus, &rank, &count);
    if (status == OSS_OK) {
        status = number_words(corpus, rank, count);
    }
    oss_free(rank);
    return status;
}

/* ---- Walking ---- */

static oss_status walk_numbers(const oss_corpus *corpus, const uint32_t *number, size_t count,
                               oss_sentence_token take, void *context) {
    oss_status status = OSS_OK;
    for (size_t i = 0; i < count && status == OSS_OK; i++) {
        status = take(context, number[i] == SENTENCE_END ? OSS_NGRAM_END : corpus->known[number[i]]);
    }
    return status;
}

oss_status oss_corpus_walk(oss_corpus *corpus, oss_sentence_token take, void *context) {
    oss_status status = OSS_OK;
    if (corpus->scratch.fd < 0) {
        return walk_numbers(corpus, corpus->number, corpus->count, take, context);
    }
    status = flush(corpus);
    uint64_t left = corpus->scratch.bytes / sizeof *corpus->number, offset = 0;
    while (status == OSS_OK && left > 0) {
        size_t count = left < corpus->capacity ? (size_t)left : corpus->capacity;
        status = oss_scratch_read(&corpus->scratch, offset, corpus->number, count * sizeof *corpus->number);
        if (status == OSS_OK) {
            status = walk_numbers(corpus, corpus->number, count, take, context);
        }
        left -= count;
        offset += count * sizeof *corpus->number;
    }
    return status;
}
