/* Recordings to text. */
#include "infer/recognizer_state.h"
#include "infer/transcriber.h"

static oss_status take_heard(void *context, const oss_heard *heard, bool *out_enough) {
    (void)out_enough;
    oss_transcriber *transcriber = context;
    oss_status status = oss_transcriber_add_audio(transcriber, heard->sample, heard->samples);
    return status == OSS_OK
               ? oss_transcriber_add_logits(transcriber, heard->encoding.logits, heard->encoding.logit_rows)
               : status;
}

static oss_status create_transcriber(const oss_recognizer *recognizer, oss_transcriber **out) {
    const oss_search search = oss_recognizer_search(recognizer);
    oss_status status = oss_recognizer_check_head(recognizer);
    return status == OSS_OK ? oss_transcriber_create(out, recognizer->model, &search) : status;
}

/* What is heard in a recording; free with oss_transcriber_free, also after a failure. */
static oss_status hear_file(oss_recognizer *recognizer, const char *path, oss_transcriber **out) {
    oss_status status = create_transcriber(recognizer, out);
    if (status == OSS_OK) {
        status =
            oss_recognizer_hear_file(recognizer, path, (oss_hearer){.take = take_heard, .context = *out});
    }
    return status == OSS_OK ? oss_transcriber_end(*out) : status;
}

static oss_status hear_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                               int32_t rate_hz, oss_transcriber **out) {
    oss_status status = create_transcriber(recognizer, out);
    if (status == OSS_OK) {
        status = oss_recognizer_hear_samples(recognizer, sample, samples, rate_hz,
                                             (oss_hearer){.take = take_heard, .context = *out});
    }
    return status == OSS_OK ? oss_transcriber_end(*out) : status;
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
