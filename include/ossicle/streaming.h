/* Speech to text while somebody speaks.
 *
 *     oss_stream *stream = NULL;
 *     oss_transcript *heard = NULL;
 *     oss_status status = oss_stream_create(&stream, recognizer, NULL);
 *     while (status == OSS_OK && (samples = read_microphone(sample)) > 0) {
 *         status = oss_stream_accept(stream, sample, samples, 16000);
 *         while (status == OSS_OK && oss_stream_endpoint(stream)) {
 *             status = oss_stream_final(stream, &heard);     a segment that is over: it does not change any more
 *             ...
 *         }
 *         ... oss_stream_partial(stream, &heard): what was heard of the segment that goes on, which may change
 *     }
 *     oss_stream_finish(stream), and the rest comes as finals
 *     oss_stream_free(stream);
 *
 * Only models that were trained for it can: with chunks (chunk_training) and with features that do not need the whole
 * recording ("mel_norm" "fixed" or "none", "normalize" "none").
 *
 * A stream works in the thread that calls it, chunk by chunk: most calls of oss_stream_accept only keep samples, the
 * one that completes a chunk takes the time of all of it. What comes out does not depend on how the samples are cut.
 * Memory does not grow with the length of a stream whose segments end. Functions that fail return a negative
 * oss_status, set oss_last_error() and leave their results untouched. */
#ifndef OSSICLE_STREAMING_H
#define OSSICLE_STREAMING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ossicle/recognizer.h"
#include "ossicle/status.h"
#include "ossicle/transcript.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oss_stream oss_stream;

typedef struct oss_stream_options {
    /* sizeof(oss_stream_options): later versions have more at the end. Everything else 0 is the default. */
    size_t size;
    /* The longest from the last sample of a word until a partial transcript has it, beside the time that computing
     * takes: audio is heard in chunks that much shorter (docs/inference.md). Longer is more accurate. At least 0.4, at
     * most 30; 0: 2. */
    double latency_seconds;
    /* What a chunk sees of what was before it, at most 60; 0: 5.12. */
    double left_seconds;
    /* When a segment ends (Kaldi's rules): after so much silence, whatever was said (0: 2.4); after so much silence
     * when something was said (0: 1.2); when it is so long, at the next space between words, or at twice that length
     * (0: 20). Negative: never by this rule. Silence is what holds no symbol. */
    double rule1_silence_seconds;
    double rule2_silence_seconds;
    double rule3_length_seconds;
} oss_stream_options;

/* All defaults, for this version: the size is set, everything else is 0. In C++ the only way without a warning. */
static inline oss_stream_options oss_stream_options_init(void) {
    oss_stream_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* A stream with the recognizer's model, which it shares: any number of streams may, each used by one thread at a time,
 * beside the recognizer itself; they may be freed in any order. The recognizer's options for chunks, levels and threads
 * have no part in it, its precision does. While the recognizer runs, this may be called by another thread. options
 * NULL: the defaults. OSS_EUSAGE: the model cannot run as a stream, or a wrong option, or one that this version does
 * not have. */
OSS_API oss_status oss_stream_create(oss_stream **out, const oss_recognizer *recognizer,
                                     const oss_stream_options *options);

/* NULL is allowed. */
OSS_API void oss_stream_free(oss_stream *stream);

/* The next mono sample[samples] in [-1, 1] at rate_hz, which stays the same for a stream and is resampled when it is
 * not the model's. OSS_EINPUT: a sample that is not finite, or a rate that cannot be resampled; nothing was taken then.
 * OSS_EUSAGE: another rate than before, or after oss_stream_finish. After any other failure the stream is of no more
 * use until oss_stream_reset. */
OSS_API oss_status oss_stream_accept(oss_stream *stream, const float *sample, int64_t samples,
                                     int32_t rate_hz);

/* No more samples come: what was heard is worked out to the last word, as if a chunk of silence followed, and becomes
 * the last final transcript. */
OSS_API oss_status oss_stream_finish(oss_stream *stream);

/* *out: the segment that goes on, as far as it was heard, the caller's (oss_transcript_free). Words at its end may
 * still change. Times count from the beginning of the stream. */
OSS_API oss_status oss_stream_partial(const oss_stream *stream, oss_transcript **out);

/* Segments that have ended and were not asked for yet. */
OSS_API int32_t oss_stream_endpoint(const oss_stream *stream);

/* *out: the first of them, the caller's (oss_transcript_free), its text "" when nothing was said in it. It does not
 * come again and does not change. OSS_EUSAGE: there is none. */
OSS_API oss_status oss_stream_final(oss_stream *stream, oss_transcript **out);

/* Begins a new stream with the same options: clock, transcripts and what was heard are forgotten, and the rate may be
 * another. */
OSS_API oss_status oss_stream_reset(oss_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
