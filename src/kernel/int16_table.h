/* What int16_lanes.c gives per ISA to int16.c and int16_attention.c. A pair is two neighbours along a sum, in 32 bits. */
#ifndef OSS_KERNEL_INT16_TABLE_H
#define OSS_KERNEL_INT16_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Largest integers. Sums stay below 2^31: 9 * 16383 * 8191 in the convolution; 4095 * (2^18 + 2^18 / 2) for weights of v,
 * which add up to 2^18 but for rounding, and of which there are at most 2^18. */
enum {
    OSS_INT16_FEATURE = 16383,
    OSS_INT16_TAP = 8191,
    OSS_INT16_VALUE = 4095,
    OSS_INT16_MAX_WEIGHTS = 1 << 18
};
/* Of q and k: d squares. */
static inline int32_t oss_int16_largest_key(int32_t d) {
    return d <= 128 ? 4095 : d <= 512 ? 2047 : 1023;
}

/* c[i,j] = scale[i] * sum over p of a[i,p] b[p,j], strides in pairs, c's in floats. */
typedef struct oss_int16_tile {
    const int32_t *a;
    ptrdiff_t a_row, a_step;
    const int32_t *b; /* readable for whole vectors */
    ptrdiff_t b_step;
    int32_t k; /* steps */
    float *c;
    ptrdiff_t c_row;
    int32_t columns;
    const float *scale;
    ptrdiff_t scale_row;
} oss_int16_tile;

/* One row of a convolution. Pairs: of input cells (2v - 1, 2v), (2v + 1, 2v + 2) for output cell v. */
typedef struct oss_int16_conv_row {
    const int32_t *x; /* [segments][stride] */
    ptrdiff_t stride;
    int32_t segments;
    const int32_t *w; /* [segments][2][co in whole vectors of any ISA] */
    float x_scale;
    const float *w_scale; /* of whole vectors */
    const float *bias;    /* [co] */
    int32_t fo, co;
    float *y; /* [fo,co] */
} oss_int16_conv_row;

typedef struct oss_int16_table {
    int32_t lanes;
    int32_t max_vectors;                                                    /* widths are 1, 2 and this */
    void (*run)(const oss_int16_tile *tile, int32_t rows, int32_t vectors); /* any number of rows */
    void (*conv_row)(const oss_int16_conv_row *row);
    /* The largest size of x[n] over `largest`; NaN when it is not finite. */
    float (*scale_of)(const float *x, int32_t n, int32_t largest);
    /* y[i] = x[i] / scale as an integer; 0 where scale is 0 or NaN. y[n..end-1] = 0 */
    void (*round)(int16_t *y, const float *x, int32_t n, int32_t end, float scale);
    /* st[keys,width] are scores of queries (lanes) against keys, and become pairs of weights of v, in place, of which the
     * first holds no first key when `odd`. A weight is e^(factor[i] (st - max)) v_scale[j], as an integer; factor[i]
     * becomes what brings a sum over them back. v_scale has stride v_row. */
    void (*softmax)(float *st, int32_t keys, int32_t width, int32_t odd, float *factor, const float *v_scale,
                    ptrdiff_t v_row);
} oss_int16_table;

/* The table of the ISA in use, with or without VNNI. */
const oss_int16_table *oss_int16_table_get(void);

#endif
