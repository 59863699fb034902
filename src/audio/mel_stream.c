/* What is kept are the samples from `first`, a whole number of hops, to the last one: enough that the frames still to
 * come find all that they see there, by reflection at the end too, and so look the same to the front end as the whole
 * signal would. */
#include "audio/mel_stream.h"

#include <stdbool.h>
#include <string.h>

#include "base/contract.h"
#include "base/mem.h"
#include "kernel/lengths.h"

struct oss_mel_stream {
    const oss_mel_plan *plan;
    void *scratch;
    float *kept;        /* [room] */
    int64_t first;      /* number of the sample kept[0] */
    int64_t next;       /* frame to be read */
    int32_t room, held; /* samples */
    int32_t back;       /* hops that are kept before the next frame */
    bool ended;
};

static const oss_mel_spec *spec_of(const oss_mel_stream *stream) {
    return oss_mel_plan_spec(stream->plan);
}

oss_status oss_mel_stream_create(oss_mel_stream **out, const oss_mel_plan *plan) {
    const oss_mel_spec *spec = oss_mel_plan_spec(plan);
    OSS_CONTRACT(spec->kind == OSS_MEL_POWER || !oss_mel_norm_needs_all(spec->norm));
    oss_mel_stream *stream = oss_alloc_zero(1, sizeof *stream);
    if (stream == NULL) {
        return OSS_ENOMEM;
    }
    stream->plan = plan;
    stream->back = 2 + 2 * (spec->win_samples + spec->hop_samples - 1) / spec->hop_samples;
    stream->room = (stream->back + OSS_MEL_STREAM_FRAMES) * spec->hop_samples + spec->win_samples;
    stream->scratch = oss_alloc_aligned(oss_mel_scratch_bytes(plan), 1);
    stream->kept = oss_alloc_aligned((size_t)stream->room, sizeof *stream->kept);
    if (stream->scratch == NULL || stream->kept == NULL) {
        oss_mel_stream_free(stream);
        return OSS_ENOMEM;
    }
    *out = stream;
    return OSS_OK;
}

void oss_mel_stream_free(oss_mel_stream *stream) {
    if (stream != NULL) {
        oss_free(stream->scratch);
        oss_free(stream->kept);
        oss_free(stream);
    }
}

int64_t oss_mel_stream_add(oss_mel_stream *stream, const float *x, int64_t samples) {
    OSS_CONTRACT(!stream->ended && samples >= 0);
    int64_t left = stream->room - stream->held;
    int64_t taken = samples < left ? samples : left;
    memcpy(stream->kept + stream->held, x, (size_t)taken * sizeof *x);
    stream->held += (int32_t)taken;
    return taken;
}

void oss_mel_stream_end(oss_mel_stream *stream) {
    stream->ended = true;
}

int32_t oss_mel_stream_ready(const oss_mel_stream *stream) {
    const int32_t hop = spec_of(stream)->hop_samples, lead = oss_mel_plan_lead(stream->plan);
    const int64_t samples = stream->first + stream->held;
    if (stream->ended) {
        return (int32_t)(oss_len_mel_frames_long(samples, hop) - stream->next);
    }
    const int64_t after = spec_of(stream)->win_samples - lead;
    const int64_t whole = samples <= lead || samples < after ? 0 : 1 + (samples - after) / hop;
    return whole > stream->next ? (int32_t)(whole - stream->next) : 0;
}

/* Gives up the samples that no frame to come sees; two windows stay for the reflection. */
static void drop_samples(oss_mel_stream *stream) {
    const int64_t hop = spec_of(stream)->hop_samples;
    const int64_t needed = (stream->next - stream->back) * hop - stream->first;
    const int64_t most = (stream->held - 2 * spec_of(stream)->win_samples) / hop * hop;
    const int64_t gone = needed < most ? needed : most;
    if (gone > 0) {
        stream->held -= (int32_t)gone;
        stream->first += gone;
        memmove(stream->kept, stream->kept + gone, (size_t)stream->held * sizeof *stream->kept);
    }
}

int32_t oss_mel_stream_read(oss_mel_stream *stream, float *y, int32_t most) {
    const int32_t ready = oss_mel_stream_ready(stream);
    const int32_t count = most < ready ? most : ready;
    const int64_t before = stream->first / spec_of(stream)->hop_samples;
    if (count <= 0) {
        return 0;
    }
    oss_mel_forward_frames(stream->plan, y, stream->kept, stream->held, (int32_t)(stream->next - before),
                           count, stream->scratch);
    oss_mel_normalize(stream->plan, y, NULL, count, stream->scratch);
    stream->next += count;
    drop_samples(stream);
    return count;
}
