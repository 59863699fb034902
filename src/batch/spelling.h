/* How a drawn row is spelled: by the labels that it has, or, with bpe_dropout, in units drawn anew for every
 * draw (text/bpe.h) as a function of (seed, key of the draw). The plan of an epoch knows the spelling's
 * lengths before any audio is made; the loader writes the labels. */
#ifndef OSS_BATCH_SPELLING_H
#define OSS_BATCH_SPELLING_H

#include "dataset/manifest.h"

typedef struct oss_spelling {
    int32_t labels;
    int32_t needed;      /* frames (kernel/lengths.h) */
    int32_t first, last; /* labels; 0 when there are none */
    bool drawn;          /* false: as row->label says */
} oss_spelling;

/* Whether spellings are drawn. */
bool oss_spelling_varies(const oss_manifest *manifest, const oss_config *config);
oss_spelling oss_spelling_plain(const oss_row *row);
/* The drawn one, with the labels in to[oss_spelling_room(row)]. No heap call. */
oss_spelling oss_spelling_draw(int32_t *to, const oss_manifest *manifest, const oss_config *config,
                               const oss_row *row, uint32_t key);
/* Labels that any spelling of the row needs room for, while it is made. */
int32_t oss_spelling_room(const oss_row *row);

#endif
