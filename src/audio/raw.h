/* Samples as plain bytes: what a pipe of raw audio holds, and a WAV file behind its header. */
#ifndef OSS_AUDIO_RAW_H
#define OSS_AUDIO_RAW_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_raw_kind {
    OSS_RAW_U8, /* this and those to F64LE: pcm.h */
    OSS_RAW_S16LE,
    OSS_RAW_S24LE,
    OSS_RAW_S32LE,
    OSS_RAW_F32LE,
    OSS_RAW_F64LE,
    OSS_RAW_S16BE,
    OSS_RAW_MULAW, /* ITU-T G.711 */
    OSS_RAW_ALAW,
    OSS_RAW_KINDS
} oss_raw_kind;

typedef struct oss_raw {
    oss_raw_kind kind;
    int32_t rate_hz, channels; /* the channels of a frame stand side by side */
} oss_raw;

/* "s16le:16000:1", names as above in small letters; the rate may be left out (16000), and the channels (1). `what` stands
 * before messages. OSS_EUSAGE. */
oss_status oss_raw_parse(oss_raw *out, const char *text, const char *what);
size_t oss_raw_frame_bytes(const oss_raw *raw);
/* y[frames]: the mean of the channels; integers so that full scale is 1. */
void oss_raw_mix(const oss_raw *raw, float *y, const unsigned char *bytes, int64_t frames);

/* What the first bytes[count] of a RIFF WAVE file say of the samples behind them, whose first is at *out_header_bytes:
 * *out_data_bytes of them, -1: to the end (writers on a pipe do not know). *out_header_bytes 0: more bytes are needed.
 * OSS_EINPUT: samples that are not read here, or no WAV file. */
oss_status oss_raw_read_wav(oss_raw *out, const unsigned char *bytes, size_t count, size_t *out_header_bytes,
                            int64_t *out_data_bytes, const char *what);

#endif
