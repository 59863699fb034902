/* A model that hears three things, and streams of it: a low tone is "a", a high tone a space, all else nothing. */
#ifndef OSS_TESTS_INFER_STREAMING_CASES_H
#define OSS_TESTS_INFER_STREAMING_CASES_H

#include <math.h>
#include <stdio.h>

#include "infer/recognizer_cases.h"

enum { RATE = 16000, A_HZ = 500, SPACE_HZ = 3000 };

/* Writes a tone (hz 0: silence) of so many seconds at x[*samples] and counts on. */
static inline void oss_case_sound(float *x, int64_t *samples, double hz, double seconds) {
    int64_t count = (int64_t)(seconds * RATE);
    for (int64_t i = 0; i < count; i++) {
        x[*samples + i] = hz == 0.0 ? 0.0F : (float)(0.3 * sin(6.283185307179586 * hz * (double)i / RATE));
    }
    *samples += count;
}

/* No block adds anything to the residual stream: an embedding then depends on the sound around its frame alone. */
static inline void oss_case_silence_blocks(oss_model *model) {
    for (int32_t i = 0; i < model->params->count; i++) {
        const oss_param *param = &model->params->item[i];
        if (param->layer.role == OSS_ROLE_OUT || param->layer.role == OSS_ROLE_MLP_OUT) {
            memset(model->value + param->offset, 0, param->count * sizeof(float));
        }
    }
}

/* The embedding in the middle of a second of this sound. */
static inline float *oss_case_embedding(const oss_model *model, double hz) {
    float *x = oss_exact_floats(RATE);
    int64_t samples = 0;
    oss_case_sound(x, &samples, hz, 1.0);
    oss_encoder *encoder = oss_case_encoder(model, 1);
    oss_encoding encoding = oss_case_run(encoder, x, RATE);
    size_t width = (size_t)encoding.width;
    float *middle = oss_exact_floats(width);
    memcpy(middle, encoding.embeddings + (size_t)(encoding.frames / 2) * width, width * sizeof *middle);
    oss_encoder_free(encoder);
    free(x);
    return middle;
}

/* The head says the symbol whose sound is nearest: m.e - m.m / 2, times a gain. */
static inline void oss_case_hear(oss_model *model, const char *symbol, double hz) {
    size_t width = (size_t)model->config.d_model;
    float *mean = oss_case_embedding(model, hz);
    size_t id = (size_t)oss_vocab_find(model->vocab, symbol);
    float *weight = oss_models_value(model, "head.weight", NULL);
    double square = 0.0;
    for (size_t i = 0; i < width; i++) {
        weight[id * width + i] = 10.0F * mean[i];
        square += (double)mean[i] * (double)mean[i];
    }
    oss_models_value(model, "head.bias", NULL)[id] = (float)(-5.0 * square);
    free(mean);
}

/* k 1, rope, features that are not normalised. */
static inline oss_model *oss_case_listener(void) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.k = 1;
    oss_model *model = oss_models_create(&sizes);
    model->config.mel.norm = OSS_MEL_NORM_NONE;
    model->chunk_training = 0.5;
    size_t count = 0;
    float *bias = oss_models_value(model, "head.bias", &count);
    for (size_t i = 0; i < count; i++) {
        bias[i] = -1e6F;
    }
    float *weight = oss_models_value(model, "head.weight", &count);
    memset(weight, 0, count * sizeof *weight);
    oss_case_silence_blocks(model);
    oss_case_hear(model, "<blank>", 0.0);
    oss_case_hear(model, "a", A_HZ);
    oss_case_hear(model, " ", SPACE_HZ);
    return model;
}

/* A recognizer of the model, which is freed. */
static inline oss_recognizer *oss_case_recognizer(oss_model *model, const oss_recognizer_options *options) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "model.safetensors");
    oss_recognizer *recognizer = NULL;
    ok(oss_model_save(model, path));
    oss_model_free(model);
    ok(oss_recognizer_create(&recognizer, path, options));
    free(path);
    oss_tempdir_remove(folder);
    return recognizer;
}

/* Segments of a stream in text: "START-END text|", of its words, in hundredths of a second. */
static inline void oss_case_append(char *out, size_t bytes, const oss_transcript *heard) {
    size_t used = strlen(out);
    for (int32_t i = 0; i < heard->words; i++) {
        used += (size_t)snprintf(out + used, bytes - used, "%.2f-%.2f %s ", heard->word[i].start_seconds,
                                 heard->word[i].end_seconds, heard->word[i].text);
    }
    ck_assert_uint_lt(used + 2, bytes);
    strcat(out, "|");
}

static inline void oss_case_take_finals(oss_stream *stream, char *out, size_t bytes) {
    while (oss_stream_endpoint(stream) > 0) {
        oss_transcript *heard = NULL;
        ok(oss_stream_final(stream, &heard));
        oss_case_append(out, bytes, heard);
        oss_transcript_free(heard);
    }
}

enum { STORY_BYTES = 8192 };

/* All segments of x[samples], which come in pieces. */
static inline char *oss_case_story(oss_stream *stream, const float *x, int64_t samples, int32_t rate_hz,
                                   int64_t piece) {
    char *out = calloc(STORY_BYTES, 1);
    ck_assert_ptr_nonnull(out);
    for (int64_t at = 0; at < samples; at += piece) {
        ok(oss_stream_accept(stream, x + at, samples - at < piece ? samples - at : piece, rate_hz));
        oss_case_take_finals(stream, out, STORY_BYTES);
    }
    ok(oss_stream_finish(stream));
    oss_case_take_finals(stream, out, STORY_BYTES);
    return out;
}

#define OSS_STREAM_SIZE .size = sizeof(oss_stream_options)

static inline oss_stream *oss_case_open_stream(const oss_recognizer *recognizer,
                                               const oss_stream_options *options) {
    oss_stream *stream = NULL;
    ok(oss_stream_create(&stream, recognizer, options));
    return stream;
}

static inline oss_stream *oss_case_open_listener(const oss_stream_options *options) {
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    oss_stream *stream = oss_case_open_stream(recognizer, options);
    oss_recognizer_free(recognizer); /* a stream keeps the model */
    return stream;
}

/* "a a" from 1 s on, "a" at 8 s, nothing for 9 s, and "a" at 18.2 s, with which it ends. */
static inline float *oss_case_make_story(int64_t *samples) {
    float *x = oss_exact_floats(25 * RATE);
    *samples = 0;
    oss_case_sound(x, samples, 0, 1.0);
    oss_case_sound(x, samples, A_HZ, 0.5);
    oss_case_sound(x, samples, SPACE_HZ, 0.3);
    oss_case_sound(x, samples, A_HZ, 0.4);
    oss_case_sound(x, samples, 0, 5.8);
    oss_case_sound(x, samples, A_HZ, 0.7);
    oss_case_sound(x, samples, 0, 9.5);
    oss_case_sound(x, samples, A_HZ, 0.4);
    return x;
}

#endif
