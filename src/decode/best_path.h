/* The best path through logits that come piece by piece (Graves et al. 2006): which symbols, when, and how sure. The
 * symbols are those of greedy.h over all frames at once; how the frames are cut into pieces changes nothing. */
#ifndef OSS_DECODE_BEST_PATH_H
#define OSS_DECODE_BEST_PATH_H

#include <stdint.h>

#include "ossicle/status.h"

typedef struct oss_best_path_symbol {
    int32_t id;
    float probability; /* the largest of its frames */
    float entropy;     /* of all symbols on a frame, nats: the least of its frames */
    /* Sums over its frames and the blank ones behind them: -ln p of the best symbol; entropies. */
    float cost, doubt;
    float weight, moment; /* see oss_best_path_center */
    int64_t begin, end;   /* frames on which it is the best symbol */
} oss_best_path_symbol;

typedef struct oss_best_path {
    oss_best_path_symbol *symbol; /* [symbols]; owned */
    int64_t symbols, capacity;
    int64_t first_frame; /* where it began */
    int64_t frames;      /* that came, from 0 */
    int32_t last;        /* best symbol of the last frame */
    int32_t v;           /* 0: no frame came yet */
    float *below;        /* [v] logits below the best one; the block of the next two, owned */
    float *now, *before; /* [v] probabilities of this frame and the one before it */
} oss_best_path;

/* Zero-initialise. */
void oss_best_path_deinit(oss_best_path *path);
/* Frames path->frames and on: logits[T,V], V the same in all calls. What is not a number has no probability. OSS_ENOMEM:
 * the path is what it was before. */
oss_status oss_best_path_add(oss_best_path *path, const float *logits, int32_t t, int32_t v);
/* The same, but the path takes label[t] instead of the best symbols: another way through the same frames (decode/align.h);
 * costs are those of its labels. */
oss_status oss_best_path_follow(oss_best_path *path, const float *logits, int32_t t, int32_t v,
                                const int32_t *label);
/* No symbols any more; frames are counted on. A symbol that goes on over the cut begins anew. */
void oss_best_path_forget(oss_best_path *path);

/* *to becomes a copy of *from, in memory that it has as far as that is enough. OSS_ENOMEM: *to is as it was. */
oss_status oss_best_path_copy(oss_best_path *to, const oss_best_path *from);

/* The middle of a symbol, in frames from the first (the middle of frame t is t + 0.5): the mean of its frames and of the
 * blank ones beside them, weighted by its probability. Later than that of the symbol before it. */
double oss_best_path_center(const oss_best_path_symbol *symbol);

#endif
