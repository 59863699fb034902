/* The best path through logits that come piece by piece (Graves et al. 2006): which symbols, on which frames, and how
 * probable. The symbols are those of greedy.h over all frames at once. */
#ifndef OSS_DECODE_BEST_PATH_H
#define OSS_DECODE_BEST_PATH_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_best_path_symbol {
    int32_t id;
    float probability;  /* the largest of its frames */
    int64_t begin, end; /* frames on which it is the best symbol */
} oss_best_path_symbol;

typedef struct oss_best_path {
    oss_best_path_symbol *symbol; /* [symbols]; owned */
    int64_t symbols, capacity;
    int64_t first_frame; /* where it began */
    int64_t frames;      /* that came, from 0 */
    int32_t last;        /* best symbol of the last frame */
} oss_best_path;

/* Zero-initialise. */
void oss_best_path_deinit(oss_best_path *path);
/* Frames path->frames and on: logits[T,V]. OSS_ENOMEM: the path is what it was before. */
oss_status oss_best_path_add(oss_best_path *path, const float *logits, int32_t t, int32_t v);
/* No symbols any more; frames are counted on. A symbol that goes on over the cut begins anew. */
void oss_best_path_forget(oss_best_path *path);

#endif
