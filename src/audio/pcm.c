#include "audio/pcm.h"

#include <string.h>

#include "audio/segment.h"
#include "audio/window.h"

int32_t oss_pcm_bytes(oss_pcm_kind kind) {
    static const int32_t bytes[] = {[OSS_PCM_U8] = 1,  [OSS_PCM_S16] = 2, [OSS_PCM_S24] = 3,
                                    [OSS_PCM_S32] = 4, [OSS_PCM_F32] = 4, [OSS_PCM_F64] = 8};
    return bytes[kind];
}

/* The bytes of a number as one, the last of them on top. */
static uint64_t read_number(const unsigned char *at, int32_t bytes) {
    uint64_t value = 0;
    for (int32_t i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

/* An integer of `bytes` bytes, moved up so that all have 32 bits. */
static float read_integer(const unsigned char *at, int32_t bytes) {
    uint32_t value = (uint32_t)read_number(at, bytes) << (32 - 8 * bytes);
    return (float)(int32_t)value * 0x1p-31f;
}

static float read_float(const unsigned char *at) {
    uint32_t bits = (uint32_t)read_number(at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float read_double(const unsigned char *at) {
    uint64_t bits = read_number(at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

void oss_pcm_decode(float *x, const void *bytes, size_t count, oss_pcm_kind kind) {
    const unsigned char *at = bytes;
    int32_t width = oss_pcm_bytes(kind);
    for (size_t i = 0; i < count; i++, at += width) {
        switch (kind) {
        case OSS_PCM_U8:
            x[i] = (float)(*at - 128) * 0x1p-7f;
            break;
        case OSS_PCM_S16:
        case OSS_PCM_S24:
        case OSS_PCM_S32:
            x[i] = read_integer(at, width);
            break;
        case OSS_PCM_F32:
            x[i] = read_float(at);
            break;
        case OSS_PCM_F64:
            x[i] = read_double(at);
            break;
        }
    }
}

/* ---- WAV ---- */

enum {
    FORMAT_BYTES = 16,
    EXTENSIBLE_BYTES = 40,
    VALID_BITS_AT = 18,
    SUBFORMAT_AT = 24,
    INTEGER_TAG = 1,
    FLOAT_TAG = 3,
    EXTENSIBLE_TAG = 0xfffe
};

static int32_t read_field(const unsigned char *at, int32_t bytes) {
    int64_t value = oss_window_number(at, bytes, false);
    return value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static bool find_kind(oss_pcm_kind *out, int32_t tag, int32_t bits) {
    static const struct {
        int32_t tag, bits;
        oss_pcm_kind kind;
    } known[] = {{INTEGER_TAG, 8, OSS_PCM_U8},   {INTEGER_TAG, 16, OSS_PCM_S16},
                 {INTEGER_TAG, 24, OSS_PCM_S24}, {INTEGER_TAG, 32, OSS_PCM_S32},
                 {FLOAT_TAG, 32, OSS_PCM_F32},   {FLOAT_TAG, 64, OSS_PCM_F64}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].tag == tag && known[i].bits == bits) {
            *out = known[i].kind;
            return true;
        }
    }
    return false;
}

bool oss_pcm_from_wav(oss_pcm_format *out, const unsigned char *chunk, size_t bytes) {
    oss_pcm_format format;
    if (bytes < FORMAT_BYTES) {
        return false;
    }
    int32_t tag = read_field(chunk, 2), align = read_field(chunk + 12, 2), bits = read_field(chunk + 14, 2);
    if (tag == EXTENSIBLE_TAG && bytes >= EXTENSIBLE_BYTES && read_field(chunk + VALID_BITS_AT, 2) == bits) {
        tag = read_field(chunk + SUBFORMAT_AT, 2);
    }
    format.channels = read_field(chunk + 2, 2);
    format.rate_hz = read_field(chunk + 4, 4);
    if (!find_kind(&format.kind, tag, bits) || format.channels < 1 ||
        format.channels > OSS_AUDIO_MAX_CHANNELS || align != format.channels * oss_pcm_bytes(format.kind)) {
        return false;
    }
    *out = format;
    return true;
}
