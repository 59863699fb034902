/* What the tests of loading share. */
#ifndef OSS_TESTS_AUDIO_CASES_H
#define OSS_TESTS_AUDIO_CASES_H

#include <stdlib.h>
#include <string.h>

#include "audio/audio_file.h"
#include "support/fill.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

static char *folder;
static char *path;

static inline void set_up(void) {
    folder = oss_tempdir_make();
    path = oss_tempdir_path(folder, "clip.wav");
}

static inline void tear_down(void) {
    free(path);
    oss_tempdir_remove(folder);
}

static inline oss_audio load(int32_t rate_hz, double start, double end) {
    const oss_audio_request request = {.rate_hz = rate_hz, .start_seconds = start, .end_seconds = end};
    oss_audio audio = {0};
    oss_status status = oss_audio_load(&audio, path, &request);
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return audio;
}

static inline void assert_fails(oss_audio_request request, oss_status want, const char *message) {
    oss_audio audio = {.samples = 77};
    ck_assert_int_eq(oss_audio_load(&audio, path, &request), want);
    ck_assert_int_eq(audio.samples, 77);
    ck_assert_msg(strstr(oss_last_error(), message) != NULL, "\"%s\" is not in: %s", message,
                  oss_last_error());
    ck_assert_msg(want == OSS_EUSAGE || strstr(oss_last_error(), path) != NULL, "no path in: %s",
                  oss_last_error());
}

static inline float *take_noise(int64_t count, double scale) {
    float *x = malloc((size_t)count * sizeof *x + 1);
    ck_assert_ptr_nonnull(x);
    oss_fill_f32(x, (size_t)count, 11, scale);
    return x;
}

#endif
