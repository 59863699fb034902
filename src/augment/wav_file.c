#include "augment/wav_file.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"

enum {
    FORMAT_PCM = 1,
    FORMAT_FLOAT = 3,
    PCM_HEADER_BYTES = 44,
    FLOAT_HEADER_BYTES = PCM_HEADER_BYTES + 2 + 12, /* cbSize, and a fact chunk */
};

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

/* Whatever is not PCM has the size of an extension (none: 0) and a fact chunk with the number of samples (RIFF MCI,
 * "New WAVE types"). Returns the bytes of the header. */
static size_t make_header(unsigned char header[FLOAT_HEADER_BYTES], uint32_t samples, int32_t rate_hz,
                          uint32_t sample_bytes, bool as_float) {
    uint32_t header_bytes = as_float ? FLOAT_HEADER_BYTES : PCM_HEADER_BYTES;
    uint32_t data_bytes = samples * sample_bytes;
    unsigned char *to = put_tag(header, "RIFF");
    to = put_number(to, data_bytes + header_bytes - 8, 4);
    to = put_tag(to, "WAVE");
    to = put_tag(to, "fmt ");
    to = put_number(to, as_float ? 18 : 16, 4);
    to = put_number(to, as_float ? FORMAT_FLOAT : FORMAT_PCM, 2);
    to = put_number(to, 1, 2);
    to = put_number(to, (uint32_t)rate_hz, 4);
    to = put_number(to, (uint32_t)rate_hz * sample_bytes, 4);
    to = put_number(to, sample_bytes, 2);
    to = put_number(to, 8 * sample_bytes, 2);
    if (as_float) {
        to = put_number(to, 0, 2);
        to = put_tag(to, "fact");
        to = put_number(to, 4, 4);
        to = put_number(to, samples, 4);
    }
    to = put_tag(to, "data");
    (void)put_number(to, data_bytes, 4);
    return header_bytes;
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
    if (samples > (UINT32_MAX - FLOAT_HEADER_BYTES) / sample_bytes) {
        return oss_fail(OSS_EINPUT, "%s: %lld samples are more than a WAV file holds", path,
                        (long long)samples);
    }
    oss_writer writer;
    oss_status status = oss_writer_open(&writer, path);
    if (status != OSS_OK) {
        return status;
    }
    unsigned char header[FLOAT_HEADER_BYTES];
    size_t header_bytes = make_header(header, (uint32_t)samples, rate_hz, sample_bytes, as_float);
    oss_writer_put(&writer, header, header_bytes);
    for (int64_t i = 0; i < samples; i++) {
        unsigned char bytes[4];
        (void)put_number(bytes, encode_sample(x[i], as_float), (int)sample_bytes);
        oss_writer_put(&writer, bytes, sample_bytes);
    }
    return oss_writer_commit(&writer);
}
