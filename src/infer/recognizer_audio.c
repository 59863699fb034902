/* What a recognizer is given, as its encoder wants it. */
#include "base/fail.h"
#include "infer/recognizer_state.h"

oss_status oss_recognizer_check_head(const oss_recognizer *recognizer) {
    if (recognizer->model->vocab == NULL) {
        return oss_fail(OSS_EUSAGE, "%s has no CTC head, so it makes embeddings but no transcripts",
                        recognizer->model->path);
    }
    return OSS_OK;
}

double oss_recognizer_length_seconds(const oss_audio *audio) {
    return (double)audio->samples / (double)audio->rate_hz;
}

int32_t oss_recognizer_was_cut_off(const oss_recognizer *recognizer) {
    return recognizer->cut_off;
}

void oss_recognizer_settle_level(const oss_recognizer *recognizer, oss_audio *audio, const char *what) {
    if (!recognizer->keeps_level) {
        oss_input_raise_quiet(audio, what);
    }
}

oss_status oss_recognizer_load_file(oss_recognizer *recognizer, const char *path, oss_audio *out) {
    recognizer->cut_off = false;
    oss_status status =
        oss_input_load_any(out, path, &recognizer->model->config,
                           recognizer->allow_truncated ? &recognizer->cut_off : NULL, &recognizer->progress);
    if (status == OSS_OK) {
        oss_recognizer_settle_level(recognizer, out, path);
    }
    return status;
}

oss_status oss_recognizer_load_samples(const oss_recognizer *recognizer, const float *sample, int64_t samples,
                                       int32_t rate_hz, oss_audio *out) {
    oss_status status = oss_input_from_samples(out, sample, samples, rate_hz, &recognizer->model->config);
    if (status == OSS_OK) {
        oss_recognizer_settle_level(recognizer, out, "the samples");
    }
    return status;
}
