#include "decode/symbol_text.h"

#include "base/mem.h"
#include "decode/greedy.h"

oss_status oss_symbol_text(char **out, const oss_vocab *vocab, oss_case policy, const int32_t *ids,
                           int32_t count) {
    char *text = NULL;
    oss_status status = oss_vocab_decode(vocab, &text, ids, count);
    if (status == OSS_OK) {
        status = oss_text_normalize(out, text, policy);
        oss_free(text);
    }
    return status;
}

oss_status oss_logits_text(char **out, const oss_vocab *vocab, oss_case policy, const float *logits,
                           int32_t t) {
    int32_t *ids = oss_alloc((size_t)t, sizeof *ids);
    if (ids == NULL) {
        return OSS_ENOMEM;
    }
    int32_t count = oss_ctc_greedy(ids, logits, t, oss_vocab_size(vocab));
    oss_status status = oss_symbol_text(out, vocab, policy, ids, count);
    oss_free(ids);
    return status;
}
