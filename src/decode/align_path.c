#include "base/mem.h"
#include "decode/align.h"
#include "decode/align_labels.h"
#include "text/vocab.h"

oss_status oss_align_path(oss_best_path *path, const float *logits, int32_t t, int32_t v, const int32_t *id,
                          int32_t symbols) {
    int32_t *label = oss_alloc((size_t)t + 1, sizeof *label);
    oss_status status = label != NULL ? OSS_OK : OSS_ENOMEM;
    if (status == OSS_OK) {
        status = oss_align_labels(label, NULL, logits, t, v, id, symbols);
    }
    if (status == OSS_OK && t > 0 && label[0] == path->last) {
        path->last = OSS_VOCAB_BLANK; /* a symbol of its own */
    }
    if (status == OSS_OK) {
        status = oss_best_path_follow(path, logits, t, v, label);
    }
    oss_free(label);
    return status;
}
