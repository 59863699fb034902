/* Softmax and dropout of a tile of scores that lies with queries in lanes and keys down the rows: maxima and
 * sums go down a column, so nothing is folded across lanes, no key count needs a masked tail, and a query's
 * numbers do not depend on which other queries share its tile. A Philox block draws for eight neighbouring
 * keys of one query: one block per lane serves eight rows as it comes. */
#include <stddef.h>

#include "kernel/attention_table.h"
#include "kernel/lanes.h"
#include "kernel/lanes_math.h"
#include "kernel/lanes_philox.h"

enum { DRAWS = 8 };

/* The counters of the blocks of keys 0..7, lane by lane, for the vector of queries that starts at `first`. */
LANES_INLINE lanes_u count_blocks(const oss_attention_mask *mask, int32_t first) {
    lanes_u lane;
    for (uint32_t i = 0; i < LANES; i++) {
        lane[i] = i;
    }
    return (lane + (uint32_t)first) * mask->row_blocks + mask->counter[0];
}

/* keep[e] = -1 where key e of the block is kept, else 0. */
LANES_INLINE void draw_keep(lanes_i keep[DRAWS], lanes_u block, const oss_attention_mask *mask) {
    lanes_u x[4] = {block, mask->counter[1] + (lanes_u){0}, mask->counter[2] + (lanes_u){0},
                    mask->counter[3] + (lanes_u){0}};
    lanes_philox(x, mask->key);
    const lanes_i threshold = lanes_set_i((int32_t)mask->threshold);
    for (int e = 0; e < DRAWS; e++) {
        lanes_u draw = e % 2 == 0 ? x[e / 2] & 0xffffU : x[e / 2] >> 16;
        keep[e] = (lanes_i)draw >= threshold;
    }
}

static void drop_column(float *st, int32_t s, int32_t width, lanes_u block, const oss_attention_mask *mask) {
    for (int32_t j = 0; j < s; j += DRAWS, block += 1U) {
        lanes_i keep[DRAWS];
        draw_keep(keep, block, mask);
        for (int32_t e = 0; e < DRAWS && j + e < s; e++) {
            float *at = st + (int64_t)(j + e) * width;
            lanes_store(at, (lanes_f)((lanes_i)lanes_load(at) & keep[e]));
        }
    }
}

/* Four running maxima, because one alone would wait for each comparison. NaN is passed over here and caught
 * by the sum. */
static lanes_f find_largest(const float *st, int32_t s, int32_t width) {
    lanes_f high[4];
    for (int k = 0; k < 4; k++) {
        high[k] = lanes_set(-__builtin_inff());
    }
    int32_t j = 0;
    for (; j + 4 <= s; j += 4) {
        for (int k = 0; k < 4; k++) {
            high[k] = lanes_max(lanes_load(st + (int64_t)(j + k) * width), high[k]);
        }
    }
    for (; j < s; j++) {
        high[0] = lanes_max(lanes_load(st + (int64_t)j * width), high[0]);
    }
    return lanes_max(lanes_max(high[0], high[1]), lanes_max(high[2], high[3]));
}

static void softmax(float *st, int32_t s, int32_t width, int32_t queries, float *lse, float *factor,
                    const oss_attention_mask *mask) {
    for (int32_t first = 0; first < width; first += LANES) {
        float *column = st + first;
        lanes_f largest = find_largest(column, s, width);
        lanes_f sum = lanes_set(0.0f);
        for (int32_t j = 0; j < s; j++) {
            float *at = column + (int64_t)j * width;
            lanes_f e = lanes_exp(lanes_load(at) - largest);
            lanes_store(at, e);
            sum += e;
        }
        lanes_store(factor + first, mask->scale / sum);
        int32_t n = queries - first < LANES ? queries - first : LANES;
        if (lse != NULL && n > 0) {
            lanes_store_n(lse + first, largest + lanes_log(sum), n);
        }
        if (mask->threshold > 0) {
            drop_column(column, s, width, count_blocks(mask, first), mask);
        }
    }
}

static void scale_rows(float *x, int32_t ld, const float *factor, int32_t rows, int32_t d) {
    for (int32_t r = 0; r < rows; r++) {
        float *row = x + (int64_t)r * ld;
        int32_t i = 0;
        for (; i + LANES <= d; i += LANES) {
            lanes_store(row + i, lanes_load(row + i) * factor[r]);
        }
        if (i < d) {
            lanes_store_n(row + i, lanes_load_n(row + i, d - i) * factor[r], d - i);
        }
    }
}

static void dot_rows(float *delta, const float *a, const float *b, int32_t ld, int32_t rows, int32_t d) {
    for (int32_t r = 0; r < rows; r++) {
        const float *p = a + (int64_t)r * ld;
        const float *q = b + (int64_t)r * ld;
        lanes_f sum = lanes_set(0.0f);
        for (int32_t i = 0; i < d; i += LANES) {
            int32_t n = d - i < LANES ? d - i : LANES;
            sum = lanes_fma(lanes_load_n(p + i, n), lanes_load_n(q + i, n), sum);
        }
        delta[r] = lanes_sum(sum);
    }
}

/* One vector of queries against up to eight keys; factor[e] is 0 or 1/(1-p). */
LANES_INLINE void step_bwd(float *st, float *dpt, int32_t width, int32_t keys, lanes_f lse, lanes_f delta,
                           float scale, const lanes_f *factor) {
    for (int32_t e = 0; e < keys; e++) {
        float *p_at = st + (int64_t)e * width;
        float *dp_at = dpt + (int64_t)e * width;
        lanes_f p = lanes_exp(lanes_load(p_at) - lse);
        lanes_f dp = lanes_load(dp_at);
        lanes_f kept = factor != NULL ? p * factor[e] : p;
        lanes_f slope = factor != NULL ? lanes_fms(dp, factor[e], delta) : dp - delta;
        lanes_store(p_at, kept);
        lanes_store(dp_at, scale * p * slope);
    }
}

static void softmax_bwd(float *st, float *dpt, int32_t s, int32_t width, int32_t queries, const float *lse,
                        const float *delta, float scale, const oss_attention_mask *mask) {
    for (int32_t first = 0; first < width; first += LANES) {
        int32_t n = queries - first < 0 ? 0 : queries - first < LANES ? queries - first : LANES;
        lanes_f lse_here = lanes_load_n(lse + first, n);
        lanes_f delta_here = lanes_load_n(delta + first, n);
        lanes_u block = count_blocks(mask, first);
        for (int32_t j = 0; j < s; j += DRAWS, block += 1U) {
            float *st_at = st + (int64_t)j * width + first;
            float *dpt_at = dpt + (int64_t)j * width + first;
            int32_t keys = s - j < DRAWS ? s - j : DRAWS;
            if (mask->threshold == 0) {
                step_bwd(st_at, dpt_at, width, keys, lse_here, delta_here, scale, NULL);
                continue;
            }
            lanes_i keep[DRAWS];
            lanes_f factor[DRAWS];
            draw_keep(keep, block, mask);
            for (int e = 0; e < DRAWS; e++) {
                factor[e] = (lanes_f)((lanes_i)lanes_set(mask->scale) & keep[e]);
            }
            step_bwd(st_at, dpt_at, width, keys, lse_here, delta_here, scale, factor);
        }
    }
}

const oss_attention_table OSS_LANES_TABLE(attention) = {
    .softmax = softmax,
    .scale_rows = scale_rows,
};
const oss_attention_bwd_table OSS_LANES_TABLE(attention_bwd) = {
    .dot_rows = dot_rows,
    .softmax_bwd = softmax_bwd,
};
