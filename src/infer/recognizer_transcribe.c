/* Recordings to text. */
#include "base/fail.h"
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

/* What is heard in `audio`; free with oss_transcriber_free, also after a failure. */
static oss_status hear(oss_recognizer *recognizer, const oss_audio *audio, oss_transcriber **out) {
    oss_encoding encoding;
    oss_status status = oss_transcriber_create(out, recognizer->model);
    if (status == OSS_OK) {
        status = oss_encoder_run(recognizer->encoder, audio->sample, audio->samples, &encoding);
    }
    if (status == OSS_OK) {
        status = oss_transcriber_add_audio(*out, audio->sample, audio->samples);
    }
    return status == OSS_OK ? oss_transcriber_add_logits(*out, encoding.logits, encoding.logit_rows) : status;
}

static oss_status hear_file(oss_recognizer *recognizer, const char *path, oss_transcriber **out) {
    oss_audio audio;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_recognizer_load_file(recognizer, path, &audio);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = hear(recognizer, &audio, out);
    oss_audio_deinit(&audio);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
}

static oss_status hear_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                               int32_t rate_hz, oss_transcriber **out) {
    oss_audio audio;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_recognizer_load_samples(recognizer, sample, samples, rate_hz, &audio);
    }
    if (status == OSS_OK) {
        status = hear(recognizer, &audio, out);
        oss_audio_deinit(&audio);
    }
    return status;
}

oss_status oss_recognizer_transcribe_file(oss_recognizer *recognizer, const char *path, char **out_text,
                                          double *out_seconds) {
    oss_transcriber *transcriber = NULL;
    oss_status status = hear_file(recognizer, path, &transcriber);
    if (status == OSS_OK) {
        status = oss_transcriber_text(transcriber, out_text);
    }
    if (status == OSS_OK && out_seconds != NULL) {
        *out_seconds = oss_transcriber_seconds(transcriber);
    }
    oss_transcriber_free(transcriber);
    return status;
}

oss_status oss_recognizer_transcribe_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                             int32_t rate_hz, char **out_text) {
    oss_transcriber *transcriber = NULL;
    oss_status status = hear_samples(recognizer, sample, samples, rate_hz, &transcriber);
    if (status == OSS_OK) {
        status = oss_transcriber_text(transcriber, out_text);
    }
    oss_transcriber_free(transcriber);
    return status;
}

oss_status oss_recognizer_recognize_file(oss_recognizer *recognizer, const char *path,
                                         oss_transcript **out_transcript) {
    oss_transcriber *transcriber = NULL;
    oss_transcript *transcript = NULL;
    oss_status status = hear_file(recognizer, path, &transcriber);
    if (status == OSS_OK) {
        status = oss_transcriber_get(transcriber, &transcript);
    }
    if (status == OSS_OK) {
        transcript->cut_off = recognizer->cut_off;
        *out_transcript = transcript;
    }
    oss_transcriber_free(transcriber);
    return status;
}

oss_status oss_recognizer_recognize_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                            int32_t rate_hz, oss_transcript **out_transcript) {
    oss_transcriber *transcriber = NULL;
    oss_status status = hear_samples(recognizer, sample, samples, rate_hz, &transcriber);
    if (status == OSS_OK) {
        status = oss_transcriber_get(transcriber, out_transcript);
    }
    oss_transcriber_free(transcriber);
    return status;
}
