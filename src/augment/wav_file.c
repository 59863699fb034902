#include "augment/wav_file.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"

enum { HEADER_BYTES = 44, FORMAT_PCM = 1, FORMAT_FLOAT = 3 };

static unsigned char *put_number(unsigned char *to, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        *to++ = (unsigned char)(value >> 8 * i);
    }
    return to;
}

static unsigned char *put_tag(unsigned char *to, const char *tag) {
    memcpy(to, tag, 4);
    return to + 4;
}

static void make_header(unsigned char header[HEADER_BYTES], uint32_t data_bytes, int32_t rate_hz,
                        uint32_t sample_bytes, bool as_float) {
    unsigned char *to = put_tag(header, "RIFF");
    to = put_number(to, data_bytes + HEADER_BYTES - 8, 4);
    to = put_tag(to, "WAVE");
    to = put_tag(to, "fmt ");
    to = put_number(to, 16, 4);
    to = put_number(to, as_float ? FORMAT_FLOAT : FORMAT_PCM, 2);
    to = put_number(to, 1, 2);
    to = put_number(to, (uint32_t)rate_hz, 4);
    to = put_number(to, (uint32_t)rate_hz * sample_bytes, 4);
    to = put_number(to, sample_bytes, 2);
    to = put_number(to, 8 * sample_bytes, 2);
    to = put_tag(to, "data");
    (void)put_number(to, data_bytes, 4);
}

static uint32_t encode_sample(float x, bool as_float) {
    if (as_float) {
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        return bits;
    }
    float steps = x * 32768.0f;
    long value = lrintf(steps > 32767.0f ? 32767.0f : steps < -32768.0f ? -32768.0f : steps);
    return (uint32_t)value & 0xffffU;
}

oss_status oss_wav_save(const char *path, const float *x, int64_t samples, int32_t rate_hz, bool as_float) {
    const uint32_t sample_bytes = as_float ? 4 : 2;
    if (samples > (UINT32_MAX - HEADER_BYTES) / sample_bytes) {
        return oss_fail(OSS_EINPUT, "%s: %lld samples are more than a WAV file holds", path,
                        (long long)samples);
    }
    oss_writer writer;
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    unsigned char header[HEADER_BYTES];
    make_header(header, (uint32_t)samples * sample_bytes, rate_hz, sample_bytes, as_float);
    oss_writer_put(&writer, header, sizeof header);
    for (int64_t i = 0; i < samples; i++) {
        unsigned char bytes[4];
        (void)put_number(bytes, encode_sample(x[i], as_float), (int)sample_bytes);
        oss_writer_put(&writer, bytes, sample_bytes);
    }
    return oss_writer_commit(&writer);
}
