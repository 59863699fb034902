#include "support/encode.h"

#include <check.h>

#include <sndfile.h>

static const struct {
    const char *name;
    int format;
} encodings[OSS_ENCODE_COUNT] = {
    [OSS_ENCODE_PCM8] = {"WAV, 8 bit", SF_FORMAT_WAV | SF_FORMAT_PCM_U8},
    [OSS_ENCODE_PCM16] = {"WAV, 16 bit", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
    [OSS_ENCODE_PCM24] = {"WAV, 24 bit", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
    [OSS_ENCODE_PCM32] = {"WAV, 32 bit", SF_FORMAT_WAV | SF_FORMAT_PCM_32},
    [OSS_ENCODE_FLOAT] = {"WAV, float", SF_FORMAT_WAV | SF_FORMAT_FLOAT},
    [OSS_ENCODE_DOUBLE] = {"WAV, double", SF_FORMAT_WAV | SF_FORMAT_DOUBLE},
    [OSS_ENCODE_ULAW] = {"WAV, u-law", SF_FORMAT_WAV | SF_FORMAT_ULAW},
    [OSS_ENCODE_GSM] = {"WAV, GSM 6.10", SF_FORMAT_WAV | SF_FORMAT_GSM610},
    [OSS_ENCODE_RF64] = {"RF64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16},
    [OSS_ENCODE_W64] = {"W64", SF_FORMAT_W64 | SF_FORMAT_PCM_16},
    [OSS_ENCODE_AIFF] = {"AIFF", SF_FORMAT_AIFF | SF_FORMAT_PCM_16},
    [OSS_ENCODE_DWVW] = {"AIFF, DWVW", SF_FORMAT_AIFF | SF_FORMAT_DWVW_16},
    [OSS_ENCODE_AU] = {"AU", SF_FORMAT_AU | SF_FORMAT_PCM_16},
    [OSS_ENCODE_CAF] = {"CAF", SF_FORMAT_CAF | SF_FORMAT_PCM_16},
    [OSS_ENCODE_FLAC] = {"FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
    [OSS_ENCODE_VORBIS] = {"Ogg Vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
    [OSS_ENCODE_OPUS] = {"Ogg Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS},
    [OSS_ENCODE_MP3] = {"MP3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III},
};

const char *oss_encoding_name(oss_encoding encoding) {
    return encodings[encoding].name;
}

bool oss_encode(const char *path, oss_encoding encoding, const float *x, int64_t frames, int channels,
                int rate_hz) {
    SF_INFO info = {.samplerate = rate_hz, .channels = channels, .format = encodings[encoding].format};
    if (!sf_format_check(&info)) {
        return false;
    }
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    if (file == NULL) {
        ck_abort_msg("cannot write %s as %s: %s", path, encodings[encoding].name, sf_strerror(NULL));
    }
    ck_assert_int_eq(sf_writef_float(file, x, frames), frames);
    ck_assert_int_eq(sf_close(file), 0);
    return true;
}

bool oss_encode_constant_mp3(const char *path, const float *x, int64_t frames, int channels, int rate_hz) {
    SF_INFO info = {
        .samplerate = rate_hz, .channels = channels, .format = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III};
    if (!sf_format_check(&info)) {
        return false;
    }
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    ck_assert_msg(file != NULL, "cannot write %s: %s", path, sf_strerror(NULL));
    int mode = SF_BITRATE_MODE_CONSTANT;
    (void)sf_command(file, SFC_SET_BITRATE_MODE, &mode, sizeof mode); /* 0 although it is set */
    ck_assert_int_eq(sf_writef_float(file, x, frames), frames);
    ck_assert_int_eq(sf_close(file), 0);
    return true;
}
