#include "batch/spelling.h"

#include <string.h>

#include "kernel/lengths.h"

static oss_spelling describe(const int32_t *label, int32_t labels, bool drawn) {
    return (oss_spelling){.labels = labels,
                          .needed = oss_len_ctc_needed(label, labels),
                          .first = labels > 0 ? label[0] : 0,
                          .last = labels > 0 ? label[labels - 1] : 0,
                          .drawn = drawn};
}

bool oss_spelling_varies(const oss_manifest *manifest, const oss_config *config) {
    return manifest->vocab != NULL && config->augmentation.bpe_dropout > 0.0;
}

oss_spelling oss_spelling_plain(const oss_row *row) {
    return describe(row->label, row->labels, false);
}

oss_spelling oss_spelling_draw(int32_t *to, const oss_manifest *manifest, const oss_config *config,
                               const oss_row *row, uint32_t key) {
    memcpy(to, row->character, (size_t)row->characters * sizeof *to);
    int32_t labels = oss_vocab_draw(manifest->vocab, to, row->characters, config->augmentation.bpe_dropout,
                                    config->training.seed, key);
    return describe(to, labels, true);
}

int32_t oss_spelling_room(const oss_row *row) {
    return row->characters > row->labels ? row->characters : row->labels;
}
