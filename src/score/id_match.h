/* Finding the same ids in two files. */
#ifndef OSS_SCORE_ID_MATCH_H
#define OSS_SCORE_ID_MATCH_H

#include "base/strbuf.h"
#include "score/score_pairs.h"

/* found[reference->count]: the number of the hypothesis with the same id; -1: none. *out_by_names: ids are the same only without
 * folders and endings. OSS_EINPUT: an id is there twice, or ids of the hypothesis are not in the reference, or the other way
 * round, where `missing` does not allow for that (see oss_score_missing; may_miss: the latter is no error in any case). */
oss_status oss_match_ids(int32_t *found, bool *out_by_names, const oss_transcripts *reference,
                         const oss_transcripts *hypothesis, const oss_score_pairs_options *options,
                         bool may_miss);

/* Appends up to five of the ids to `out`, then how many more there are. */
typedef struct oss_id_list {
    oss_strbuf text;
    int32_t count;
} oss_id_list;
void oss_id_list_add(oss_id_list *list, const char *id);

/* OSS_OK when nothing is missing; what is missing or unknown is named else. */
oss_status oss_refuse_ids(const oss_transcripts *reference, const oss_transcripts *hypothesis,
                          const oss_id_list *missing, const oss_id_list *unknown);

#endif
