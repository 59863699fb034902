/* Chunk after chunk: the bytes of one run over the whole recording, however the audio comes. */
#include "infer/chunk_encoder.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "infer/encoder_cases.h"
#include "support/faults.h"
#include "support/isa.h"
#include "support/suite.h"

/* Everything that came, end to end. */
typedef struct gathered {
    float *embeddings, *logits, *projected; /* room for `most` rows */
    int32_t frames, most, width, head, projector;
    int32_t chunks, last; /* how many came, and the rows of the last one */
} gathered;

static gathered make_gathered(const oss_encoding *want) {
    gathered g = {.most = want->frames,
                  .width = want->width,
                  .head = want->logit_rows / want->frames * want->vocab,
                  .projector = want->projected_width};
    g.embeddings = oss_exact_floats((size_t)g.most * (size_t)g.width);
    g.logits = oss_exact_floats((size_t)g.most * (size_t)g.head);
    g.projected = oss_exact_floats((size_t)g.most * (size_t)g.projector);
    return g;
}

static void free_gathered(gathered *g) {
    free(g->embeddings);
    free(g->logits);
    free(g->projected);
}

static void copy_rows(float *to, const float *from, int32_t at, int32_t rows, int32_t width) {
    if (width > 0) {
        memcpy(to + (size_t)at * (size_t)width, from, (size_t)rows * (size_t)width * sizeof *to);
    }
}

static void gather(gathered *g, oss_chunk_encoder *encoder) {
    for (;;) {
        oss_encoding part;
        ok(oss_chunk_encoder_next(encoder, &part));
        if (part.frames == 0) {
            return;
        }
        ck_assert_int_le(g->frames + part.frames, g->most);
        copy_rows(g->embeddings, part.embeddings, g->frames, part.frames, g->width);
        copy_rows(g->logits, part.logits, g->frames, part.frames, g->head);
        copy_rows(g->projected, part.projected, g->frames, part.frames, g->projector);
        g->frames += part.frames;
        g->chunks++;
        g->last = part.frames;
    }
}

static void feed(gathered *g, oss_chunk_encoder *encoder, const float *audio, int64_t samples,
                 int64_t piece) {
    for (int64_t at = 0; at < samples;) {
        int64_t left = samples - at < piece ? samples - at : piece;
        at += oss_chunk_encoder_add(encoder, audio + at, left);
        gather(g, encoder);
    }
}

static void check_same(const gathered *g, const oss_encoding *want, const char *what) {
    ck_assert_msg(g->frames == want->frames, "%s: %d frames, not %d", what, g->frames, want->frames);
    size_t rows = (size_t)want->frames;
    ck_assert_msg(memcmp(g->embeddings, want->embeddings, rows * (size_t)g->width * sizeof(float)) == 0,
                  "%s: other embeddings", what);
    ck_assert_msg(g->head == 0 ||
                      memcmp(g->logits, want->logits, rows * (size_t)g->head * sizeof(float)) == 0,
                  "%s: other logits", what);
    ck_assert_msg(g->projector == 0 ||
                      memcmp(g->projected, want->projected, rows * (size_t)g->projector * sizeof(float)) == 0,
                  "%s: another projection", what);
}

typedef struct reach {
    int32_t chunk, left;
} reach;

static void check_reach(oss_encoder *encoder, const float *audio, int32_t samples, reach r, int64_t piece) {
    char what[96];
    (void)snprintf(what, sizeof what, "%d samples in pieces of %lld, chunk %d, left %d", samples,
                   (long long)piece, r.chunk, r.left);
    oss_encoder_set_reach(encoder, r.chunk, r.left);
    oss_encoding want = oss_case_run(encoder, audio, samples);
    oss_chunk_encoder *chunks = NULL;
    ok(oss_chunk_encoder_create(&chunks, encoder, r.chunk, r.left));
    gathered g = make_gathered(&want);
    feed(&g, chunks, audio, samples, piece);
    oss_chunk_encoder_end(chunks);
    gather(&g, chunks);
    check_same(&g, &want, what);
    ck_assert_int_eq(g.chunks, (want.frames + r.chunk - 1) / r.chunk);
    ck_assert_int_eq(g.last, want.frames - (g.chunks - 1) * r.chunk);
    oss_chunk_encoder_free(chunks);
    free_gathered(&g);
}

static oss_model *make_streaming(oss_network_sizes sizes) {
    oss_model *model = oss_models_create(&sizes);
    if (model->config.mel.kind == OSS_MEL_LOG) {
        model->config.mel.norm = OSS_MEL_NORM_NONE;
    }
    return model;
}

static void check_model(oss_network_sizes sizes, oss_precision precision) {
    static const reach reaches[] = {{1, 0}, {1, 5}, {4, 8}, {7, 10}, {16, 64}, {3, 2}, {64, 1}};
    static const int32_t lengths[] = {1, 200, 1281, 20480, 20481, 40960 + 1079, 61237};
    oss_model *model = make_streaming(sizes);
    oss_encoder *encoder = oss_case_encoder_in(model, precision, 2);
    float *audio = oss_case_audio(61237, 5);
    for (size_t i = 0; i < sizeof reaches / sizeof *reaches; i++) {
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            check_reach(encoder, audio, lengths[k], reaches[i], 1600);
        }
        check_reach(encoder, audio, 61237, reaches[i], 61237);
        check_reach(encoder, audio, 61237, reaches[i], 37);
    }
    check_reach(encoder, audio, 5003, (reach){2, 3}, 1);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}

START_TEST(test_every_position) {
    oss_require_isa();
    static const oss_position position[] = {OSS_POSITION_ROPE, OSS_POSITION_SINUSOIDAL, OSS_POSITION_NONE};
    for (size_t i = 0; i < 3; i++) {
        oss_network_sizes sizes = oss_case_sizes();
        sizes.position = position[i];
        check_model(sizes, OSS_PRECISION_FP32);
    }
}
END_TEST

START_TEST(test_other_shapes) {
    oss_network_sizes sizes = oss_case_sizes();
    sizes.downsample = 4;
    sizes.k = 1;
    sizes.projector_dim = 0;
    check_model(sizes, OSS_PRECISION_FP32);
    sizes.downsample = 8;
    sizes.k = 3;
    sizes.n_layers = 1;
    sizes.power = true;
    check_model(sizes, OSS_PRECISION_FP32);
}
END_TEST

START_TEST(test_bf16) {
    oss_require_isa();
    oss_network_sizes sizes = oss_case_sizes();
    check_model(sizes, OSS_PRECISION_BF16);
    sizes.downsample = 4;
    sizes.position = OSS_POSITION_SINUSOIDAL;
    check_model(sizes, OSS_PRECISION_BF16);
}
END_TEST

/* Integers of the caches stand in pairs, of which a chunk of an odd number of frames leaves one. */
START_TEST(test_int8) {
    oss_require_isa();
    oss_network_sizes sizes = oss_case_sizes();
    check_model(sizes, OSS_PRECISION_INT8);
    sizes.downsample = 4;
    sizes.position = OSS_POSITION_SINUSOIDAL;
    sizes.d_model = 30; /* heads of odd width */
    check_model(sizes, OSS_PRECISION_INT8);
}
END_TEST

/* Taps that reach over the history, over a chunk, and over whole recordings: what a stream has are keys and values. */
START_TEST(test_value_conv) {
    if (!oss_cpu_force((oss_isa)(_i % OSS_BUILT_ISAS))) {
        return;
    }
    static const int32_t taps[] = {3, 15, 255};
    static const oss_precision precision[] = {OSS_PRECISION_FP32, OSS_PRECISION_BF16, OSS_PRECISION_INT8};
    for (size_t i = 0; i < 3; i++) {
        oss_network_sizes sizes = oss_case_sizes();
        sizes.downsample = i == 2 ? 4 : 8;
        sizes.d_model = 30; /* heads of odd width, and no whole vector of channels */
        sizes.position = OSS_POSITION_SINUSOIDAL;
        sizes.value_conv = taps[i];
        check_model(sizes, precision[_i / OSS_BUILT_ISAS]);
    }
}
END_TEST

/* Minutes: positions far from the first. */
START_TEST(test_long) {
    enum { SAMPLES = 5 * 60 * 16000 + 123 };
    oss_network_sizes sizes = oss_case_sizes();
    oss_model *model = make_streaming(sizes);
    oss_encoder *encoder = oss_case_encoder(model, 2);
    float *audio = oss_exact_floats(SAMPLES);
    oss_network_fill_audio(audio, SAMPLES, 9);
    check_reach(encoder, audio, SAMPLES, (reach){20, 64}, 4000);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* A model without a head gives embeddings. */
START_TEST(test_no_head) {
    oss_network_sizes sizes = oss_case_sizes();
    sizes.vocab = 0;
    oss_model *model = make_streaming(sizes);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float *audio = oss_case_audio(8000, 2);
    check_reach(encoder, audio, 8000, (reach){3, 6}, 500);
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* Several streams of one model in turns: none hears another. */
START_TEST(test_streams_are_apart) {
    enum { SAMPLES = 30000, STREAMS = 3, PIECE = 700 };
    oss_model *model = make_streaming(oss_case_sizes());
    oss_encoder *encoder = oss_case_encoder(model, 1);
    oss_chunk_encoder *chunks[STREAMS];
    gathered g[STREAMS];
    float *audio[STREAMS];
    oss_encoder_set_reach(encoder, 5, 9);
    for (int i = 0; i < STREAMS; i++) {
        audio[i] = oss_case_audio(SAMPLES, (uint32_t)i);
        oss_encoding want = oss_case_run(encoder, audio[i], SAMPLES);
        g[i] = make_gathered(&want);
        ok(oss_chunk_encoder_create(&chunks[i], encoder, 5, 9));
    }
    for (int64_t at = 0; at < SAMPLES; at += PIECE) {
        for (int i = 0; i < STREAMS; i++) {
            feed(&g[i], chunks[i], audio[i] + at, SAMPLES - at < PIECE ? SAMPLES - at : PIECE, PIECE);
        }
    }
    for (int i = 0; i < STREAMS; i++) {
        oss_chunk_encoder_end(chunks[i]);
        gather(&g[i], chunks[i]);
        oss_encoding want = oss_case_run(encoder, audio[i], SAMPLES);
        check_same(&g[i], &want, "streams in turns");
        oss_chunk_encoder_free(chunks[i]);
        free_gathered(&g[i]);
        free(audio[i]);
    }
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

enum { CHUNK = 4, CHUNK_SAMPLES = CHUNK * 8 * 160 };

/* Embeddings of the chunk that comes next when audio[CHUNK_SAMPLES] does. */
static void next_chunk(oss_chunk_encoder *chunks, const float *audio, float *rows) {
    oss_encoding part;
    ck_assert_int_eq(oss_chunk_encoder_add(chunks, audio, CHUNK_SAMPLES), CHUNK_SAMPLES);
    ok(oss_chunk_encoder_next(chunks, &part));
    ck_assert_int_eq(part.frames, CHUNK);
    memcpy(rows, part.embeddings, sizeof *rows * CHUNK * (size_t)part.width);
}

/* Two streams have heard other things for other times. Then silence: to each it is the same once it has forgotten. */
static void check_forget(oss_position position) {
    static const float silence[CHUNK_SAMPLES];
    oss_network_sizes sizes = oss_case_sizes();
    sizes.position = position;
    oss_model *model = make_streaming(sizes);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    size_t floats = CHUNK * (size_t)sizes.d_model;
    float *before[2], *after[2];
    for (int i = 0; i < 2; i++) {
        oss_chunk_encoder *chunks = NULL;
        ok(oss_chunk_encoder_create(&chunks, encoder, CHUNK, 50));
        float *audio = oss_case_audio(CHUNK_SAMPLES, (uint32_t)i);
        /* the first chunk ends after the last sample under its last window: 40 samples of the next one */
        ck_assert_int_eq(oss_chunk_encoder_add(chunks, silence, 40), 40);
        before[i] = oss_exact_floats(floats);
        after[i] = oss_exact_floats(floats);
        for (int k = 0; k <= i; k++) {
            next_chunk(chunks, audio, before[i]);
        }
        next_chunk(chunks, silence, before[i]);
        next_chunk(chunks, silence, before[i]);
        oss_chunk_encoder_forget(chunks);
        next_chunk(chunks, silence, after[i]);
        free(audio);
        oss_chunk_encoder_free(chunks);
    }
    ck_assert(memcmp(before[0], before[1], floats * sizeof(float)) != 0);
    ck_assert_mem_eq(after[0], after[1], floats * sizeof(float));
    for (int i = 0; i < 2; i++) {
        free(before[i]);
        free(after[i]);
    }
    oss_encoder_free(encoder);
    oss_model_free(model);
}

START_TEST(test_forget) {
    check_forget(OSS_POSITION_ROPE);
    check_forget(OSS_POSITION_SINUSOIDAL);
    check_forget(OSS_POSITION_NONE);
}
END_TEST

START_TEST(test_output_not_finite) {
    oss_model *model = make_streaming(oss_case_sizes());
    size_t count = 0;
    float *bias = oss_models_value(model, "head.bias", &count);
    bias[count - 1] = 3e38F;
    float *weight = oss_models_value(model, "head.weight", &count);
    for (size_t i = 0; i < count; i++) {
        weight[i] = 3e38F;
    }
    oss_encoder *encoder = oss_case_encoder(model, 1);
    oss_chunk_encoder *chunks = NULL;
    ok(oss_chunk_encoder_create(&chunks, encoder, 2, 2));
    float *audio = oss_case_audio(4000, 1);
    ck_assert_int_gt(oss_chunk_encoder_add(chunks, audio, 4000), 0);
    oss_encoding part;
    ck_assert_int_eq(oss_chunk_encoder_next(chunks, &part), OSS_ENUMERIC);
    free(audio);
    oss_chunk_encoder_free(chunks);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

/* Nothing is allocated once it runs, and nothing is left when it cannot be made. */
START_TEST(test_memory) {
    oss_model *model = make_streaming(oss_case_sizes());
    oss_encoder *encoder = oss_case_encoder(model, 1);
    float *audio = oss_case_audio(40000, 1);
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_chunk_encoder *chunks = NULL;
        int64_t blocks = oss_faults_blocks();
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, ENOMEM);
        oss_status status = oss_chunk_encoder_create(&chunks, encoder, 4, 8);
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert(fired == (chunks == NULL));
        int64_t calls = oss_faults_count(OSS_CALL_ANY_HEAP);
        for (int64_t at = 0; !fired && at < 40000;) {
            oss_encoding part;
            at += oss_chunk_encoder_add(chunks, audio + at, 40000 - at);
            ok(oss_chunk_encoder_next(chunks, &part));
        }
        ck_assert_int_eq(oss_faults_count(OSS_CALL_ANY_HEAP), calls);
        oss_chunk_encoder_free(chunks);
        ck_assert_int_eq(oss_faults_blocks(), blocks);
        if (!fired) {
            break;
        }
    }
    oss_faults_remove();
    free(audio);
    oss_encoder_free(encoder);
    oss_model_free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/chunk_encoder");
    TCase *same = tcase_create("same bits");
    tcase_set_timeout(same, 300);
    oss_add_each_isa(same, test_every_position);
    oss_add_each_isa(same, test_bf16);
    oss_add_each_isa(same, test_int8);
    tcase_add_loop_test(same, test_value_conv, 0, 3 * OSS_BUILT_ISAS);
    tcase_add_test(same, test_other_shapes);
    tcase_add_test(same, test_long);
    tcase_add_test(same, test_no_head);
    tcase_add_test(same, test_streams_are_apart);
    suite_add_tcase(suite, same);
    TCase *rest = tcase_create("rest");
    tcase_add_test(rest, test_forget);
    tcase_add_test(rest, test_output_not_finite);
    tcase_add_test(rest, test_memory);
    suite_add_tcase(suite, rest);
    return suite;
}
