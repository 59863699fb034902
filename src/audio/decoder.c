#include "audio/decoder.h"

#include <sndfile.h>

#include "base/fail.h"

enum { TRAILER_BYTES = 4096 }; /* of tags that may follow an MP3's last frame */

/* ---- libsndfile reads through our own source ---- */

static sf_count_t tell_size(void *user) {
    return ((const oss_decoder *)user)->source->size_bytes;
}

static sf_count_t tell_position(void *user) {
    return ((const oss_decoder *)user)->position_bytes;
}

static sf_count_t read_bytes(void *into, sf_count_t bytes, void *user) {
    oss_decoder *decoder = user;
    if (bytes <= 0) {
        return 0;
    }
    size_t got = oss_source_read(decoder->source, decoder->position_bytes, into, (size_t)bytes);
    decoder->position_bytes += (int64_t)got;
    return (sf_count_t)got;
}

static sf_count_t seek_bytes(sf_count_t offset, int whence, void *user) {
    oss_decoder *decoder = user;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? decoder->position_bytes
                                        : decoder->source->size_bytes;
    int64_t position;
    if (__builtin_add_overflow(base, (int64_t)offset, &position) || position < 0) {
        return -1;
    }
    decoder->position_bytes = position;
    return position;
}

/* ---- Decoder ---- */

static bool has_container(const oss_decoder *decoder, int type) {
    return (decoder->format & SF_FORMAT_TYPEMASK) == type;
}

/* MP3 seeks to about the right place only; Vorbis may be off by a block within the last page
 * (libsndfile 1.2.0); and for the end of an Ogg stream without one libsndfile may search for ever. */
static bool seeks_exactly(const oss_decoder *decoder) {
    bool vorbis = (decoder->format & SF_FORMAT_SUBMASK) == SF_FORMAT_VORBIS;
    return decoder->promised_frames >= 0 && !vorbis && !has_container(decoder, SF_FORMAT_MPEG);
}

static void take_info(oss_decoder *decoder, const SF_INFO *info) {
    decoder->rate_hz = info->samplerate;
    decoder->channels = info->channels;
    decoder->format = info->format;
    bool guessed = has_container(decoder, SF_FORMAT_MPEG) && !decoder->has_xing;
    decoder->promised_frames = info->frames < SF_COUNT_MAX && !guessed ? info->frames : -1;
    decoder->position_frames = 0;
    decoder->exact_seek = info->seekable && seeks_exactly(decoder);
}

static oss_status start_decoding(oss_decoder *decoder) {
    static SF_VIRTUAL_IO calls = {tell_size, seek_bytes, read_bytes, NULL, tell_position};
    SF_INFO info = {0};
    decoder->position_bytes = 0;
    decoder->file = sf_open_virtual(&calls, SFM_READ, &info, decoder);
    if (decoder->file != NULL) {
        take_info(decoder, &info);
        return OSS_OK;
    }
    oss_status status = oss_source_status(decoder->source, decoder->name);
    if (status == OSS_OK) {
        /* The reason is kept in one place for all threads: another that fails at this moment may have
         * replaced it. */
        const char *reason = sf_error(NULL) == SF_ERR_NO_ERROR ? "no reason given" : sf_strerror(NULL);
        status =
            oss_fail(OSS_EINPUT, "%s: not audio that can be read (libsndfile: %s)", decoder->name, reason);
    }
    return status;
}

static void stop_decoding(oss_decoder *decoder) {
    if (decoder->file != NULL) {
        (void)sf_close(decoder->file); /* nothing was written: nothing can be lost */
        decoder->file = NULL;
    }
}

oss_status oss_decoder_open(oss_decoder *decoder, oss_source *source, const char *name) {
    *decoder = (oss_decoder){.name = name, .source = source};
    if (source->size_bytes == 0) {
        return oss_fail(OSS_EINPUT, "%s: an empty file (0 bytes)", name);
    }
    decoder->length = oss_container_measure(source);
    decoder->has_xing = oss_container_has_xing(source);
    oss_status status = start_decoding(decoder);
    if (status == OSS_OK && decoder->length.declared_bytes > decoder->length.present_bytes) {
        status = oss_fail(
            OSS_EINPUT, "%s: truncated; its header promises %lld bytes of samples, %lld are there", name,
            (long long)decoder->length.declared_bytes, (long long)decoder->length.present_bytes);
    }
    return status;
}

void oss_decoder_close(oss_decoder *decoder) {
    stop_decoding(decoder);
}

int32_t oss_decoder_read(oss_decoder *decoder, float *chunk, int64_t most) {
    int64_t fit = OSS_DECODER_CHUNK_FLOATS / decoder->channels;
    sf_count_t frames = sf_readf_float(decoder->file, chunk, most < fit ? most : fit);
    decoder->position_frames += frames > 0 ? frames : 0;
    return frames > 0 ? (int32_t)frames : 0;
}

oss_status oss_decoder_seek(oss_decoder *decoder, int64_t frame) {
    if (!decoder->exact_seek || frame >= decoder->promised_frames) {
        return OSS_OK;
    }
    if (sf_seek(decoder->file, frame, SEEK_SET) == frame) {
        decoder->position_frames = frame;
        return OSS_OK;
    }
    stop_decoding(decoder); /* some codecs promise to seek and then do not */
    return start_decoding(decoder);
}

static double seconds_done(const oss_decoder *decoder) {
    return (double)decoder->position_frames / decoder->rate_hz;
}

/* Without a Xing header libsndfile stops at the length that it guessed, whatever follows. */
static oss_status check_mp3_end(const oss_decoder *decoder) {
    int64_t size = decoder->source->size_bytes;
    int64_t left = size - decoder->position_bytes;
    bool guessed = has_container(decoder, SF_FORMAT_MPEG) && !decoder->has_xing;
    if (!guessed || left <= TRAILER_BYTES || left <= size / 100) {
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT,
                    "%s: an MP3 of variable bit rate without a Xing header: %lld of its %lld bytes were not "
                    "decoded; convert it, "
                    "for example with ffmpeg -i IN.mp3 OUT.flac",
                    decoder->name, (long long)left, (long long)size);
}

oss_status oss_decoder_check_end(const oss_decoder *decoder) {
    oss_status status = oss_source_status(decoder->source, decoder->name);
    if (status != OSS_OK) {
        return status;
    }
    if (sf_error(decoder->file) != SF_ERR_NO_ERROR) {
        return oss_fail(OSS_EINPUT, "%s: damaged or truncated at %.3f s (libsndfile: %s)", decoder->name,
                        seconds_done(decoder), sf_strerror(decoder->file));
    }
    bool no_end = decoder->promised_frames < 0 ? has_container(decoder, SF_FORMAT_OGG)
                                               : decoder->position_frames < decoder->promised_frames;
    if (no_end) {
        return oss_fail(OSS_EINPUT, "%s: truncated; it breaks off at %.3f s", decoder->name,
                        seconds_done(decoder));
    }
    return check_mp3_end(decoder);
}

const char *oss_decoder_version(void) {
    return sf_version_string();
}
