#include "infer/align_text.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "text/unicode.h"

typedef struct reader {
    oss_align_words *to;
    const oss_vocab *vocab;
    oss_case policy;
    const oss_align_how *how;
    int32_t line, segment;
    int32_t space; /* -1: the vocabulary has none, or units that begin with it */
} reader;

/* ---- Arrays that grow ---- */

static oss_status grow(void **block, int64_t *capacity, int64_t needed, size_t size) {
    if (needed <= *capacity) {
        return OSS_OK;
    }
    int64_t more = 2 * needed;
    void *grown = oss_resize(*block, (size_t)more, size);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    *block = grown;
    *capacity = more;
    return OSS_OK;
}

static oss_status add_id(oss_align_words *to, int32_t id) {
    void *block = to->id;
    oss_status status = grow(&block, &to->id_capacity, to->ids + 1, sizeof *to->id);
    to->id = block;
    if (status == OSS_OK) {
        to->id[to->ids++] = id;
    }
    return status;
}

static oss_status add_cut(oss_align_words *to, bool wildcard) {
    if (to->cuts > 0 && to->cut[to->cuts - 1] == to->ids) {
        to->wildcard[to->cuts - 1] |= wildcard;
        return OSS_OK;
    }
    void *cut = to->cut, *flag = to->wildcard;
    oss_status status = grow(&cut, &to->cut_capacity, to->cuts + 1, sizeof *to->cut);
    to->cut = cut;
    if (status == OSS_OK) {
        status = grow(&flag, &to->wildcard_capacity, to->cuts + 1, sizeof *to->wildcard);
        to->wildcard = flag;
    }
    if (status == OSS_OK) {
        to->wildcard[to->cuts] = wildcard;
        to->cut[to->cuts++] = to->ids;
    }
    return status;
}

/* ---- Characters ---- */

/* What is written and not said. */
static bool is_silent(uint32_t c) {
    static const char ascii[] = ".,;:!?\"'()[]{}-_*/\\`~|^";
    if (c < 0x80) {
        return c == ' ' || strchr(ascii, (int)c) != NULL;
    }
    return c == 0xA1 || c == 0xAB || c == 0xB7 || c == 0xBB || c == 0xBF || (c >= 0x2010 && c <= 0x205E) ||
           (c >= 0x3000 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011) || c == 0xFF01 || c == 0xFF0C ||
           c == 0xFF1A || c == 0xFF1B || c == 0xFF1F;
}

static bool is_hyphen(uint32_t c) {
    return c == '-' || (c >= 0x2010 && c <= 0x2014);
}

static bool has_character(const reader *r, uint32_t c) {
    char symbol[5];
    (void)oss_text_encode(symbol, c);
    return oss_vocab_find(r->vocab, symbol) >= 0;
}

/* The word with what can be spelt of it, and what cannot. Curly apostrophes become straight ones, hyphens spaces, where the
 * vocabulary has only these. */
static void sift(const reader *r, const char *normal, oss_strbuf *spelt, oss_strbuf *unknown) {
    const char *cursor = normal;
    oss_strbuf_append(spelt, "");
    oss_strbuf_append(unknown, "");
    for (uint32_t c = oss_text_next(&cursor); c != 0; c = oss_text_next(&cursor)) {
        char symbol[5];
        uint32_t as = has_character(r, c)             ? c
                      : c == 0x2019 || c == 0x2BC     ? '\''
                      : is_hyphen(c) && r->space >= 0 ? ' '
                                                      : c;
        (void)oss_text_encode(symbol, as);
        if (has_character(r, as)) {
            oss_strbuf_append(spelt, symbol);
        } else if (!is_silent(c)) {
            oss_strbuf_append(unknown, symbol);
        }
    }
}

static bool ends_sentence(const char *text) {
    static const char *const closing[] = {"\"", "'", ")", "]", "\xe2\x80\x9d", "\xe2\x80\x99", "\xc2\xbb"};
    static const char *const end[] = {".",           "!", "?", "\xe2\x80\xa6", "\xe3\x80\x82", "\xef\xbc\x81",
                                      "\xef\xbc\x9f"};
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        size_t n = strlen(closing[i]);
        if (length > n && memcmp(text + length - n, closing[i], n) == 0) {
            length -= n;
            i = (size_t)-1;
        }
    }
    for (size_t i = 0; i < sizeof end / sizeof *end; i++) {
        size_t n = strlen(end[i]);
        if (length >= n && memcmp(text + length - n, end[i], n) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Words ---- */

static oss_status add_symbols(reader *r, oss_text_word *word, const char *spelt) {
    int32_t *id = NULL, ids = 0;
    oss_align_words *to = r->to;
    oss_status status = oss_vocab_encode(r->vocab, &id, &ids, NULL, spelt);
    if (status == OSS_OK && ids > 0 && r->space >= 0 && to->ids > 0) {
        status = add_id(to, r->space);
    }
    word->first = to->ids;
    for (int32_t i = 0; i < ids && status == OSS_OK; i++) {
        /* the space that units begin with is no word by itself when a character is left out behind it */
        bool is_edge = r->space >= 0 && id[i] == r->space && (i == 0 || i == ids - 1);
        status = is_edge ? OSS_OK : add_id(to, id[i]);
    }
    word->symbols = (int32_t)(to->ids - word->first);
    oss_free(id);
    return status;
}

static oss_status fill_word(reader *r, oss_text_word *word, const char *normal) {
    oss_strbuf spelt = {0}, unknown = {0};
    sift(r, normal, &spelt, &unknown);
    oss_status status = oss_strbuf_ok(&spelt) ? add_symbols(r, word, spelt.data) : OSS_ENOMEM;
    oss_strbuf_deinit(&spelt);
    word->unknown = oss_strbuf_take(&unknown);
    return status == OSS_OK && word->unknown == NULL ? OSS_ENOMEM : status;
}

static oss_status add_word(reader *r, char *text) {
    oss_align_words *to = r->to;
    void *block = to->word;
    char *normal = NULL;
    oss_status status = grow(&block, &to->word_capacity, to->words + 1, sizeof *to->word);
    to->word = block;
    if (status == OSS_OK) {
        status = to->words < INT32_MAX ? oss_text_normalize(&normal, text, r->policy)
                                       : oss_fail(OSS_EINPUT, "the text has too many words");
    }
    if (status != OSS_OK || *normal == '\0') {
        oss_free(normal);
        oss_free(text);
        return status;
    }
    oss_text_word *word = &to->word[to->words++];
    *word = (oss_text_word){.text = text, .line = r->line, .segment = r->segment};
    status = fill_word(r, word, normal);
    oss_free(normal);
    bool ends = ends_sentence(text);
    r->segment += ends;
    return status == OSS_OK && !r->how->exact && ends ? add_cut(to, false) : status;
}

static oss_status take_word(reader *r, const char *begin, const char *end) {
    char *text = oss_strndup(begin, (size_t)(end - begin));
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    if (r->how->wildcard != NULL && strcmp(text, r->how->wildcard) == 0) {
        oss_free(text);
        return add_cut(r->to, true);
    }
    return add_word(r, text);
}

static oss_status read_words(reader *r, const char *text) {
    oss_status status = OSS_OK;
    const char *begin = NULL, *cursor = text;
    for (bool ended = false; !ended && status == OSS_OK;) {
        const char *here = cursor;
        uint32_t c = oss_text_next(&cursor);
        ended = c == 0;
        bool space = ended || oss_text_is_space(c);
        if (space && begin != NULL) {
            status = take_word(r, begin, here);
            begin = NULL;
        } else if (!space && begin == NULL) {
            begin = here;
        }
        if (c == '\n') {
            status = status == OSS_OK && !r->how->exact ? add_cut(r->to, false) : status;
            r->line++;
            r->segment++;
        }
    }
    return status;
}

oss_status oss_align_words_read(oss_align_words *out, const char *text, const oss_model *model,
                                const oss_align_how *how) {
    bool spaced = oss_vocab_units(model->vocab) == OSS_UNITS_CHAR;
    reader r = {.to = out,
                .vocab = model->vocab,
                .policy = model->config.text_case,
                .how = how,
                .segment = 1,
                .space = spaced ? oss_vocab_find(model->vocab, " ") : -1};
    int64_t bad = oss_text_invalid_offset(text, strlen(text));
    if (bad >= 0) {
        return oss_fail(OSS_EINPUT, "the text is not UTF-8 at byte %lld: save it as UTF-8", (long long)bad);
    }
    oss_status status = how->exact ? OSS_OK : add_cut(out, false);
    if (status == OSS_OK) {
        status = read_words(&r, text);
    }
    return status == OSS_OK && !how->exact ? add_cut(out, false) : status;
}

void oss_align_words_deinit(oss_align_words *words) {
    for (int64_t i = 0; i < words->words; i++) {
        oss_free(words->word[i].text);
        oss_free(words->word[i].unknown);
    }
    oss_free(words->word);
    oss_free(words->id);
    oss_free(words->cut);
    oss_free(words->wildcard);
    *words = (oss_align_words){0};
}
