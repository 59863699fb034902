/* The libraries: libsndfile behind oss_decoder, libsamplerate behind oss_resampler. audio_load.c uses them.
 */
#include "audio/audio_file.h"

#include <pthread.h>
#include <string.h>

#include <samplerate.h>
#include <sndfile.h>

#include "audio/audio_internal.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"

enum { TRAILER_BYTES = 4096 }; /* of tags that may follow an MP3's last frame */

/* ---- libsndfile reads through our own file table ---- */

static sf_count_t tell_size(void *user) {
    return ((const oss_reader *)user)->size_bytes;
}

static sf_count_t tell_position(void *user) {
    return ((const oss_reader *)user)->position_bytes;
}

static sf_count_t read_bytes(void *into, sf_count_t bytes, void *user) {
    return bytes <= 0 ? 0 : (sf_count_t)oss_reader_read(user, into, (size_t)bytes);
}

static sf_count_t seek_bytes(sf_count_t offset, int whence, void *user) {
    oss_reader *reader = user;
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? reader->position_bytes : reader->size_bytes;
    int64_t position;
    if (__builtin_add_overflow(base, (int64_t)offset, &position) || !oss_reader_seek(reader, position)) {
        return -1;
    }
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
    if (oss_reader_seek(&decoder->reader, 0)) {
        decoder->file = sf_open_virtual(&calls, SFM_READ, &info, &decoder->reader);
    }
    if (decoder->file != NULL) {
        take_info(decoder, &info);
        return OSS_OK;
    }
    oss_status status = oss_reader_status(&decoder->reader, decoder->path);
    if (status == OSS_OK) {
        /* The reason is kept in one place for all threads: another that fails at this moment may have
         * replaced it. */
        const char *reason = sf_error(NULL) == SF_ERR_NO_ERROR ? "no reason given" : sf_strerror(NULL);
        status =
            oss_fail(OSS_EINPUT, "%s: not audio that can be read (libsndfile: %s)", decoder->path, reason);
    }
    return status;
}

static void stop_decoding(oss_decoder *decoder) {
    if (decoder->file != NULL) {
        (void)sf_close(decoder->file); /* nothing was written: nothing can be lost */
        decoder->file = NULL;
    }
}

oss_status oss_decoder_open(oss_decoder *decoder, const char *path) {
    *decoder = (oss_decoder){.path = path, .reader.fd = -1};
    oss_status status = oss_reader_open(&decoder->reader, path);
    if (status != OSS_OK) {
        return status;
    }
    if (decoder->reader.size_bytes == 0) {
        return oss_fail(OSS_EINPUT, "%s: an empty file (0 bytes)", path);
    }
    decoder->length = oss_container_measure(&decoder->reader);
    decoder->has_xing = oss_container_has_xing(&decoder->reader);
    status = start_decoding(decoder);
    if (status == OSS_OK && decoder->length.declared_bytes > decoder->length.present_bytes) {
        status = oss_fail(
            OSS_EINPUT, "%s: truncated; its header promises %lld bytes of samples, %lld are there", path,
            (long long)decoder->length.declared_bytes, (long long)decoder->length.present_bytes);
    }
    return status;
}

void oss_decoder_close(oss_decoder *decoder) {
    stop_decoding(decoder);
    oss_reader_close(&decoder->reader);
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
    int64_t size = decoder->reader.size_bytes;
    int64_t left = size - decoder->reader.position_bytes;
    bool guessed = has_container(decoder, SF_FORMAT_MPEG) && !decoder->has_xing;
    if (!guessed || left <= TRAILER_BYTES || left <= size / 100) {
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT,
                    "%s: an MP3 of variable bit rate without a Xing header: %lld of its %lld bytes were not "
                    "decoded; convert it, "
                    "for example with ffmpeg -i IN.mp3 OUT.flac",
                    decoder->path, (long long)left, (long long)size);
}

oss_status oss_decoder_check_end(const oss_decoder *decoder) {
    oss_status status = oss_reader_status(&decoder->reader, decoder->path);
    if (status != OSS_OK) {
        return status;
    }
    if (sf_error(decoder->file) != SF_ERR_NO_ERROR) {
        return oss_fail(OSS_EINPUT, "%s: damaged or truncated at %.3f s (libsndfile: %s)", decoder->path,
                        seconds_done(decoder), sf_strerror(decoder->file));
    }
    bool no_end = decoder->promised_frames < 0 ? has_container(decoder, SF_FORMAT_OGG)
                                               : decoder->position_frames < decoder->promised_frames;
    if (no_end) {
        return oss_fail(OSS_EINPUT, "%s: truncated; it breaks off at %.3f s", decoder->path,
                        seconds_done(decoder));
    }
    return check_mp3_end(decoder);
}

/* ---- Resampler ---- */

struct oss_resampler {
    SRC_STATE *state;
    double ratio;
};

oss_status oss_resampler_create(oss_resampler **out, double ratio) {
    oss_resampler *resampler = oss_alloc(1, sizeof *resampler);
    if (resampler == NULL) {
        return OSS_ENOMEM;
    }
    int error = 0;
    resampler->ratio = ratio;
    resampler->state = src_new(SRC_SINC_BEST_QUALITY, 1, &error);
    if (resampler->state == NULL) {
        oss_free(resampler);
        return oss_fail(OSS_ENOMEM, "no resampler (libsamplerate: %s)", src_strerror(error));
    }
    *out = resampler;
    return OSS_OK;
}

void oss_resampler_free(oss_resampler *resampler) {
    if (resampler != NULL) {
        (void)src_delete(resampler->state);
        oss_free(resampler);
    }
}

oss_status oss_resampler_process(oss_resampler *resampler, const float *x, int64_t *in_out_frames, bool end,
                                 float *y, int64_t *in_out_samples) {
    SRC_DATA data = {.data_in = x,
                     .data_out = y,
                     .input_frames = (long)*in_out_frames,
                     .output_frames = (long)*in_out_samples,
                     .end_of_input = end,
                     .src_ratio = resampler->ratio};
    int error = src_process(resampler->state, &data);
    if (error != 0) {
        return oss_fail(OSS_EBUG, "resampling failed (libsamplerate: %s)", src_strerror(error));
    }
    *in_out_frames = data.input_frames_used;
    *in_out_samples = data.output_frames_gen;
    return OSS_OK;
}

/* ---- Versions ---- */

static char libraries[128];

/* "libsamplerate-0.2.2 (c) ..." up to the first space. */
static void name_libraries(void) {
    const char *samplerate = src_get_version();
    (void)oss_format(libraries, sizeof libraries, "%s %.*s", sf_version_string(),
                     (int)strcspn(samplerate, " "), samplerate);
}

const char *oss_audio_libraries(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, name_libraries); /* cannot fail with these arguments */
    return libraries;
}
