/* A stream: samples to the model's rate, to rows of logits chunk by chunk, to segments that end where the rules say. */
#include "ossicle/streaming.h"

#include <string.h>

#include "audio/rate_stream.h"
#include "audio/segment.h"
#include "base/fail.h"
#include "base/mem.h"
#include "decode/frames.h"
#include "infer/chunk_encoder.h"
#include "infer/endpoint.h"
#include "infer/recognizer_state.h"
#include "infer/streaming_options.h"
#include "infer/transcriber.h"
#include "kernel/vec.h"

enum { PIECE_SAMPLES = 4096 };

static const char name[] = "the stream";

struct oss_stream {
    oss_recognizer *recognizer; /* a sibling, for the model */
    oss_stream_plan plan;
    oss_rate_stream *rate; /* NULL until the first samples */
    int32_t rate_hz;
    oss_chunk_encoder *encoder;
    oss_transcriber *transcriber;
    oss_endpoint segment;
    int32_t last; /* best symbol of the row before */
    oss_transcript **final;
    int32_t finals, capacity;
    int64_t samples;    /* heard, at the model's rate */
    int64_t rows;       /* of logits */
    int64_t ruled_rows; /* that the rules see: not those of the silence at the end, which nobody recorded */
    bool finished, failed;
    float piece[PIECE_SAMPLES];
};

/* ---- Life ---- */

static void forget_finals(oss_stream *stream) {
    for (int32_t i = 0; i < stream->finals; i++) {
        oss_transcript_free(stream->final[i]);
    }
    stream->finals = 0;
}

void oss_stream_free(oss_stream *stream) {
    if (stream != NULL) {
        forget_finals(stream);
        oss_free(stream->final);
        oss_transcriber_free(stream->transcriber);
        oss_chunk_encoder_free(stream->encoder);
        oss_rate_stream_free(stream->rate);
        oss_recognizer_free(stream->recognizer);
        oss_free(stream);
    }
}

oss_status oss_stream_reset(oss_stream *stream) {
    oss_transcriber *transcriber = NULL;
    oss_chunk_encoder *encoder = NULL;
    const oss_search search = oss_recognizer_search(stream->recognizer);
    oss_status status = oss_transcriber_create(&transcriber, stream->recognizer->model, &search);
    if (status == OSS_OK) {
        status = oss_chunk_encoder_create(&encoder, stream->recognizer->encoder, stream->plan.chunk,
                                          stream->plan.left);
    }
    if (status != OSS_OK) {
        oss_transcriber_free(transcriber);
        return status;
    }
    oss_transcriber_free(stream->transcriber);
    oss_chunk_encoder_free(stream->encoder);
    oss_rate_stream_free(stream->rate);
    forget_finals(stream);
    stream->transcriber = transcriber;
    stream->encoder = encoder;
    stream->rate = NULL;
    stream->segment = (oss_endpoint){0};
    stream->last = OSS_VOCAB_BLANK;
    stream->samples = stream->rows = 0;
    stream->ruled_rows = INT64_MAX;
    stream->finished = stream->failed = false;
    return OSS_OK;
}

oss_status oss_stream_create(oss_stream **out, const oss_recognizer *recognizer,
                             const oss_stream_options *options) {
    oss_stream_plan plan;
    oss_status status = oss_recognizer_check_head(recognizer);
    if (status == OSS_OK) {
        status = oss_stream_plan_make(&plan, options, recognizer->model);
    }
    if (status != OSS_OK) {
        return status;
    }
    oss_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    stream->plan = plan;
    status = oss_recognizer_create_sibling(&stream->recognizer, recognizer);
    if (status == OSS_OK) {
        status = oss_stream_reset(stream);
    }
    if (status != OSS_OK) {
        oss_stream_free(stream);
        return status;
    }
    *out = stream;
    return OSS_OK;
}

/* ---- Segments ---- */

/* Room for one more, so that a transcript which was made is not lost. */
static oss_status make_room(oss_stream *stream) {
    if (stream->finals < stream->capacity) {
        return OSS_OK;
    }
    int32_t capacity = 2 * stream->capacity + 4;
    oss_transcript **final = oss_resize(stream->final, (size_t)capacity, sizeof(oss_transcript *));
    if (final == NULL) {
        return OSS_ENOMEM;
    }
    stream->final = final;
    stream->capacity = capacity;
    return OSS_OK;
}

static oss_status end_segment(oss_stream *stream) {
    oss_status status = make_room(stream);
    if (status == OSS_OK) {
        status = oss_transcriber_end(stream->transcriber);
    }
    if (status == OSS_OK) {
        status = oss_transcriber_get(stream->transcriber, &stream->final[stream->finals]);
    }
    if (status != OSS_OK) {
        return status;
    }
    stream->finals++;
    oss_transcriber_forget(stream->transcriber);
    stream->segment = (oss_endpoint){0};
    if (stream->recognizer->model->config.position == OSS_POSITION_SINUSOIDAL) {
        oss_chunk_encoder_forget(stream->encoder); /* it knows positions of the length of an utterance only */
    }
    return OSS_OK;
}

static oss_endpoint_row name_row(const oss_stream *stream, int32_t best) {
    const char *text = oss_vocab_symbol(stream->recognizer->model->vocab, best);
    if (best == OSS_VOCAB_BLANK) {
        return OSS_ENDPOINT_SILENCE;
    }
    if (text[0] != ' ') {
        return OSS_ENDPOINT_SPEECH;
    }
    return text[1] == '\0'        ? OSS_ENDPOINT_SPACE
           : best != stream->last ? OSS_ENDPOINT_WORD
                                  : OSS_ENDPOINT_SPEECH;
}

/* Rows of one chunk, of which [told, at) belong to the segment and are not in the transcript yet. */
typedef struct rows_heard {
    const float *logits;
    int32_t v, told, at;
} rows_heard;

static oss_status pass_on(oss_stream *stream, rows_heard *rows) {
    const float *logits = rows->logits + (size_t)rows->told * (size_t)rows->v;
    int32_t count = rows->at - rows->told;
    rows->told = rows->at;
    return oss_transcriber_add_logits(stream->transcriber, logits, count);
}

static oss_status pass_on_and_end(oss_stream *stream, rows_heard *rows) {
    oss_status status = pass_on(stream, rows);
    return status == OSS_OK ? end_segment(stream) : status;
}

static oss_status hear_row(oss_stream *stream, rows_heard *rows) {
    static const oss_endpoint_rules none;
    const oss_endpoint_rules *rules = stream->rows < stream->ruled_rows ? &stream->plan.rules : &none;
    int32_t best = oss_frame_best(rows->logits + (size_t)rows->at * (size_t)rows->v, rows->v);
    oss_endpoint_row what = name_row(stream, best);
    oss_status status = OSS_OK;
    stream->last = best;
    stream->rows++;
    if (oss_endpoint_before(&stream->segment, rules, what)) {
        status = pass_on_and_end(stream, rows);
    }
    rows->at++;
    bool ends = oss_endpoint_with(&stream->segment, rules, what);
    return status == OSS_OK && ends ? pass_on_and_end(stream, rows) : status;
}

static oss_status hear_chunk(oss_stream *stream, const oss_encoding *encoding) {
    rows_heard rows = {.logits = encoding->logits, .v = encoding->vocab};
    oss_status status = OSS_OK;
    while (rows.at < encoding->logit_rows && status == OSS_OK) {
        status = hear_row(stream, &rows);
    }
    return status == OSS_OK ? pass_on(stream, &rows) : status;
}

/* All chunks that are complete. */
static oss_status hear_chunks(oss_stream *stream) {
    oss_encoding encoding;
    oss_status status = oss_chunk_encoder_next(stream->encoder, &encoding);
    while (status == OSS_OK && encoding.frames > 0) {
        status = hear_chunk(stream, &encoding);
        if (status == OSS_OK) {
            status = oss_chunk_encoder_next(stream->encoder, &encoding);
        }
    }
    return status;
}

/* ---- Samples ---- */

/* x[samples] at the model's rate. */
static oss_status encode(oss_stream *stream, const float *x, int64_t samples) {
    oss_status status = OSS_OK;
    for (int64_t at = 0; at < samples && status == OSS_OK;) {
        at += oss_chunk_encoder_add(stream->encoder, x + at, samples - at);
        status = hear_chunks(stream);
    }
    return status;
}

static oss_status hear(oss_stream *stream, const float *x, int64_t samples) {
    stream->samples += samples;
    oss_status status = oss_transcriber_add_audio(stream->transcriber, x, samples);
    return status == OSS_OK ? encode(stream, x, samples) : status;
}

static oss_status take(oss_stream *stream, const float *sample, int64_t samples) {
    oss_status status = OSS_OK;
    for (int64_t at = 0; at < samples && status == OSS_OK;) {
        int64_t taken = samples - at, given = PIECE_SAMPLES;
        status = oss_rate_stream_add(stream->rate, sample + at, &taken, stream->piece, &given);
        if (status == OSS_OK) {
            status = hear(stream, stream->piece, given);
        }
        at += taken;
    }
    return status;
}

static oss_status check_usable(const oss_stream *stream) {
    if (stream->failed) {
        return oss_fail(OSS_EUSAGE, "%s failed before: oss_stream_reset begins a new one", name);
    }
    return stream->finished ? oss_fail(OSS_EUSAGE, "%s is finished: oss_stream_reset begins a new one", name)
                            : OSS_OK;
}

static oss_status check_samples(const oss_stream *stream, const float *sample, int64_t samples,
                                int32_t rate_hz) {
    if (samples < 0 || (sample == NULL && samples > 0)) {
        return oss_fail(OSS_EUSAGE, "%lld samples: give some, or none", (long long)samples);
    }
    if (stream->rate != NULL && rate_hz != stream->rate_hz) {
        return oss_fail(OSS_EUSAGE, "%s has a rate of %d Hz, not %d: a new one may have another", name,
                        stream->rate_hz, rate_hz);
    }
    if (!oss_segment_is_usable(sample, samples)) {
        int64_t at = oss_segment_find_unusable(sample, samples);
        return oss_fail(OSS_EINPUT, "%s: sample %lld of these is %s", name, (long long)at,
                        oss_segment_name_unusable(sample[at]));
    }
    return OSS_OK;
}

static oss_status begin_rate(oss_stream *stream, int32_t rate_hz) {
    oss_status status = stream->rate != NULL
                            ? OSS_OK
                            : oss_rate_stream_create(&stream->rate, name, rate_hz,
                                                     stream->recognizer->model->config.mel.sample_rate_hz);
    if (status == OSS_OK) {
        stream->rate_hz = rate_hz;
    }
    return status;
}

oss_status oss_stream_accept(oss_stream *stream, const float *sample, int64_t samples, int32_t rate_hz) {
    oss_status status = check_usable(stream);
    if (status == OSS_OK) {
        status = check_samples(stream, sample, samples, rate_hz);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = begin_rate(stream, rate_hz);
    if (status == OSS_EINPUT) { /* the rate: another may do */
        return status;
    }
    if (status == OSS_OK) {
        status = take(stream, sample, samples);
    }
    stream->failed = status != OSS_OK;
    return status;
}

/* What the resampler still has. */
static oss_status drain(oss_stream *stream) {
    int64_t given = 1;
    oss_status status = OSS_OK;
    while (stream->rate != NULL && given > 0 && status == OSS_OK) {
        status = oss_rate_stream_end(stream->rate, stream->piece, PIECE_SAMPLES, &given);
        if (status == OSS_OK) {
            status = hear(stream, stream->piece, given);
        }
    }
    return status;
}

/* Silence to the end of the chunk that the last sample is in, and a chunk of it: the last symbol of a word may come in the
 * chunk after it. Chunks are whole, so that it does not matter whether the silence was recorded. */
static oss_status flush(oss_stream *stream) {
    const oss_model_config *config = &stream->recognizer->model->config;
    int64_t frame = (int64_t)config->downsample_time * config->mel.hop_samples; /* samples */
    int64_t chunk = stream->plan.chunk * frame;
    int64_t missing = (stream->samples / chunk + 2) * chunk - 1 - stream->samples;
    oss_status status = OSS_OK;
    stream->ruled_rows = (stream->samples * config->ctc_subframes + frame - 1) / frame;
    memset(stream->piece, 0, sizeof stream->piece);
    for (int64_t piece; missing > 0 && status == OSS_OK; missing -= piece) {
        piece = missing < PIECE_SAMPLES ? missing : PIECE_SAMPLES;
        status = encode(stream, stream->piece, piece);
    }
    if (status == OSS_OK) {
        oss_chunk_encoder_end(stream->encoder);
        status = hear_chunks(stream);
    }
    return status;
}

oss_status oss_stream_finish(oss_stream *stream) {
    oss_status status = check_usable(stream);
    if (status != OSS_OK) {
        return status;
    }
    status = drain(stream);
    if (status == OSS_OK && stream->samples > 0) {
        status = flush(stream);
    }
    if (status == OSS_OK) {
        status = end_segment(stream);
    }
    stream->finished = status == OSS_OK;
    stream->failed = !stream->finished;
    return status;
}

/* ---- Results ---- */

oss_status oss_stream_partial(const oss_stream *stream, oss_transcript **out) {
    return oss_transcriber_get(stream->transcriber, out);
}

int32_t oss_stream_endpoint(const oss_stream *stream) {
    return stream->finals;
}

oss_status oss_stream_final(oss_stream *stream, oss_transcript **out) {
    if (stream->finals == 0) {
        return oss_fail(OSS_EUSAGE, "%s has no segment that has ended: oss_stream_endpoint says how many",
                        name);
    }
    *out = stream->final[0];
    stream->finals--;
    memmove(stream->final, stream->final + 1, (size_t)stream->finals * sizeof *stream->final);
    return OSS_OK;
}
