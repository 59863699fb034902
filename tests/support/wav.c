#include "support/wav.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_PCM = 1, FORMAT_FLOAT = 3, HEADER_BYTES = 44 };

static void put_little(unsigned char *at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value >> (8 * i));
    }
}

static void make_header(unsigned char out[HEADER_BYTES], int format, int sample_bytes, size_t frames,
                        int channels, int rate_hz) {
    uint32_t frame_bytes = (uint32_t)(sample_bytes * channels);
    uint32_t data_bytes = (uint32_t)frames * frame_bytes;
    memcpy(out, "RIFF", 4);
    put_little(out + 4, data_bytes + HEADER_BYTES - 8, 4);
    memcpy(out + 8, "WAVEfmt ", 8);
    put_little(out + 16, 16, 4);
    put_little(out + 20, (uint32_t)format, 2);
    put_little(out + 22, (uint32_t)channels, 2);
    put_little(out + 24, (uint32_t)rate_hz, 4);
    put_little(out + 28, (uint32_t)rate_hz * frame_bytes, 4);
    put_little(out + 32, frame_bytes, 2);
    put_little(out + 34, (uint32_t)(8 * sample_bytes), 2);
    memcpy(out + 36, "data", 4);
    put_little(out + 40, data_bytes, 4);
}

/* word[count]: the samples' bits. */
static void write_samples(FILE *file, const uint32_t *word, size_t count, int sample_bytes) {
    size_t written = 0; /* asserted once: every assertion is a message to the parent process */
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[4];
        put_little(bytes, word[i], sample_bytes);
        written += fwrite(bytes, (size_t)sample_bytes, 1, file);
    }
    ck_assert_uint_eq(written, count);
}

static void write_file(const char *path, int format, int sample_bytes, const uint32_t *word, size_t frames,
                       int channels, int rate_hz) {
    unsigned char header[HEADER_BYTES];
    make_header(header, format, sample_bytes, frames, channels, rate_hz);
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    ck_assert_uint_eq(fwrite(header, HEADER_BYTES, 1, file), 1);
    write_samples(file, word, frames * (size_t)channels, sample_bytes);
    ck_assert_int_eq(fclose(file), 0);
}

static uint32_t *take_words(size_t count) {
    uint32_t *word = calloc(count + 1, sizeof *word);
    ck_assert_ptr_nonnull(word);
    return word;
}

void oss_wav_write_pcm16(const char *path, const int16_t *x, size_t frames, int channels, int rate_hz) {
    uint32_t *word = take_words(frames * (size_t)channels);
    for (size_t i = 0; i < frames * (size_t)channels; i++) {
        word[i] = (uint16_t)x[i];
    }
    write_file(path, FORMAT_PCM, 2, word, frames, channels, rate_hz);
    free(word);
}

void oss_wav_write_f32(const char *path, const float *x, size_t frames, int channels, int rate_hz) {
    uint32_t *word = take_words(frames * (size_t)channels);
    if (frames > 0) {
        memcpy(word, x, frames * (size_t)channels * sizeof *word);
    }
    write_file(path, FORMAT_FLOAT, 4, word, frames, channels, rate_hz);
    free(word);
}

void oss_wav_write_tone(const char *path, double seconds, double frequency_hz, double peak, int rate_hz) {
    size_t frames = (size_t)lrint(seconds * rate_hz);
    int16_t *x = calloc(frames + 1, sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < frames; i++) {
        x[i] = (int16_t)lrint(32767.0 * peak * sin(6.283185307179586 * frequency_hz * (double)i / rate_hz));
    }
    oss_wav_write_pcm16(path, x, frames, 1, rate_hz);
    free(x);
}
