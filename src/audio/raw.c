#include "audio/raw.h"

#include <stdbool.h>
#include <string.h>

#include "audio/pcm.h"
#include "audio/segment.h"
#include "base/fail.h"
#include "base/number.h"

enum { DEFAULT_RATE_HZ = 16000 };

static const struct {
    const char *name;
    oss_pcm_kind linear; /* of the kinds before OSS_RAW_S16BE */
} kinds[OSS_RAW_KINDS] = {{"u8", OSS_PCM_U8},     {"s16le", OSS_PCM_S16}, {"s24le", OSS_PCM_S24},
                          {"s32le", OSS_PCM_S32}, {"f32le", OSS_PCM_F32}, {"f64le", OSS_PCM_F64},
                          {"s16be", OSS_PCM_S16}, {"mulaw", OSS_PCM_U8},  {"alaw", OSS_PCM_U8}};

/* ---- Formats by name ---- */

static oss_status find_kind(oss_raw_kind *out, const char *name, size_t length, const char *what) {
    for (int i = 0; i < OSS_RAW_KINDS; i++) {
        if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, name, length) == 0) {
            *out = (oss_raw_kind)i;
            return OSS_OK;
        }
    }
    return oss_fail(
        OSS_EUSAGE,
        "%s: the format \"%.*s\" is none of u8, s16le, s16be, s24le, s32le, f32le, f64le, mulaw and alaw",
        what, (int)length, name);
}

/* *text: what follows the number and its colon. */
static oss_status read_number(const char **text, int32_t low, int32_t high, int32_t *out, const char *what) {
    char digits[16];
    size_t length = strcspn(*text, ":");
    int64_t number = 0;
    if (length < sizeof digits) {
        memcpy(digits, *text, length);
        digits[length] = '\0';
    }
    if (length >= sizeof digits || !oss_integer_parse(digits, &number) || number < low || number > high) {
        return oss_fail(OSS_EUSAGE, "%s: \"%.*s\" is no whole number from %d to %d", what, (int)length, *text,
                        (int)low, (int)high);
    }
    *out = (int32_t)number;
    *text += length + ((*text)[length] == ':');
    return OSS_OK;
}

oss_status oss_raw_parse(oss_raw *out, const char *text, const char *what) {
    oss_raw raw = {.rate_hz = DEFAULT_RATE_HZ, .channels = 1};
    size_t length = strcspn(text, ":");
    oss_status status = find_kind(&raw.kind, text, length, what);
    text += length;
    if (status == OSS_OK && *text == ':') {
        text++;
        status = read_number(&text, OSS_AUDIO_MIN_RATE_HZ, OSS_AUDIO_MAX_RATE_HZ, &raw.rate_hz, what);
    }
    if (status == OSS_OK && *text != '\0') {
        status = read_number(&text, 1, OSS_AUDIO_MAX_CHANNELS, &raw.channels, what);
    }
    if (status == OSS_OK && *text != '\0') {
        status = oss_fail(OSS_EUSAGE, "%s: \"%s\" is too much: write FORMAT:RATE:CHANNELS", what, text);
    }
    if (status == OSS_OK) {
        *out = raw;
    }
    return status;
}

size_t oss_raw_frame_bytes(const oss_raw *raw) {
    return (size_t)oss_pcm_bytes(kinds[raw->kind].linear) * (size_t)raw->channels;
}

/* ---- Numbers ---- */

/* G.711, 14-bit magnitudes: (33 + 2 m) 2^e - 33 of 8159, complemented on the line. */
static float expand_mulaw(unsigned char byte) {
    uint32_t code = ~(uint32_t)byte & 0xff;
    int32_t magnitude = (int32_t)((33 + 2 * (code & 15)) << ((code >> 4) & 7)) - 33;
    return (float)((code & 0x80) != 0 ? -magnitude : magnitude) * 0x1p-13F;
}

/* G.711, 13-bit magnitudes: segments 0 and 1 have one step, the others double it; even bits are inverted on the line. */
static float expand_alaw(unsigned char byte) {
    uint32_t code = (uint32_t)byte ^ 0x55;
    uint32_t segment = (code >> 4) & 7, low = 2 * (code & 15) + 1;
    int32_t magnitude = (int32_t)(segment == 0 ? low : (low + 32) << (segment - 1));
    return (float)((code & 0x80) != 0 ? magnitude : -magnitude) * 0x1p-12F;
}

/* x[count] of the numbers of one frame. */
static void expand(float *x, const unsigned char *bytes, int32_t count, oss_raw_kind kind) {
    if (kind < OSS_RAW_S16BE) {
        oss_pcm_decode(x, bytes, (size_t)count, kinds[kind].linear);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        x[i] = kind == OSS_RAW_MULAW  ? expand_mulaw(bytes[i])
               : kind == OSS_RAW_ALAW ? expand_alaw(bytes[i])
                                      : (float)(int16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]) * 0x1p-15F;
    }
}

void oss_raw_mix(const oss_raw *raw, float *y, const unsigned char *bytes, int64_t frames) {
    const size_t step = oss_raw_frame_bytes(raw);
    float x[OSS_AUDIO_MAX_CHANNELS];
    for (int64_t i = 0; i < frames; i++, bytes += step) {
        double sum = 0.0;
        expand(x, bytes, raw->channels, raw->kind);
        for (int32_t c = 0; c < raw->channels; c++) {
            sum += (double)x[c];
        }
        y[i] = (float)(sum / raw->channels);
    }
}

/* ---- Behind a WAV header ---- */

enum { RIFF_BYTES = 12, CHUNK_BYTES = 8, MAX_HEADER_BYTES = 1 << 20 };

static uint32_t get_number(const unsigned char *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static oss_status read_format(oss_raw *out, const unsigned char *body, uint32_t size, const char *what) {
    oss_pcm_format format;
    if (!oss_pcm_from_wav(&format, body, size)) {
        return oss_fail(
            OSS_EINPUT,
            "%s: a WAV header with samples that are not read from a pipe: other than linear, or in too many "
            "channels",
            what);
    }
    *out = (oss_raw){.rate_hz = format.rate_hz, .channels = format.channels};
    while (kinds[out->kind].linear != format.kind) {
        out->kind++;
    }
    return OSS_OK;
}

/* Sizes that cannot be: of writers that did not know how much would come. */
static int64_t read_data_size(const unsigned char *chunk) {
    uint32_t size = get_number(chunk + 4);
    return size == 0 || size >= 0x7ffff000U ? -1 : (int64_t)size;
}

oss_status oss_raw_read_wav(oss_raw *out, const unsigned char *bytes, size_t count, size_t *out_header_bytes,
                            int64_t *out_data_bytes, const char *what) {
    oss_raw raw = {0};
    if (count >= RIFF_BYTES && (memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)) {
        return oss_fail(OSS_EINPUT, "%s: no WAV header", what);
    }
    *out_header_bytes = 0;
    for (size_t at = RIFF_BYTES; at + CHUNK_BYTES <= count;) {
        const unsigned char *chunk = bytes + at, *body = chunk + CHUNK_BYTES;
        uint32_t size = get_number(chunk + 4);
        if (memcmp(chunk, "data", 4) == 0) {
            if (raw.channels == 0) {
                return oss_fail(OSS_EINPUT, "%s: a WAV header without a format before its samples", what);
            }
            *out = raw;
            *out_header_bytes = at + CHUNK_BYTES;
            *out_data_bytes = read_data_size(chunk);
            return OSS_OK;
        }
        if (size > MAX_HEADER_BYTES) {
            return oss_fail(OSS_EINPUT, "%s: %u bytes of a WAV header come before the samples", what, size);
        }
        if (at + CHUNK_BYTES + size > count) {
            return OSS_OK;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            oss_status status = read_format(&raw, body, size, what);
            if (status != OSS_OK) {
                return status;
            }
        }
        at += CHUNK_BYTES + size + size % 2;
    }
    return OSS_OK;
}
