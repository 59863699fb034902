/* Texts to ids and back. */

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "text/unicode.h"
#include "text/vocab_internal.h"

oss_status oss_vocab_spell(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count, const char *text) {
    bool leads = vocab->units == OSS_UNITS_BPE && *text != '\0'; /* a space before the first word */
    int64_t length = oss_text_length(text) + leads;
    if (length > INT32_MAX) {
        return oss_fail(OSS_EINPUT, "a text of %lld characters is too long for one utterance",
                        (long long)length);
    }
    int32_t *ids = oss_alloc((size_t)length, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < (int32_t)length; i++) {
        int32_t id = leads && i == 0 ? vocab->space : oss_vocab_find_character(vocab, oss_text_next(&text));
        ids[i] = id < 0 ? OSS_VOCAB_UNK : id;
    }
    *out_ids = ids;
    *out_count = (int32_t)length;
    return OSS_OK;
}

static int32_t count_unknown(const int32_t *ids, int32_t count) {
    int32_t unknown = 0;
    for (int32_t i = 0; i < count; i++) {
        unknown += ids[i] == OSS_VOCAB_UNK;
    }
    return unknown;
}

oss_status oss_vocab_encode(const oss_vocab *vocab, int32_t **out_ids, int32_t *out_count,
                            int32_t *out_unknown, const char *text) {
    int32_t *ids = NULL;
    int32_t count = 0;
    oss_status status = oss_vocab_spell(vocab, &ids, &count, text);
    if (status == OSS_OK && vocab->units == OSS_UNITS_BPE) {
        status = oss_bpe_merge(&vocab->pair, ids, &count);
    }
    if (status != OSS_OK) {
        oss_free(ids);
        return status;
    }
    *out_ids = ids;
    *out_count = count;
    if (out_unknown != NULL) {
        *out_unknown = count_unknown(ids, count);
    }
    return OSS_OK;
}

int32_t oss_vocab_draw(const oss_vocab *vocab, int32_t *id, int32_t count, double dropout, uint64_t seed,
                       uint32_t key) {
    return oss_bpe_draw(&vocab->pair, id, count, vocab->space, dropout, seed, key);
}

oss_status oss_vocab_decode(const oss_vocab *vocab, char **out, const int32_t *ids, int32_t count) {
    oss_strbuf text = {0};
    oss_strbuf_append(&text, "");
    for (int32_t i = 0; i < count; i++) {
        if (ids[i] <= OSS_VOCAB_BLANK || ids[i] >= vocab->size) {
            oss_strbuf_deinit(&text);
            return oss_fail(OSS_EUSAGE,
                            "id %d at place %d is no symbol of a text: the vocabulary has ids 1 to %d",
                            (int)ids[i], (int)i, (int)vocab->size - 1);
        }
        const char *symbol = ids[i] == OSS_VOCAB_UNK ? "\xef\xbf\xbd" : oss_vocab_place(vocab, ids[i]);
        bool leads = vocab->units == OSS_UNITS_BPE && i == 0 && symbol[0] == ' ';
        oss_strbuf_append(&text, symbol + leads);
    }
    char *result = oss_strbuf_take(&text);
    if (result == NULL) {
        return OSS_ENOMEM;
    }
    *out = result;
    return OSS_OK;
}
