/* What int8 inference computes with integers of 16 bits, where 8 would cost words: the convolution of one channel, and
 * attention. Sums are exact in int32; the rest is float32, multiplied and added one by one: the same bits on every ISA,
 * for numbers that are 0 or not tiny (2^-100). What meets NaN or infinity becomes NaN. */
#ifndef OSS_KERNEL_INT16_H
#define OSS_KERNEL_INT16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/attention.h"

/* ---- The convolution of conv2d.h for one channel ---- */

/* w[co,1,3,3] as integers of 14 bits with one scale for each output, for the ISA in use (oss_cpu_force makes it stale). */
size_t oss_k_int16_conv2d_packed_floats(int32_t co);
void oss_k_int16_conv2d_pack(float *packed, const float *w, int32_t co);

/* Output row `row` of y[To,Fo,co] to y[Fo,co], from x[t,f], whose numbers are taken as integers of 15 bits with one scale
 * for the rows that this one sees. scratch[oss_k_int16_conv2d_scratch_floats(f)]. */
size_t oss_k_int16_conv2d_scratch_floats(int32_t f);
void oss_k_int16_conv2d_row(float *y, const float *x, const float *packed, const float *bias, int32_t t,
                            int32_t f, int32_t co, int32_t row, float *scratch);

/* ---- Attention ---- */

/* q, k and v of S frames as integers, with one scale for each head of a row. D is rounded up to pairs in q and k, and to 16
 * in v, where two frames lie side by side; what does not exist is 0. */
typedef struct oss_int16_qkv {
    int32_t s, heads, d;
    int16_t *q, *k; /* [S, H, D] */
    int16_t *v;     /* [S/2, H, D, 2] */
    float *scale;   /* [S, 3, H] */
} oss_int16_qkv;

enum { OSS_INT16_MAX_KEYS = 1 << 18, OSS_INT16_MAX_HEAD = 2048 };

/* Lays it out in memory[oss_k_int16_qkv_bytes], 64-byte aligned. d up to OSS_INT16_MAX_HEAD. */
size_t oss_k_int16_qkv_bytes(int32_t s, int32_t heads, int32_t d);
oss_int16_qkv oss_k_int16_qkv_place(void *memory, int32_t s, int32_t heads, int32_t d);

/* Rows [begin, begin + rows) from qkv[rows,3,H,D]. Rows may be cut anywhere among threads: same bits. */
void oss_k_int16_qkv_set(const oss_int16_qkv *to, const float *qkv, int32_t begin, int32_t rows);

/* v[end - begin, H, D]: v of rows [begin, end) as floats, scale and all. */
void oss_k_int16_qkv_values(float *v, const oss_int16_qkv *qkv, int32_t begin, int32_t end);

/* Moves rows [begin, s) to the front, for frames to come behind them: set `s` anew then, up to what it was laid out for. */
void oss_k_int16_qkv_drop(const oss_int16_qkv *qkv, int32_t begin);

/* oss_k_attention_fwd without dropout, for query rows [row_begin, row_end): out[S,H,D]. A query sees at most
 * OSS_INT16_MAX_KEYS keys.
 * scratch[oss_k_int16_attention_scratch_floats(s, d)], 64-byte aligned for full speed. */
size_t oss_k_int16_attention_scratch_floats(int32_t s, int32_t d);
void oss_k_int16_attention(float *out, const oss_int16_qkv *qkv, int32_t row_begin, int32_t row_end,
                           const oss_attention_reach *reach, float *scratch);

#endif
