/* Which words are taken for which. */
#ifndef OSS_SCORE_CONFUSIONS_H
#define OSS_SCORE_CONFUSIONS_H

#include "score/scoreboard.h"

/* One of them is NULL for an insertion or a deletion. */
typedef struct oss_confusion {
    const char *reference, *hypothesis; /* the scoreboard's */
    int64_t count;
} oss_confusion;

typedef struct oss_confusions {
    oss_confusion
        *item; /* [count], the most frequent first, then by the bytes of the reference and the hypothesis */
    int32_t count;
} oss_confusions;

/* All errors of one kind, but OSS_WORD_CORRECT, that the system made. Free with oss_free(item). OSS_ENOMEM. */
oss_status oss_confusions_count(oss_confusions *out, const oss_scoreboard *board, int32_t system,
                                oss_word_edit_kind kind);

#endif
