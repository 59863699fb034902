/* Numbers of linear PCM, as raw data and WAV files hold them. */
#ifndef OSS_AUDIO_PCM_H
#define OSS_AUDIO_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum oss_pcm_kind {
    OSS_PCM_U8, /* 128 is silence */
    OSS_PCM_S16,
    OSS_PCM_S24, /* in 3 bytes */
    OSS_PCM_S32,
    OSS_PCM_F32,
    OSS_PCM_F64
} oss_pcm_kind;

typedef struct oss_pcm_format {
    oss_pcm_kind kind; /* little-endian */
    int32_t rate_hz, channels;
} oss_pcm_format;

int32_t oss_pcm_bytes(oss_pcm_kind kind); /* of a number */

/* x[count]: integers over their range, -1 <= x < 1, as libsndfile makes them; floats as they are. */
void oss_pcm_decode(float *x, const void *bytes, size_t count, oss_pcm_kind kind);

/* What the "fmt " chunk[bytes] of a WAV file (RIFF, RF64) says; false: another codec, packing, rate or number of channels
 * than the above and audio/segment.h have. */
bool oss_pcm_from_wav(oss_pcm_format *out, const unsigned char *chunk, size_t bytes);

#endif
