/* What the tests of the public recognizer share: a model file, a recording, and what is in it. */
#ifndef OSS_TESTS_INFER_RECOGNIZER_CASES_H
#define OSS_TESTS_INFER_RECOGNIZER_CASES_H

#include <stdlib.h>

#include "infer/encoder_cases.h"
#include "infer/recognizer_internal.h"
#include "ossicle/ossicle.h"
#include "support/tempdir.h"
#include "support/wav.h"

enum { SAMPLES = 5003 };
#define OSS_SIZE .size = sizeof(oss_recognizer_options)

typedef struct place {
    char *folder, *model, *wav;
    float *audio; /* [SAMPLES], what the file holds, at 16 kHz */
} place;

static inline place make_place(const oss_network_sizes *sizes) {
    place p = {.folder = oss_tempdir_make()};
    p.model = oss_tempdir_path(p.folder, "model.safetensors");
    p.wav = oss_tempdir_path(p.folder, "sound.wav");
    oss_model *model = oss_models_create(sizes);
    ok(oss_model_save(model, p.model));
    oss_model_free(model);
    p.audio = oss_case_audio(SAMPLES, 3);
    oss_wav_write_f32(p.wav, p.audio, SAMPLES, 1, 16000);
    return p;
}

static inline void free_place(place *p) {
    free(p->audio);
    free(p->wav);
    free(p->model);
    oss_tempdir_remove(p->folder);
}

#endif
