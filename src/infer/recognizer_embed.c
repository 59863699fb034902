/* Recordings to the network's numbers. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "infer/recognizer_state.h"

static oss_status check_output(const oss_recognizer *recognizer, oss_output what) {
    if (what == OSS_OUTPUT_EMBEDDINGS) {
        return OSS_OK;
    }
    if (what == OSS_OUTPUT_LOGITS) {
        return oss_recognizer_check_head(recognizer);
    }
    if (what != OSS_OUTPUT_PROJECTED) {
        return oss_fail(OSS_EUSAGE, "%d is no output of the network", (int)what);
    }
    if (recognizer->model->config.projector_dim == 0) {
        return oss_fail(OSS_EUSAGE, "%s has no projector (its config has no \"projector_dim\")",
                        recognizer->model->path);
    }
    return OSS_OK;
}

static oss_status embed(oss_recognizer *recognizer, const oss_audio *audio, oss_output what,
                        oss_matrix *out) {
    oss_encoding encoding;
    oss_status status = oss_encoder_run(recognizer->encoder, audio->sample, audio->samples, &encoding);
    if (status != OSS_OK) {
        return status;
    }
    const float *from = encoding.embeddings;
    oss_matrix matrix = {.rows = encoding.frames, .columns = encoding.width};
    if (what == OSS_OUTPUT_LOGITS) {
        from = encoding.logits;
        matrix.rows = encoding.logit_rows;
        matrix.columns = encoding.vocab;
    } else if (what == OSS_OUTPUT_PROJECTED) {
        from = encoding.projected;
        matrix.columns = encoding.projected_width;
    }
    size_t count = (size_t)matrix.rows * (size_t)matrix.columns;
    matrix.value = oss_alloc(count, sizeof *matrix.value);
    if (matrix.value == NULL) {
        return OSS_ENOMEM;
    }
    memcpy(matrix.value, from, count * sizeof *from);
    *out = matrix;
    return OSS_OK;
}

oss_status oss_recognizer_embed_file(oss_recognizer *recognizer, const char *path, oss_output what,
                                     oss_matrix *out) {
    oss_audio audio;
    oss_status status = check_output(recognizer, what);
    if (status == OSS_OK) {
        status = oss_recognizer_load_file(recognizer, path, &audio);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = embed(recognizer, &audio, what, out);
    oss_audio_deinit(&audio);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
}

oss_status oss_recognizer_embed_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                        int32_t rate_hz, oss_output what, oss_matrix *out) {
    oss_audio audio;
    oss_status status = check_output(recognizer, what);
    if (status == OSS_OK) {
        status = oss_recognizer_load_samples(recognizer, sample, samples, rate_hz, &audio);
    }
    if (status == OSS_OK) {
        status = embed(recognizer, &audio, what, out);
        oss_audio_deinit(&audio);
    }
    return status;
}
