/* Multi-head self-attention of one sequence, exact softmax computed in tiles, so that memory is linear in S.
 *   qkv[S,3,H,D]:  P_h = softmax(Q_h K_h^T / sqrt(D)),  out[S,H,D] = dropout(P_h) V_h
 * (Vaswani et al. 2017; the tiling and the backward from the row log-sums follow Dao et al. 2022.) */
#ifndef OSS_KERNEL_ATTENTION_H
#define OSS_KERNEL_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/vec.h"

/* How far a query sees. Frames are cut into chunks of `chunk`; query q of chunk j = floor(q / chunk) sees
 * keys max(0, j*chunk - left) to min(S, (j+1)*chunk) - 1: its own chunk and `left` frames before that. chunk
 * 0: all keys. (Dynamic chunks: Zhang et al., "Unified streaming and non-streaming two-pass end-to-end
 * model", 2020.) */
typedef struct oss_attention_reach {
    int32_t chunk, left;
} oss_attention_reach;

/* Frames [begin, end) of one chunk, which see keys [first_key, end). */
typedef struct oss_attention_chunk {
    int32_t begin, end, first_key;
} oss_attention_chunk;

/* The chunk of frame t of a sequence of s. reach NULL: all is seen. */
static inline oss_attention_chunk oss_attention_find_chunk(int32_t t, int32_t s,
                                                           const oss_attention_reach *reach) {
    if (reach == NULL || reach->chunk == 0 || reach->chunk >= s) {
        return (oss_attention_chunk){.begin = 0, .end = s, .first_key = 0};
    }
    oss_attention_chunk chunk = {.begin = t - t % reach->chunk};
    chunk.end = s - chunk.begin < reach->chunk ? s : chunk.begin + reach->chunk;
    chunk.first_key = chunk.begin > reach->left ? chunk.begin - reach->left : 0;
    return chunk;
}

/* Floats of scratch for one thread. */
size_t oss_k_attention_scratch_floats(int32_t s, int32_t d);

/* Query rows [row_begin, row_end) of all heads: rows may be split anywhere among threads with the same bits.
 * lse[H,S] = ln sum_j exp(score) per row, NULL in inference. dropout NULL or p 0: none; element index of the
 * mask is (h*S + q)*S8 + j - first with S8 = S rounded up to a multiple of 8, first the first key that q
 * sees. reach NULL: all keys. */
void oss_k_attention_fwd(float *out, float *lse, const float *qkv, int32_t s, int32_t heads, int32_t d,
                         int32_t row_begin, int32_t row_end, const oss_attention_reach *reach, float p,
                         const oss_dropout_key *dropout, float *scratch);

/* dqkv[S,3,H,D] stored (not added). */
void oss_k_attention_bwd(float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv,
                         int32_t s, int32_t heads, int32_t d, const oss_attention_reach *reach, float p,
                         const oss_dropout_key *dropout, float *scratch);

#endif
