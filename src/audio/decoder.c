#include "audio/decoder.h"

#include <pthread.h>
#include <string.h>

#include <sndfile.h>

#include "base/fail.h"
#include "base/number.h"

enum {
    TRAILER_BYTES = 4096, /* of tags that may follow an MP3's last frame */
    ID3V1_BYTES = 128,
    GSM_BLOCK_BYTES = 65, /* of GSM 6.10 in WAV, two frames of 160 samples */
    GSM_BLOCK_FRAMES = 320,
    REASON_BYTES = 200
};

/* libsndfile keeps the reason of a failed open in one place for the whole process, and empties it at every open: one opens at a
 * time. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

/* ---- libsndfile reads through our own source ---- */

static int64_t span_bytes(const oss_decoder *decoder) {
    return decoder->part->end_bytes - decoder->part->begin_bytes;
}

/* What libmpg123 is to believe of an MP3's size. It compares a Xing header's with it, and prints a warning when a file
 * was cut. Without one it guesses the length from the size and the first frame, and libsndfile stops there: it is
 * told of more than the frames that were counted could ask for, and stops where there is no more. */
static int64_t choose_size(const oss_decoder *decoder) {
    int64_t span = span_bytes(decoder);
    const oss_mpeg_run *mpeg = &decoder->part->mpeg;
    if (decoder->part->kind != OSS_PART_MPEG) {
        return span;
    }
    int64_t size =
        mpeg->promised_frames >= 0 ? mpeg->promised_bytes : (mpeg->frames + 2) * (mpeg->first_bytes + 1);
    return size > span ? (size > span + ID3V1_BYTES ? size : span + ID3V1_BYTES) : span;
}

static sf_count_t tell_size(void *user) {
    return ((const oss_decoder *)user)->said_bytes;
}

static sf_count_t tell_position(void *user) {
    return ((const oss_decoder *)user)->position_bytes;
}

/* Behind the part nothing is, but for the tag at the end of an MP3 that libmpg123 looks for before it believes a
 * size: zeros, which are none. */
static size_t read_behind(const oss_decoder *decoder, void *into, size_t bytes) {
    bool tag = decoder->said_bytes > span_bytes(decoder) && bytes == ID3V1_BYTES &&
               decoder->position_bytes + ID3V1_BYTES == decoder->said_bytes;
    if (tag) {
        memset(into, 0, bytes);
    }
    return tag ? bytes : 0;
}

static sf_count_t read_bytes(void *into, sf_count_t bytes, void *user) {
    oss_decoder *decoder = user;
    int64_t left = span_bytes(decoder) - decoder->position_bytes;
    size_t got;
    if (bytes <= 0) {
        return 0;
    }
    if (left <= 0) {
        got = read_behind(decoder, into, (size_t)bytes);
    } else {
        got = oss_source_read(decoder->source, decoder->part->begin_bytes + decoder->position_bytes, into,
                              (size_t)(bytes < left ? bytes : left));
    }
    decoder->position_bytes += (int64_t)got;
    return (sf_count_t)got;
}

static sf_count_t seek_bytes(sf_count_t offset, int whence, void *user) {
    oss_decoder *decoder = user;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? decoder->position_bytes
                                        : decoder->said_bytes;
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

static int codec_of(const oss_decoder *decoder) {
    return decoder->format & SF_FORMAT_SUBMASK;
}

static bool is_mpeg(const oss_decoder *decoder) {
    int codec = codec_of(decoder);
    return codec == SF_FORMAT_MPEG_LAYER_I || codec == SF_FORMAT_MPEG_LAYER_II ||
           codec == SF_FORMAT_MPEG_LAYER_III;
}

/* The length of an MP3 is what its Xing header says, or guessed. */
static bool is_guessed(const oss_decoder *decoder) {
    return is_mpeg(decoder) && decoder->part->mpeg.promised_frames < 0;
}

/* libsndfile takes the byte that pads an odd number of blocks for one more block, and decodes noise. */
static int64_t count_gsm_frames(const oss_decoder *decoder, int64_t promised) {
    const oss_container *container = &decoder->part->container;
    if (container->format_tag != OSS_CONTAINER_GSM610 || promised < 0) {
        return promised;
    }
    int64_t bytes = container->present_bytes;
    bytes = container->declared_bytes >= 0 && container->declared_bytes < bytes ? container->declared_bytes
                                                                                : bytes;
    int64_t frames = bytes / GSM_BLOCK_BYTES * GSM_BLOCK_FRAMES;
    return frames < promised ? frames : promised;
}

/* MP3 seeks to about the right place only; Vorbis may be off by a block within the last page
 * (libsndfile 1.2.0); and for the end of an Ogg stream without one libsndfile may search for ever. */
static bool seeks_exactly(const oss_decoder *decoder) {
    return decoder->promised_frames >= 0 && codec_of(decoder) != SF_FORMAT_VORBIS && !is_mpeg(decoder);
}

static void take_info(oss_decoder *decoder, const SF_INFO *info) {
    decoder->rate_hz = info->samplerate;
    decoder->channels = info->channels;
    decoder->format = info->format;
    bool known = info->frames < SF_COUNT_MAX && !is_guessed(decoder);
    decoder->promised_frames = count_gsm_frames(decoder, known ? info->frames : -1);
    decoder->position_frames = 0;
    decoder->exact_seek = info->seekable && seeks_exactly(decoder);
}

static oss_status fail_to_open(oss_decoder *decoder, const char *reason) {
    oss_status status = oss_source_status(decoder->source, decoder->name);
    if (status != OSS_OK) {
        return status;
    }
    if (decoder->part->foreign != NULL) {
        decoder->other_format = true;
        return oss_fail(OSS_EINPUT,
                        "%s: %s, which libsndfile does not decode; convert it, for example with ffmpeg -i IN "
                        "OUT.flac",
                        decoder->name, decoder->part->foreign);
    }
    if (decoder->part->cut) {
        return oss_fail(OSS_EINPUT, "%s: truncated; it breaks off before its first sample", decoder->name);
    }
    status = oss_decoder_check_header(decoder);
    if (status != OSS_OK) {
        return status;
    }
    if (decoder->part->no_frame) {
        return oss_fail(OSS_EINPUT,
                        "%s: not audio that can be read: it begins as MP3 does, and has not two whole frames "
                        "(truncated, or something else)",
                        decoder->name);
    }
    decoder->other_format = decoder->part->kind == OSS_PART_OTHER;
    return oss_fail(OSS_EINPUT, "%s: not audio that can be read (libsndfile: %s)", decoder->name, reason);
}

static SNDFILE *open_file(oss_decoder *decoder, SF_INFO *info, char reason[REASON_BYTES]) {
    static SF_VIRTUAL_IO calls = {tell_size, seek_bytes, read_bytes, NULL, tell_position};
    decoder->position_bytes = 0;
    (void)pthread_mutex_lock(&opening);
    SNDFILE *file = sf_open_virtual(&calls, SFM_READ, info, decoder);
    if (file == NULL) {
        (void)oss_format(reason, REASON_BYTES, "%s", sf_strerror(NULL));
    }
    (void)pthread_mutex_unlock(&opening);
    return file;
}

static oss_status start_decoding(oss_decoder *decoder) {
    SF_INFO info = {0};
    char reason[REASON_BYTES] = "";
    if (!decoder->part->no_frame) { /* libmpg123 would print a warning */
        decoder->file = open_file(decoder, &info, reason);
    }
    if (decoder->file == NULL) {
        return fail_to_open(decoder, reason);
    }
    take_info(decoder, &info);
    return OSS_OK;
}

static void stop_decoding(oss_decoder *decoder) {
    if (decoder->file != NULL) {
        (void)sf_close(decoder->file); /* nothing was written: nothing can be lost */
        decoder->file = NULL;
    }
}

oss_status oss_decoder_open(oss_decoder *decoder, oss_source *source, const char *name,
                            const oss_audio_part *part, int64_t before_frames) {
    *decoder = (oss_decoder){.name = name, .source = source, .part = part, .before_frames = before_frames};
    decoder->said_bytes = choose_size(decoder);
    oss_status status = start_decoding(decoder);
    /* libsndfile drops the pre-skip of a stream that does not begin at time 0 only when told where to go. */
    return status == OSS_OK && codec_of(decoder) == SF_FORMAT_OPUS ? oss_decoder_seek(decoder, 0) : status;
}

void oss_decoder_close(oss_decoder *decoder) {
    stop_decoding(decoder);
}

int32_t oss_decoder_read(oss_decoder *decoder, float *chunk, int64_t most) {
    int64_t fit = OSS_DECODER_CHUNK_FLOATS / decoder->channels;
    int64_t left = decoder->promised_frames < 0 ? most : decoder->promised_frames - decoder->position_frames;
    most = left < most ? left : most;
    sf_count_t frames = most == 0 ? 0 : sf_readf_float(decoder->file, chunk, most < fit ? most : fit);
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
    return (double)(decoder->before_frames + decoder->position_frames) / decoder->rate_hz;
}

/* What libsndfile left behind, having stopped at the length that it guessed. */
static oss_status check_guess(const oss_decoder *decoder) {
    int64_t size = span_bytes(decoder);
    int64_t left = size - decoder->position_bytes;
    if (!is_guessed(decoder) || left <= TRAILER_BYTES || left <= size / 100) {
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT,
                    "%s: an MP3 of variable bit rate without a Xing header: %lld of its %lld bytes were not "
                    "decoded; convert it, for example with ffmpeg -i IN.mp3 OUT.flac",
                    decoder->name, (long long)left, (long long)size);
}

oss_status oss_decoder_check_header(const oss_decoder *decoder) {
    const oss_container *container = &decoder->part->container;
    if (container->declared_bytes <= container->present_bytes) {
        return OSS_OK;
    }
    return oss_fail(OSS_EINPUT, "%s: truncated; its header promises %lld bytes of samples, %lld are there",
                    decoder->name, (long long)container->declared_bytes, (long long)container->present_bytes);
}

/* Frames or pages are missing, or the end is. */
static bool breaks_off(const oss_decoder *decoder) {
    const oss_audio_part *part = decoder->part;
    bool no_end = decoder->promised_frames < 0 ? has_container(decoder, SF_FORMAT_OGG)
                                               : decoder->position_frames < decoder->promised_frames;
    return no_end || part->cut ||
           (part->kind == OSS_PART_MPEG && part->mpeg.frames < part->mpeg.promised_frames);
}

oss_status oss_decoder_check_end(const oss_decoder *decoder) {
    oss_status status = oss_source_status(decoder->source, decoder->name);
    if (status == OSS_OK && sf_error(decoder->file) != SF_ERR_NO_ERROR) {
        status = oss_fail(OSS_EINPUT, "%s: damaged or truncated at %.3f s (libsndfile: %s)", decoder->name,
                          seconds_done(decoder), sf_strerror(decoder->file));
    }
    if (status == OSS_OK) {
        status = oss_decoder_check_header(decoder);
    }
    if (status == OSS_OK && breaks_off(decoder)) {
        status = oss_fail(OSS_EINPUT, "%s: truncated; it breaks off at %.3f s", decoder->name,
                          seconds_done(decoder));
    }
    return status == OSS_OK ? check_guess(decoder) : status;
}

int64_t oss_decoder_reached(const oss_decoder *decoder) {
    return decoder->part->begin_bytes + decoder->position_bytes;
}

const char *oss_decoder_version(void) {
    return sf_version_string();
}
