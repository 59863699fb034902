/* The tiled stem against the same convolutions over the whole length: the same bytes, however the frames are
 * cut. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "infer/encoder_internal.h"
#include "kernel/conv2d.h"
#include "kernel/lengths.h"
#include "support/fill.h"
#include "support/suite.h"

typedef struct stem_case {
    int32_t layers, channels, bins;
    oss_k_format format; /* of all layers but the first */
    oss_encoder_weights weights;
    float *bias, *packed[OSS_MAX_CONVS];
    oss_arena arena; /* for the scratch */
    oss_stem_scratch scratch;
} stem_case;

enum { TASK_FRAMES = 32 };

static float *make_floats(size_t count, uint64_t seed, double scale) {
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    ck_assert_ptr_nonnull(x);
    oss_fill_f32(x, count, seed, scale);
    return x;
}

static stem_case make_case(oss_k_format format, int32_t layers, int32_t channels, int32_t bins) {
    stem_case c = {.layers = layers, .channels = channels, .bins = bins, .format = format};
    c.weights.layers = layers;
    c.bias = make_floats((size_t)channels, 7, 0.1);
    for (int32_t l = 0; l < layers; l++) {
        int32_t ci = l == 0 ? 1 : channels;
        float *w = make_floats((size_t)channels * (size_t)ci * 9, 11 + (uint64_t)l,
                               1.0 / (double)(3 * (l == 0 ? 1 : 8)));
        oss_k_weight *conv = &c.weights.conv[l];
        *conv = (oss_k_weight){.format = l > 0                  ? format
                                         : format == OSS_K_INT8 ? OSS_K_INT16
                                                                : OSS_K_FP32,
                               .conv = true,
                               .n = channels,
                               .k = ci,
                               .bias = c.bias};
        c.packed[l] = make_floats(oss_k_weight_floats(conv), 0, 0.0);
        oss_k_weight_pack(conv, c.packed[l], w);
        conv->packed = c.packed[l];
        c.weights.bins[l] = bins;
        free(w);
        bins = oss_len_conv(bins);
    }
    c.weights.proj = (oss_k_weight){.format = format, .n = 1, .k = bins * channels};
    oss_arena measure;
    oss_arena_init_measuring(&measure);
    oss_stem_scratch_take(&c.scratch, &measure, &c.weights, TASK_FRAMES);
    ck_assert_int_eq(oss_arena_init(&c.arena, measure.peak_bytes), OSS_OK);
    oss_stem_scratch_take(&c.scratch, &c.arena, &c.weights, TASK_FRAMES);
    ck_assert(oss_arena_is_live(&c.arena));
    return c;
}

static void free_case(stem_case *c) {
    for (int32_t l = 0; l < c->layers; l++) {
        free(c->packed[l]);
    }
    free(c->bias);
    oss_arena_deinit(&c->arena);
}

/* All layers over their whole lengths: rows of the projection's input. */
static unsigned char *run_whole(const stem_case *c, const float *features, int32_t frames) {
    void *x = NULL;
    int32_t bins = c->bins;
    for (int32_t l = 0; l < c->layers; l++) {
        const oss_k_weight *conv = &c->weights.conv[l];
        const oss_k_weight *reader = l == c->layers - 1 ? &c->weights.proj : conv + 1;
        int32_t to = oss_len_conv(frames), fo = oss_len_conv(bins);
        void *y = make_floats(oss_k_input_bytes(reader, to, fo) / sizeof(float) + 1, 0, 0.0);
        float *scratch = make_floats(oss_k_conv_gelu_floats(reader, conv, to, bins) + 1, 0, 0.0);
        oss_k_conv_gelu(y, reader, l == 0 ? (const void *)features : x, conv, frames, bins, 0, to, scratch);
        free(scratch);
        free(x);
        x = y;
        frames = to;
        bins = fo;
    }
    return x;
}

static void check_cut(const stem_case *c, const float *features, int32_t frames, const unsigned char *want,
                      int32_t task_frames) {
    size_t row = oss_k_input_bytes(&c->weights.proj, 1, 1);
    int32_t s = oss_len_downsampled(frames, 1 << c->layers);
    for (int32_t begin = 0; begin < s; begin += task_frames) {
        int32_t end = begin + task_frames < s ? begin + task_frames : s;
        /* Rows left over from another task must not matter. */
        for (int32_t l = 0; l < c->layers; l++) {
            oss_fill_garbage_f32(c->scratch.layer[l], 2 * row / sizeof(float));
        }
        const void *got = oss_stem_run(&c->weights, &c->scratch, features, frames, begin, end);
        ck_assert_msg(memcmp(got, want + (size_t)begin * row, (size_t)(end - begin) * row) == 0,
                      "format %d, %d layers, %d mel frames: frames %d to %d in tasks of %d differ",
                      (int)c->format, c->layers, frames, begin, end, task_frames);
    }
}

static void check_length(const stem_case *c, int32_t frames) {
    float *features = make_floats((size_t)frames * (size_t)c->bins, 3, 2.0);
    unsigned char *want = run_whole(c, features, frames);
    static const int32_t cuts[] = {TASK_FRAMES, 16, 7, 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        check_cut(c, features, frames, want, cuts[i]);
    }
    free(want);
    free(features);
}

static const oss_k_format formats[] = {OSS_K_FP32, OSS_K_BF16, OSS_K_BF16_FLOATS, OSS_K_INT8};

START_TEST(test_every_short_length) {
    stem_case c = make_case(formats[_i % 4], 2 + _i / 4, 8, 16);
    for (int32_t frames = 1; frames <= 100; frames++) {
        check_length(&c, frames);
    }
    free_case(&c);
}
END_TEST

START_TEST(test_usual_size) {
    stem_case c = make_case(formats[_i % 4], 2 + _i / 4, 64, 128);
    check_length(&c, 299);
    check_length(&c, 304);
    free_case(&c);
}
END_TEST

START_TEST(test_odd_bins) {
    stem_case c = make_case(_i % 2 == 0 ? OSS_K_FP32 : OSS_K_INT8, 2 + _i / 2, 5, 13);
    for (int32_t frames = 60; frames <= 77; frames++) {
        check_length(&c, frames);
    }
    free_case(&c);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/stem_tiles");
    TCase *tiles = tcase_create("tiles");
    tcase_add_loop_test(tiles, test_every_short_length, 0, 8);
    tcase_add_loop_test(tiles, test_usual_size, 0, 8);
    tcase_add_loop_test(tiles, test_odd_bins, 0, 4);
    suite_add_tcase(suite, tiles);
    return suite;
}
