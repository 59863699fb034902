/* A WAV file of linear PCM that comes through a pipe: of any length, in constant memory. What libsndfile reads otherwise
 * it must be able to go back in. */
#ifndef OSS_AUDIO_WAV_PIPE_H
#define OSS_AUDIO_WAV_PIPE_H

#include "audio/pcm.h"
#include "audio/pull.h"
#include "audio/segment.h"
#include "base/pipe.h"

typedef struct oss_wav_pipe {
    oss_pipe *pipe;                   /* the caller's */
    const oss_audio_request *request; /* the caller's: progress, cut_off and stop */
    oss_pcm_format format;
    int64_t data_bytes; /* of the samples by the header; -1: until the end */
    int64_t left_bytes; /* of the recording; INT64_MAX: nobody knows */
    int64_t tail_bytes; /* between its samples and its end; -1: nobody knows */
    int64_t frames;     /* that were read of all */
    float *chunk;       /* [OSS_DECODER_CHUNK_FLOATS] */
    void *bytes;        /* of a chunk */
} oss_wav_pipe;

/* Whether such a file begins with bytes[count], and how. */
bool oss_wav_pipe_begins(const void *bytes, size_t count);
/* Of a pipe that begins so; the header is within the next header_bytes. The request is one of a whole recording. Errors are
 * those of oss_audio_load where they are reached, and when another recording follows on the file that is none of linear
 * WAV. Close also after a failure. */
oss_status oss_wav_pipe_open(oss_wav_pipe *wav, oss_pipe *pipe, size_t header_bytes,
                             const oss_audio_request *request);
void oss_wav_pipe_close(oss_wav_pipe *wav);
/* Its frames, mixed to mono, at format.rate_hz. */
oss_audio_pull oss_wav_pipe_pull(oss_wav_pipe *wav);

#endif
