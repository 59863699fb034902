#include "base/mem.h"
#include "score/path_internal.h"

oss_status oss_path_begin(oss_word_path *path, const oss_word_net *reference,
                          const oss_word_net *hypothesis) {
    path->edits = 0;
    path->edit = oss_alloc((size_t)reference->arcs + (size_t)hypothesis->arcs, sizeof *path->edit);
    return path->edit == NULL ? OSS_ENOMEM : OSS_OK;
}

void oss_path_put(oss_word_path *path, oss_word_edit_kind kind, int32_t reference, int32_t hypothesis) {
    path->edit[path->edits++] = (oss_word_edit){kind, reference, hypothesis};
}

void oss_path_turn(oss_word_path *path) {
    for (int32_t i = 0, j = path->edits - 1; i < j; i++, j--) {
        oss_word_edit first = path->edit[i];
        path->edit[i] = path->edit[j];
        path->edit[j] = first;
    }
}
