/* Mono frames of a recording, or of a segment of one, at its own rate, piece by piece. */
#ifndef OSS_AUDIO_SEGMENT_H
#define OSS_AUDIO_SEGMENT_H

#include "audio/recording.h"
#include "base/stop.h"

enum {
    OSS_AUDIO_MIN_RATE_HZ = 1000,
    OSS_AUDIO_MAX_RATE_HZ = 768000,
    OSS_AUDIO_MAX_RATIO = 24 /* of the two rates, either way */
};

typedef struct oss_audio_request {
    int32_t rate_hz; /* wanted */
    bool keep_rate;  /* leave the samples at the file's rate, which must be one that could become rate_hz */
    double start_seconds; /* segment of the file; 0 and -1: all of it */
    double end_seconds;
    double max_seconds; /* longer audio is an error that says so; <= 0: no limit */
    bool *too_long;     /* when not NULL: set to whether the call failed for that reason */
    bool *
        other_format; /* when not NULL: set to whether opening failed since libsndfile does not know the format */
    /* When not NULL: told which fraction of the file's bytes is read, after every piece of at most 32,768 samples of
     * all channels, and 1 at the end. */
    void (*progress)(void *context, double fraction);
    void *progress_context;
    oss_stop *stop; /* when not NULL: whose wish ends it with OSS_ESTOPPED, before such a piece */
    /* When not NULL: audio that breaks off, or cannot be decoded any further, ends there and is no error, unless
     * nothing comes before; set to whether that happened, and oss_last_error() says what and where. */
    bool *cut_off;
} oss_audio_request;

typedef struct oss_segment {
    oss_recording recording;
    oss_audio_request request;
    int64_t start_frame, end_frame; /* end: INT64_MAX for the end of the file */
    double max_frames;              /* INFINITY: no limit */
    int64_t frames;                 /* read so far */
    float *chunk;                   /* [OSS_DECODER_CHUNK_FLOATS] */
} oss_segment;

/* OSS_EUSAGE: rate_hz is out of range; OSS_EINPUT: the segment does not run forwards. `name`: of what is to
 * be read. */
oss_status oss_segment_check(const char *name, const oss_audio_request *request);
/* Whether source_rate_hz, the rate of `name`, can become rate_hz; OSS_EINPUT. */
oss_status oss_segment_check_rates(const char *name, int32_t source_rate_hz, int32_t rate_hz);

/* Of a request that oss_segment_check has seen. The source and the name must outlive the segment. Close also
 * after a failure. */
oss_status oss_segment_open(oss_segment *segment, oss_source *source, const char *name,
                            const oss_audio_request *request);
/* *out = x[*out_frames] of the segment's memory, until the next call; 0 frames: the end, after at least one. */
oss_status oss_segment_read(oss_segment *segment, const float **out, int64_t *out_frames);
void oss_segment_close(oss_segment *segment);

/* Above every scale that recordings come in (integers of 32 bits among them); its square, summed over a window, is far below
 * what a float holds. */
#define OSS_AUDIO_MOST_SAMPLE 1e10f

/* Whether all of x[count] are finite and at most OSS_AUDIO_MOST_SAMPLE in magnitude. */
bool oss_segment_is_usable(const float *x, int64_t count);
/* OSS_EINPUT when one of chunk[frames, channels] is not, which names its place in `name`, of whose frames at rate_hz
 * the chunk's first is first_frame. */
oss_status oss_segment_check_usable(const char *name, int32_t rate_hz, int64_t first_frame,
                                    const float *chunk, int32_t frames, int32_t channels);
/* chunk[f] = mean_c chunk[f, c], in place. */
void oss_segment_mix_channels(float *chunk, int32_t frames, int32_t channels);
/* Index of the first of x[count] that is not usable, and what it is; there is one. */
int64_t oss_segment_find_unusable(const float *x, int64_t count);
const char *oss_segment_name_unusable(float x);

#endif
