/* Forced alignment: the best path of CTC through frames whose symbols are known (Kürzinger et al. 2020; torchaudio's
 * forced_align), exact, in memory linear in frames and in symbols: the frames are halved at the state that the best path
 * through all of them has in the middle (Hirschberg 1975), until a part is small enough for a matrix.
 *
 * Scores of a frame are relative to its best symbol, which has 0. */
#ifndef OSS_DECODE_ALIGN_H
#define OSS_DECODE_ALIGN_H

#include "decode/best_path.h"

/* What is looked for. At cuts, places between symbols, there may be sounds that no symbol tells of; and what is between two
 * cuts may not have been said at all. */
typedef struct oss_align_text {
    const int32_t *id; /* [symbols], none of them the blank */
    int64_t symbols;
    const int64_t
        *cut; /* [cuts], rising, 0 to symbols: before symbol cut[i], or behind the last; NULL: none */
    int64_t cuts;
    float wild_price; /* of a frame of other sounds at a cut, above 0 */
    const float *
        skip_price; /* [cuts] of what is between cut[i - 1] and cut[i], above 0; [0] is not looked at; it takes a frame */
} oss_align_text;

typedef struct oss_aligned {
    int64_t begin, end; /* frames of the symbol; end = begin: not said */
} oss_aligned;

/* Frames of other sounds at a cut, from the first to the last of them; begin = end: there are none. */
typedef struct oss_align_wild {
    int64_t begin, end;
} oss_align_wild;

/* Fewest frames that the symbols take: one each, and a blank between equal ones. */
int64_t oss_align_frames(const int32_t *id, int64_t symbols);

/* aligned[symbols] and wild[cuts] (NULL when there are no cuts). What is not a number has no probability. Of equal paths the
 * one that stays longest in the later state, as far as one matrix reaches. OSS_EINPUT: the symbols need more frames than there are (oss_align_frames; the message has both numbers), whatever might be passed over;
 * OSS_ENOMEM. */
oss_status oss_align(oss_aligned *aligned, oss_align_wild *wild, const oss_align_text *text,
                     const float *logits, int64_t t, int32_t v);

/* The symbols that were said as a path, as if they had been the best ones of their frames, so that words, times and
 * confidences come of it as of any other (decode/path_words.h): appended to `path`, whose frames are counted on by t.
 * OSS_ENOMEM. */
oss_status oss_aligned_path(oss_best_path *path, const oss_aligned *aligned, const int32_t *id,
                            int64_t symbols, const float *logits, int64_t t, int32_t v);

/* The path of a text without cuts through the frames, appended to `path` in the same way; its first symbol begins anew,
 * whatever the path ended with. OSS_EINPUT: the symbols need more frames than there are; OSS_ENOMEM. */
oss_status oss_align_path(oss_best_path *path, const float *logits, int64_t t, int32_t v, const int32_t *id,
                          int64_t symbols);

#endif
