/* Forced alignment: the best path of CTC through frames whose symbols are known (Kürzinger et al. 2020; torchaudio's
 * forced_align), in memory linear in frames and in symbols (Hirschberg 1975's division, or checkpoints of columns). */
#ifndef OSS_DECODE_ALIGN_H
#define OSS_DECODE_ALIGN_H

#include "decode/best_path.h"

/* In place of a symbol: any sounds or none, at a fixed price a frame: for what the text leaves out. */
#define OSS_ALIGN_WILDCARD (-1)

typedef struct oss_aligned {
    int64_t begin, end; /* frames of the symbol, end > begin, but for a wildcard that took none */
    float probability;  /* mean of its frames; 0 for a wildcard */
} oss_aligned;

typedef struct oss_align_options {
    double wildcard_logp; /* price of a frame in a wildcard */
} oss_align_options;

/* out[symbols] of id[symbols], in order. OSS_EINPUT: the symbols need more frames than there are (says both numbers). */
oss_status oss_align(oss_aligned *out, double *out_logp, const float *logits, int64_t t, int32_t v,
                     const int32_t *id, int64_t symbols, const oss_align_options *options);

/* The same as a path, as if its symbols had been the best ones of their frames, so that words, times and confidences come of
 * it as of any other (decode/path_words.h): appended to `path`, whose frames are counted on by t. No wildcards. */
oss_status oss_align_path(oss_best_path *path, const float *logits, int32_t t, int32_t v, const int32_t *id,
                          int32_t symbols);

#endif
