/* Plain samples (raw.h) of a file or a pipe: of any length, in constant memory. */
#ifndef OSS_AUDIO_RAW_PIPE_H
#define OSS_AUDIO_RAW_PIPE_H

#include "audio/pull.h"
#include "audio/raw.h"
#include "audio/segment.h"
#include "base/pipe.h"

typedef struct oss_raw_pipe {
    oss_pipe *pipe;                   /* the caller's */
    const oss_audio_request *request; /* the caller's: progress, cut_off and stop */
    oss_raw raw;
    int64_t bytes_in_all; /* of a regular file; 0: nobody knows */
    int64_t frames;       /* that were read */
    unsigned char *bytes; /* of a chunk */
} oss_raw_pipe;

/* Of an open pipe. The request is one of a whole recording. OSS_EINPUT, where it is reached: it ends within a frame, which
 * request->cut_off allows when one comes before, or a number is not finite. Close also after a failure. */
oss_status oss_raw_pipe_open(oss_raw_pipe *input, oss_pipe *pipe, const oss_raw *raw,
                             const oss_audio_request *request);
void oss_raw_pipe_close(oss_raw_pipe *input);
/* Its frames, mixed to mono, at raw.rate_hz. */
oss_audio_pull oss_raw_pipe_pull(oss_raw_pipe *input);

#endif
