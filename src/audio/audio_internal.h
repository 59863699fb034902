/* What audio_file.c (the libraries) and audio_load.c (what is done with them) share. */
#ifndef OSS_AUDIO_AUDIO_INTERNAL_H
#define OSS_AUDIO_AUDIO_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/container.h"
#include "base/reader.h"

enum { OSS_DECODER_CHUNK_FLOATS = 32768 }; /* decoded at once at most: frames times channels */

/* A file that is being decoded. A frame is one sample of each channel. */
typedef struct oss_decoder {
    const char *path; /* the caller's */
    oss_reader reader;
    oss_container_length length; /* this and has_xing: see container.h */
    int32_t rate_hz, channels;
    bool has_xing;
    int64_t promised_frames; /* by the header; -1: it does not say, or guesses */
    int64_t position_frames; /* of the next frame */
    bool exact_seek;
    int format;
    void *file; /* SNDFILE */
} oss_decoder;

/* Close also after a failure. */
oss_status oss_decoder_open(oss_decoder *decoder, const char *path);
void oss_decoder_close(oss_decoder *decoder);
/* chunk[frames, channels], frames <= most, from chunk[OSS_DECODER_CHUNK_FLOATS], all of which may be written;
 * 0: no more. */
int32_t oss_decoder_read(oss_decoder *decoder, float *chunk, int64_t most);
/* Moves on to `frame` when it can be done exactly; otherwise the decoder is at the beginning, for reading on
 * from there. */
oss_status oss_decoder_seek(oss_decoder *decoder, int64_t frame);
/* After oss_decoder_read gave 0: OSS_OK at the proper end of the file, or what broke it off. */
oss_status oss_decoder_check_end(const oss_decoder *decoder);

/* A stream of mono samples from one rate to another; ratio: samples out per frame in. */
typedef struct oss_resampler oss_resampler;
oss_status oss_resampler_create(oss_resampler **out, double ratio);
void oss_resampler_free(oss_resampler *resampler);
/* Takes what it can of x[*in_out_frames] and gives up to *in_out_samples into y; both become what was taken
 * and given. end: x is the last of the input. */
oss_status oss_resampler_process(oss_resampler *resampler, const float *x, int64_t *in_out_frames, bool end,
                                 float *y, int64_t *in_out_samples);

#endif
