/* Speech to text, and speech to embeddings, with a trained model.
 *
 *     oss_recognizer *recognizer = NULL;
 *     char *text = NULL;
 *     if (oss_recognizer_create(&recognizer, "model.safetensors", NULL) != OSS_OK ||
 *         oss_recognizer_transcribe_file(recognizer, "hello.wav", &text, NULL) != OSS_OK) {
 *         fprintf(stderr, "%s\n", oss_last_error());
 *     } else {
 *         puts(text);
 *     }
 *     oss_string_free(text);
 *     oss_recognizer_free(recognizer);
 *
 * Functions that fail return a negative oss_status, set oss_last_error() and leave their results untouched. A
 * recognizer may be used by one thread at a time (it has threads of its own); different recognizers, also those
 * that share a model (oss_recognizer_create_sibling), by different threads at once. Results are the same bits with
 * any number of threads. */
#ifndef OSSICLE_RECOGNIZER_H
#define OSSICLE_RECOGNIZER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ossicle/features.h"
#include "ossicle/precision.h"
#include "ossicle/progress.h"
#include "ossicle/status.h"
#include "ossicle/transcript.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oss_recognizer oss_recognizer;

typedef struct oss_recognizer_options {
    /* sizeof(oss_recognizer_options): later versions have more at the end. Everything else 0 is the default. */
    size_t size;
    int32_t threads; /* 1 to 1024; 0: as many as the processors that this process may use */
    oss_precision precision;
    /* 0: attention sees the whole recording. Else the recording is cut into chunks of this many seconds, in
     * whole embeddings, at least 1; each sees itself and left_seconds before it (negative: everything before
     * it), so results are those of a model that listens while somebody speaks. For models trained so
     * (chunk_training). */
    double chunk_seconds;
    double left_seconds;
    /* 0: a file that breaks off is refused. Else what comes before is taken, when there is any, with a warning through
     * the log (ossicle/log.h), and oss_recognizer_was_cut_off says so. */
    int32_t allow_truncated;
    /* 0: recordings whose speech is below -40 dB of full scale are raised to -26 dB by one factor before features are
     * made, and the log says so; all others keep their bits. Pauses do not count, and what is below -80 dB stays. Not
     * 0, and always with chunks or a model of "normalize": "peak": every recording stays as loud as it is. Of a
     * recording of more than a minute every piece is raised, or not, for itself. */
    int32_t keep_level;
    /* 0: the library starts no other program. Else files that libsndfile does not decode (MP4, WebM, AMR, WMA, AAC,
     * videos: their first audio stream) are read through the program ffmpeg in PATH, if there is one. It may be stopped
     * as any reading may, and is ended when it gives nothing for 60 s; pipes and samples in memory never go there. */
    int32_t use_ffmpeg;
    /* NULL: files have a format that they tell themselves. Else every file is plain samples, "FORMAT:RATE:CHANNELS"
     * with a format of u8, s16le, s16be, s24le, s32le, f32le, f64le, mulaw and alaw, a rate in Hz (left out: 16000) and
     * the number of channels that stand side by side (left out: 1). Not needed once the recognizer is made. */
    const char *raw;
} oss_recognizer_options;

/* All defaults, for this version: the size is set, everything else is 0. For C++ too, which has no {.size = ...}. */
static inline oss_recognizer_options oss_recognizer_options_init(void) {
    oss_recognizer_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* Loads a model: a model file, a checkpoint folder, or a run folder (its best checkpoint, else its latest).
 * options NULL: the defaults. The file is not needed afterwards. OSS_EINPUT: the file is damaged or no model;
 * OSS_EUSAGE: a wrong option, or one that this version does not have. */
OSS_API oss_status oss_recognizer_create(oss_recognizer **out, const char *model_path,
                                         const oss_recognizer_options *options);

/* The same from the bytes[count] of a model file, which are not needed afterwards. name: what messages call it; NULL:
 * "the model". */
OSS_API oss_status oss_recognizer_create_memory(oss_recognizer **out, const void *bytes, size_t count,
                                                const char *name, const oss_recognizer_options *options);

/* A recognizer with the model and the options of another and one thread, for a thread of the caller's: weights and
 * vocabulary are shared and not copied, so it costs little until its first call, and then the work space of the longest
 * recording. It has no progress callback. Recognizers of one model may be freed in any order, by any thread; the model
 * goes with the last. While the other runs, this may be called by another thread. */
OSS_API oss_status oss_recognizer_create_sibling(oss_recognizer **out, const oss_recognizer *recognizer);

/* NULL is allowed. */
OSS_API void oss_recognizer_free(oss_recognizer *recognizer);

/* From any thread, and from a signal handler: the call that this recognizer runs, or when it runs none (or is about to
 * be done) the next one, ends soon with OSS_ESTOPPED, and the one after that runs as ever. So a wish is never lost
 * between two calls; what it stopped unasked may be called again. Soon: after the piece of a file (32,768 samples), or
 * the 64 embeddings of a layer, that it is at. Siblings are not stopped. The recognizer must not be freed meanwhile. */
OSS_API void oss_recognizer_cancel(oss_recognizer *recognizer);

/* Who is told how far coming calls are; NULL: nobody. Calls with samples have no stage of reading. */
OSS_API void oss_recognizer_set_progress(oss_recognizer *recognizer, oss_progress_fn progress, void *context);

/* What a model is; all of it in the units named. */
typedef struct oss_recognizer_info {
    size_t size;            /* sizeof(oss_recognizer_info), set by the caller: no more than that is filled */
    int32_t sample_rate_hz; /* audio at other rates is resampled */
    double embedding_hz;    /* rows of embeddings a second */
    int32_t embedding_width;
    int32_t projected_width; /* 0: no projector */
    int32_t logit_rows;      /* a row of embeddings */
    int32_t symbols;         /* columns of the logits; symbol 0 is CTC's blank, 1 the unknown; 0: no head, no
                                transcripts */
    int64_t parameters;
} oss_recognizer_info;
/* Nothing known yet, with the size set. */
static inline oss_recognizer_info oss_recognizer_info_init(void) {
    oss_recognizer_info info;
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    return info;
}
/* OSS_EUSAGE: out->size is not set. */
OSS_API oss_status oss_recognizer_get_info(const oss_recognizer *recognizer, oss_recognizer_info *out);

/* The text of a symbol in UTF-8, owned by the recognizer; NULL outside 0..symbols-1. */
OSS_API const char *oss_recognizer_symbol(const oss_recognizer *recognizer, int32_t id);

/* *out_text: the transcript (one line of UTF-8, no line break, U+FFFD for the unknown symbol), the caller's: free with
 * oss_string_free. *out_seconds (may be NULL): length of the audio. The file may have any format, rate and channel
 * count that libsndfile reads, and may be a pipe (/dev/stdin): WAV of linear samples, of any length, is read as it
 * comes; other kinds are read to their end first, 2 GiB at most. OSS_EINPUT: it cannot be read, holds no samples or one
 * that is not finite; OSS_EUSAGE: the model has no head. Any length: a recording of up to a minute is encoded as a
 * whole. A longer one is encoded in pieces of 10 to 25 s, cut where it is quietest, each with 1.6 s around it that are
 * encoded again; memory grows with its text alone, and time with its length (docs/inference.md). */
OSS_API oss_status oss_recognizer_transcribe_file(oss_recognizer *recognizer, const char *path,
                                                  char **out_text, double *out_seconds);

/* 1: the file of the last call with a file broke off, and its result is of what came before (allow_truncated). Else
 * 0. */
OSS_API int32_t oss_recognizer_was_cut_off(const oss_recognizer *recognizer);

/* The same from mono sample[samples] in [-1, 1] at rate_hz; samples >= 1. */
OSS_API oss_status oss_recognizer_transcribe_samples(oss_recognizer *recognizer, const float *sample,
                                                     int64_t samples, int32_t rate_hz, char **out_text);

/* *out_transcript: what was said with times and confidences, the caller's: free with oss_transcript_free. Its text is
 * what oss_recognizer_transcribe_file gives. Otherwise as that. */
OSS_API oss_status oss_recognizer_recognize_file(oss_recognizer *recognizer, const char *path,
                                                 oss_transcript **out_transcript);

/* The same from mono sample[samples] in [-1, 1] at rate_hz; samples >= 1. */
OSS_API oss_status oss_recognizer_recognize_samples(oss_recognizer *recognizer, const float *sample,
                                                    int64_t samples, int32_t rate_hz,
                                                    oss_transcript **out_transcript);

/* The network's outputs. S = rows of embeddings: ceil(T / downsampling) for T frames of features. */
typedef enum oss_output {
    OSS_OUTPUT_EMBEDDINGS = 0, /* [S, embedding_width] after the last norm */
    OSS_OUTPUT_PROJECTED = 1,  /* [S, projected_width] for a language model */
    OSS_OUTPUT_LOGITS = 2      /* [S * logit_rows, symbols] before softmax */
} oss_output;

/* *out: the caller's, oss_matrix_deinit frees it, and grows with the recording. OSS_EUSAGE: the model has no such
 * output. */
OSS_API oss_status oss_recognizer_embed_file(oss_recognizer *recognizer, const char *path, oss_output what,
                                             oss_matrix *out);
OSS_API oss_status oss_recognizer_embed_samples(oss_recognizer *recognizer, const float *sample,
                                                int64_t samples, int32_t rate_hz, oss_output what,
                                                oss_matrix *out);

/* Who takes value[rows, columns], the next rows of an output, which are the library's and gone when the call returns.
 * Not 0: go on; 0: no more are wanted. Must not use the recognizer. */
typedef int32_t (*oss_rows_fn)(void *context, const float *value, int32_t rows, int32_t columns);

/* The rows that oss_recognizer_embed_file gives, as they come: of a recording of up to a minute at once, of longer ones
 * piece by piece, in memory that does not grow. When no more are wanted the rest is not read, and the call succeeds.
 * After a failure what was taken is not all. */
OSS_API oss_status oss_recognizer_embed_file_to(oss_recognizer *recognizer, const char *path, oss_output what,
                                                oss_rows_fn rows, void *context);

/* Frees a string that a function of this library gave to the caller; NULL is allowed. */
OSS_API void oss_string_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
