#include "support/tones.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fill.h"
#include "support/tempdir.h"
#include "support/wav.h"

enum { LETTERS = 8, MAX_TEXT = 256, USUAL_RATE_HZ = 16000 };
static const double PI = 3.141592653589793;

/* Fades in and out, so that equal neighbours can be told apart. */
static size_t add_tone(int16_t *x, size_t at, size_t samples, double hz, int32_t rate_hz) {
    for (size_t i = 0; i < samples; i++) {
        double fade = sin(PI * (double)i / (double)samples);
        x[at + i] = (int16_t)lrint(12000.0 * fade * sin(2.0 * PI * hz * (double)i / rate_hz));
    }
    return at + samples;
}

static void add_noise(int16_t *x, size_t samples, uint64_t seed) {
    for (size_t i = 0; i < samples; i++) {
        x[i] = (int16_t)(x[i] + lrint(60.0 * oss_fill_value(seed, i)));
    }
}

void oss_tones_write_wav(const char *path, const char *text, uint64_t seed, int32_t rate_hz) {
    double letter_seconds = 0.17 + 0.03 * oss_fill_value(seed, 1);
    size_t letter = (size_t)(letter_seconds * rate_hz);
    size_t edge = (size_t)(0.05 * rate_hz);
    size_t samples = 2 * edge + strlen(text) * letter;
    int16_t *x = calloc(samples, sizeof *x);
    ck_assert_ptr_nonnull(x);
    size_t at = edge;
    for (const char *c = text; *c != '\0'; c++) {
        at = *c == ' ' ? at + letter : add_tone(x, at, letter, 300.0 * pow(1.35, *c - 'a'), rate_hz);
    }
    add_noise(x, samples, seed);
    oss_wav_write_pcm16(path, x, samples, 1, rate_hz);
    free(x);
}

static void choose_text(char text[MAX_TEXT], const oss_tones *spec, uint64_t seed) {
    int32_t range = spec->max_letters - spec->min_letters + 1;
    int32_t letters = spec->min_letters + (int32_t)(oss_fill_bits(seed, 0) % (uint64_t)range);
    ck_assert_int_lt(2 * letters, MAX_TEXT);
    size_t length = 0;
    for (int32_t i = 0; i < letters; i++) {
        uint64_t bits = oss_fill_bits(seed, 1 + (uint64_t)i) >> 8;
        text[length++] = (char)('a' + bits % LETTERS);
        if (i + 1 < letters && (bits >> 16) % 5 == 0) {
            text[length++] = ' ';
        }
    }
    text[length] = '\0';
}

char *oss_tones_make(const char *folder, const char *name, const oss_tones *spec) {
    char file[300];
    snprintf(file, sizeof file, "%s.csv", name);
    char *csv = oss_tempdir_path(folder, file);
    FILE *out = fopen(csv, "w");
    ck_assert_ptr_nonnull(out);
    fprintf(out, spec->speakers > 0 ? "wav,text,speaker\n" : "wav,text\n");
    for (int32_t i = 0; i < spec->rows; i++) {
        char text[MAX_TEXT];
        uint64_t seed = spec->seed * 1000003 + (uint64_t)i;
        choose_text(text, spec, seed);
        snprintf(file, sizeof file, "%s-%03d.wav", name, i);
        char *path = oss_tempdir_path(folder, file);
        oss_tones_write_wav(path, text, seed, spec->rate_hz > 0 ? spec->rate_hz : USUAL_RATE_HZ);
        free(path);
        fprintf(out, "%s,%s", file, text);
        if (spec->speakers > 0) {
            fprintf(out, ",s%d", i % spec->speakers);
        }
        fputc('\n', out);
    }
    ck_assert_int_eq(fclose(out), 0);
    return csv;
}
