/* Audio files for tests in the formats that libsndfile writes. The only tests file that uses it. */
#ifndef OSS_TESTS_ENCODE_H
#define OSS_TESTS_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

typedef enum oss_encoding {
    OSS_ENCODE_PCM8, /* WAV down to OSS_ENCODE_GSM */
    OSS_ENCODE_PCM16,
    OSS_ENCODE_PCM24,
    OSS_ENCODE_PCM32,
    OSS_ENCODE_FLOAT,
    OSS_ENCODE_DOUBLE,
    OSS_ENCODE_ULAW,
    OSS_ENCODE_GSM, /* does not seek */
    OSS_ENCODE_RF64,
    OSS_ENCODE_W64,
    OSS_ENCODE_AIFF,
    OSS_ENCODE_DWVW, /* in AIFF; says that it seeks, and does not */
    OSS_ENCODE_AU,
    OSS_ENCODE_CAF,
    OSS_ENCODE_FLAC,
    OSS_ENCODE_VORBIS,
    OSS_ENCODE_OPUS,
    OSS_ENCODE_MP3, /* variable bit rate with a Xing header, which is what libsndfile writes when nothing is
                       said */
    OSS_ENCODE_COUNT
} oss_encoding;

const char *oss_encoding_name(oss_encoding encoding);

/* x[frames, channels]. False when this libsndfile does not write the format (MP3 before 1.1); the test stops
 * for any other failure. */
bool oss_encode(const char *path, oss_encoding encoding, const float *x, int64_t frames, int channels,
                int rate_hz);

/* MP3 of constant bit rate, which libsndfile writes without a Xing header. */
bool oss_encode_constant_mp3(const char *path, const float *x, int64_t frames, int channels, int rate_hz);

#endif
