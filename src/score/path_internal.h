/* The two ways to an alignment; word_path.c chooses. Both add edits in any order they like, from the end. */
#ifndef OSS_SCORE_PATH_INTERNAL_H
#define OSS_SCORE_PATH_INTERNAL_H

#include "score/word_path.h"

/* Both nets are plain. */
oss_status oss_path_of_texts(oss_word_path *path, const oss_word_net *reference,
                             const oss_word_net *hypothesis, const oss_word_costs *costs);
oss_status oss_path_of_nets(oss_word_path *path, const oss_word_net *reference,
                            const oss_word_net *hypothesis, const oss_score_words *words,
                            const oss_word_costs *costs);

/* Edits are kept from the end to the beginning in edit[edits), which has room for one per arc of both; turned at the end. */
oss_status oss_path_begin(oss_word_path *path, const oss_word_net *reference, const oss_word_net *hypothesis);
void oss_path_put(oss_word_path *path, oss_word_edit_kind kind, int32_t reference, int32_t hypothesis);
void oss_path_turn(oss_word_path *path);

#endif
