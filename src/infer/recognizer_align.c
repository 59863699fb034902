/* Recordings beside a text that is known. */
#include "base/fail.h"
#include "base/mem.h"
#include "infer/align_make.h"
#include "infer/recognizer_internal.h"
#include "infer/recognizer_state.h"
#include "model/sizes.h"

typedef struct hearing {
    oss_gathered logits;
    oss_envelope envelope;
    int64_t samples;
} hearing;

static oss_status take_heard(void *context, const oss_heard *heard, bool *out_enough) {
    (void)out_enough;
    hearing *h = context;
    const oss_encoding *encoding = &heard->encoding;
    oss_status status = oss_envelope_add(&h->envelope, heard->sample, heard->samples);
    h->samples += heard->samples;
    return status == OSS_OK
               ? oss_gathered_add(&h->logits, encoding->logits, encoding->logit_rows, encoding->vocab)
               : status;
}

static oss_status begin(const oss_recognizer *recognizer, hearing *h, oss_align_options *options,
                        const oss_align_options *given) {
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_align_read_options(options, given);
    }
    return status == OSS_OK ? oss_envelope_init(&h->envelope, recognizer->model->config.mel.sample_rate_hz)
                            : status;
}

static oss_status align(const oss_recognizer *recognizer, const hearing *h, const char *text,
                        const oss_align_options *options, oss_alignment **out) {
    const oss_model *model = recognizer->model;
    const oss_align_heard heard = {.model = model,
                                   .logits = h->logits.value,
                                   .rows = h->logits.rows,
                                   .envelope = &h->envelope,
                                   .frames_a_second =
                                       oss_sizes_embedding_hz(&model->config) * model->config.ctc_subframes,
                                   .audio_seconds = (double)h->samples / model->config.mel.sample_rate_hz};
    return oss_alignment_make(out, &heard, text, options);
}

static void end(hearing *h) {
    oss_free(h->logits.value);
    oss_envelope_deinit(&h->envelope);
}

oss_status oss_recognizer_align_file(oss_recognizer *recognizer, const char *path, const char *text,
                                     const oss_align_options *options, oss_alignment **out_alignment) {
    hearing h = {0};
    oss_align_options read;
    oss_status status = begin(recognizer, &h, &read, options);
    if (status == OSS_OK) {
        status = oss_recognizer_hear_file(recognizer, path, (oss_hearer){.take = take_heard, .context = &h});
        if (status == OSS_OK) {
            status = align(recognizer, &h, text, &read, out_alignment);
            status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
        }
    }
    end(&h);
    return status;
}

oss_status oss_recognizer_align_samples(oss_recognizer *recognizer, const float *sample, int64_t samples,
                                        int32_t rate_hz, const char *text, const oss_align_options *options,
                                        oss_alignment **out_alignment) {
    hearing h = {0};
    oss_align_options read;
    oss_status status = begin(recognizer, &h, &read, options);
    if (status == OSS_OK) {
        status = oss_recognizer_hear_samples(recognizer, sample, samples, rate_hz,
                                             (oss_hearer){.take = take_heard, .context = &h});
    }
    if (status == OSS_OK) {
        status = align(recognizer, &h, text, &read, out_alignment);
    }
    end(&h);
    return status;
}

oss_status oss_recognizer_align_row(oss_recognizer *recognizer, const oss_reference *reference,
                                    const oss_align_options *options, oss_alignment **out_alignment) {
    hearing h = {0};
    oss_align_options read;
    oss_input *input = NULL;
    oss_status status = begin(recognizer, &h, &read, options);
    if (status == OSS_OK) {
        status = oss_input_open_segment(&input, reference->path, &recognizer->model->config,
                                        reference->start_seconds, reference->end_seconds,
                                        recognizer->max_seconds, &recognizer->progress);
    }
    if (status == OSS_OK) {
        status = oss_recognizer_hear(recognizer, input, (oss_hearer){.take = take_heard, .context = &h});
        oss_input_close(input);
    }
    if (status == OSS_OK) {
        status = align(recognizer, &h, reference->text, &read, out_alignment);
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", reference->path);
    }
    end(&h);
    return status;
}
