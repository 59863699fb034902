#include "audio/recording.h"

#include "base/fail.h"

static double seconds_at(const oss_recording *recording) {
    return (double)recording->position_frames / recording->rate_hz;
}

static oss_status check_channels(const oss_recording *recording) {
    int32_t channels = recording->decoder.channels;
    return channels >= 1 && channels <= OSS_AUDIO_MAX_CHANNELS
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: %d channels; 1 to %d are read", recording->name, (int)channels,
                          (int)OSS_AUDIO_MAX_CHANNELS);
}

oss_status oss_recording_open(oss_recording *recording, oss_source *source, const char *name,
                              bool cut_at_end) {
    *recording = (oss_recording){.name = name, .source = source};
    if (source->size_bytes == 0) {
        return oss_fail(OSS_EINPUT, "%s: an empty file (0 bytes)", name);
    }
    oss_audio_part_first(&recording->part, source);
    oss_status status = oss_decoder_open(&recording->decoder, source, name, &recording->part, 0);
    if (status == OSS_OK && !cut_at_end) {
        status = oss_decoder_check_header(&recording->decoder);
    }
    if (status == OSS_OK) {
        status = check_channels(recording);
    }
    recording->rate_hz = recording->decoder.rate_hz;
    recording->channels = recording->decoder.channels;
    return status;
}

void oss_recording_close(oss_recording *recording) {
    oss_decoder_close(&recording->decoder);
}

static oss_status fail_rate(const oss_recording *recording) {
    return oss_fail(
        OSS_EINPUT,
        "%s: joined from recordings of different rates: %d Hz up to %.3f s, then %d Hz; keep them "
        "apart, or bring them to one rate first",
        recording->name, (int)recording->rate_hz, seconds_at(recording), (int)recording->decoder.rate_hz);
}

static oss_status fail_next(const oss_recording *recording) {
    if (recording->part.unknown && recording->part.foreign != NULL) {
        return oss_fail(
            OSS_EINPUT,
            "%s: what follows from %.3f s on (byte %lld) cannot be read: %s, which libsndfile does "
            "not decode",
            recording->name, seconds_at(recording), (long long)recording->part.begin_bytes,
            recording->part.foreign);
    }
    const oss_container *container = &recording->part.container;
    if (recording->part.cut || container->declared_bytes > container->present_bytes) {
        return oss_fail(OSS_EINPUT, "%s: truncated; it breaks off at %.3f s", recording->name,
                        seconds_at(recording));
    }
    return oss_fail(OSS_EINPUT, "%s: what follows from %.3f s on (byte %lld) cannot be read", recording->name,
                    seconds_at(recording), (long long)recording->part.begin_bytes);
}

/* The next part, when the present one has come to its proper end. */
static oss_status open_next(oss_recording *recording, bool *out_more) {
    oss_status status = oss_decoder_check_end(&recording->decoder);
    *out_more = false;
    if (status != OSS_OK) {
        return status;
    }
    bool found =
        oss_audio_part_next(&recording->part, recording->source, oss_decoder_reached(&recording->decoder));
    status = oss_source_status(recording->source, recording->name); /* it may be that looking failed */
    if (status != OSS_OK || !found) {
        return status;
    }
    oss_decoder_close(&recording->decoder);
    status = recording->part.unknown
                 ? OSS_EINPUT
                 : oss_decoder_open(&recording->decoder, recording->source, recording->name, &recording->part,
                                    recording->position_frames);
    if (status == OSS_EINPUT) {
        status = fail_next(recording);
    } else if (status == OSS_OK && recording->decoder.rate_hz != recording->rate_hz) {
        status = fail_rate(recording);
    }
    *out_more = status == OSS_OK;
    return status == OSS_OK ? check_channels(recording) : status;
}

oss_status oss_recording_read(oss_recording *recording, float *chunk, int64_t most, int32_t *out_frames,
                              int32_t *out_channels) {
    bool more = true;
    int32_t frames = oss_decoder_read(&recording->decoder, chunk, most);
    while (frames == 0 && more) {
        oss_status status = open_next(recording, &more);
        if (status != OSS_OK) {
            return status;
        }
        frames = more ? oss_decoder_read(&recording->decoder, chunk, most) : 0;
    }
    recording->position_frames += frames;
    *out_frames = frames;
    *out_channels = recording->decoder.channels;
    return OSS_OK;
}

/* Within the first part: a seek of libFLAC would land in any of those that are joined. */
oss_status oss_recording_seek(oss_recording *recording, int64_t frame) {
    oss_status status = OSS_OK;
    if (recording->part.kind == OSS_PART_FLAC && recording->decoder.exact_seek) {
        int64_t end = recording->part.end_bytes;
        oss_audio_part_bound(&recording->part, recording->source);
        if (recording->part.end_bytes != end) {
            oss_decoder_close(&recording->decoder);
            status = oss_decoder_open(&recording->decoder, recording->source, recording->name,
                                      &recording->part, 0);
        }
    }
    if (status == OSS_OK) {
        status = oss_decoder_seek(&recording->decoder, frame);
    }
    recording->position_frames = status == OSS_OK ? recording->decoder.position_frames : 0;
    return status;
}
