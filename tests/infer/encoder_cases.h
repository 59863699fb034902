/* What the tests of the inference encoder share. */
#ifndef OSS_TESTS_INFER_ENCODER_CASES_H
#define OSS_TESTS_INFER_ENCODER_CASES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "infer/encoder.h"
#include "support/exact.h"
#include "support/models.h"

#define ok(call) ck_assert_msg((call) == OSS_OK, "%s", oss_last_error())

static inline oss_encoder *oss_case_encoder_in(const oss_model *model, oss_precision precision,
                                               int32_t threads) {
    oss_encoder *encoder = NULL;
    ok(oss_encoder_create(&encoder, model, precision, threads));
    return encoder;
}

static inline oss_encoder *oss_case_encoder(const oss_model *model, int32_t threads) {
    return oss_case_encoder_in(model, OSS_PRECISION_FP32, threads);
}

static inline float *oss_case_audio(int32_t samples, uint32_t id) {
    float *audio = oss_exact_floats((size_t)samples);
    oss_network_fill_audio(audio, samples, id);
    return audio;
}

static inline oss_encoding oss_case_run(oss_encoder *encoder, const float *audio, int32_t samples) {
    oss_encoding encoding;
    ok(oss_encoder_run(encoder, audio, samples, &encoding));
    return encoding;
}

/* Everything that a run gives, in one block, to compare bytes. */
static inline float *oss_case_copy_outputs(const oss_encoding *e, size_t *out_count) {
    const struct {
        const float *from;
        size_t count;
    } parts[] = {{e->features, (size_t)e->mel_frames * (size_t)e->bins},
                 {e->embeddings, (size_t)e->frames * (size_t)e->width},
                 {e->logits, (size_t)e->logit_rows * (size_t)e->vocab},
                 {e->projected, (size_t)e->frames * (size_t)e->projected_width}};
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        count += parts[i].count;
    }
    float *copy = oss_exact_floats(count);
    float *to = copy;
    for (size_t i = 0; i < 4; i++) {
        if (parts[i].count > 0) {
            memcpy(to, parts[i].from, parts[i].count * sizeof *to);
        }
        to += parts[i].count;
    }
    *out_count = count;
    return copy;
}

static inline void oss_case_check_same(oss_encoder *encoder, const float *audio, int32_t samples,
                                       const float *want, size_t want_count, const char *what) {
    oss_encoding encoding = oss_case_run(encoder, audio, samples);
    size_t count = 0;
    float *got = oss_case_copy_outputs(&encoding, &count);
    ck_assert_uint_eq(count, want_count);
    ck_assert_msg(memcmp(got, want, count * sizeof *got) == 0, "%s: other bits", what);
    free(got);
}

static inline oss_network_sizes oss_case_sizes(void) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.projector_dim = 20;
    return sizes;
}

#endif
