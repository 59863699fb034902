#include "audio/wav_pipe.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"

enum { NEXT_HEADER_BYTES = 1 << 20, MOST_NUMBER_BYTES = 8 };

/* ---- Headers ---- */

typedef struct header {
    oss_pcm_format format;
    int64_t first_bytes, data_bytes, end_bytes; /* as those of oss_container */
} header;

static bool read_header(header *out, const void *bytes, size_t count) {
    oss_source source;
    oss_window window;
    oss_source_memory(&source, bytes, count);
    oss_window_init(&window, &source);
    const unsigned char *magic = oss_window_at(&window, 0, 4);
    if (magic == NULL || (memcmp(magic, "RIFF", 4) != 0 && memcmp(magic, "RF64", 4) != 0) ||
        !oss_container_begins(&window, 0)) {
        return false;
    }
    oss_container found = oss_container_measure(&window, 0);
    *out = (header){.first_bytes = found.first_sample_bytes,
                    .data_bytes = found.declared_bytes,
                    .end_bytes = found.end_bytes};
    int64_t at = found.format_bytes, left = (int64_t)count - at;
    return at > 0 && found.first_sample_bytes > 0 && found.declared_bytes != 0 && left > 0 &&
           oss_pcm_from_wav(&out->format, (const unsigned char *)bytes + at, (size_t)left);
}

bool oss_wav_pipe_begins(const void *bytes, size_t count) {
    header h;
    return read_header(&h, bytes, count);
}

/* Takes the header, so that the samples come next. */
static oss_status take_header(oss_wav_pipe *wav, const header *h) {
    size_t got = 0;
    wav->format = h->format;
    wav->data_bytes = h->data_bytes;
    wav->left_bytes = h->data_bytes < 0 ? INT64_MAX : h->data_bytes;
    int64_t tail = h->data_bytes < 0 ? -1 : h->end_bytes - h->first_bytes - h->data_bytes;
    wav->tail_bytes = tail < 0 ? -1 : tail;
    return oss_pipe_read(wav->pipe, NULL, (size_t)h->first_bytes, &got);
}

oss_status oss_wav_pipe_open(oss_wav_pipe *wav, oss_pipe *pipe, size_t header_bytes,
                             const oss_audio_request *request) {
    const char *bytes = NULL;
    size_t count = 0;
    header h;
    *wav = (oss_wav_pipe){.pipe = pipe, .request = request};
    oss_status status = oss_pipe_look(pipe, header_bytes, &bytes, &count);
    if (status == OSS_OK && !read_header(&h, bytes, count)) {
        status = oss_fail(OSS_EINPUT, "%s: not a WAV file of linear samples", pipe->name);
    }
    if (status == OSS_OK) {
        wav->chunk = oss_alloc(OSS_DECODER_CHUNK_FLOATS, sizeof *wav->chunk);
        wav->bytes = oss_alloc(OSS_DECODER_CHUNK_FLOATS, MOST_NUMBER_BYTES);
        status = wav->chunk == NULL || wav->bytes == NULL ? OSS_ENOMEM : take_header(wav, &h);
    }
    return status;
}

void oss_wav_pipe_close(oss_wav_pipe *wav) {
    oss_free(wav->chunk);
    oss_free(wav->bytes);
    *wav = (oss_wav_pipe){0};
}

/* ---- Frames ---- */

/* Those of the recording that is being read; *out_frames 0: it has no more, or the pipe has not. */
static oss_status read_frames(oss_wav_pipe *wav, int64_t most, int32_t *out_frames) {
    int32_t channels = wav->format.channels;
    int64_t width = (int64_t)channels * oss_pcm_bytes(wav->format.kind);
    int64_t fit = OSS_DECODER_CHUNK_FLOATS / channels, left = wav->left_bytes / width;
    most = most < fit ? most : fit;
    most = most < left ? most : left;
    size_t got = 0;
    oss_status status = oss_pipe_read(wav->pipe, wav->bytes, (size_t)(most * width), &got);
    if (status != OSS_OK) {
        return status;
    }
    int32_t frames = (int32_t)((int64_t)got / width);
    oss_pcm_decode(wav->chunk, wav->bytes, (size_t)frames * (size_t)channels, wav->format.kind);
    status = oss_segment_check_usable(wav->pipe->name, wav->format.rate_hz, wav->frames, wav->chunk, frames,
                                      channels);
    if (status != OSS_OK) {
        return status;
    }
    oss_segment_mix_channels(wav->chunk, frames, channels);
    wav->frames += frames;
    wav->left_bytes -= wav->left_bytes == INT64_MAX ? 0 : (int64_t)got;
    *out_frames = frames;
    return OSS_OK;
}

static oss_status fail_next(const oss_wav_pipe *wav, const char *why) {
    return oss_fail(OSS_EINPUT,
                    "%s: another recording follows from %.3f s on, %s; save it as a file and give its path",
                    wav->pipe->name, (double)wav->frames / wav->format.rate_hz, why);
}

/* The recording that follows on the one that was read to its end. */
static oss_status open_next(oss_wav_pipe *wav, bool *out_more) {
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status =
        wav->tail_bytes < 0
            ? OSS_OK
            : oss_pipe_read(wav->pipe, NULL, (size_t)(wav->tail_bytes + wav->left_bytes), &count);
    if (status == OSS_OK && wav->tail_bytes >= 0) {
        status = oss_pipe_look(wav->pipe, NEXT_HEADER_BYTES, &bytes, &count);
    }
    if (status != OSS_OK || wav->tail_bytes < 0 || count == 0) {
        return status;
    }
    header h;
    oss_source source;
    oss_audio_part part = {.kind = OSS_PART_CONTAINER,
                           .begin_bytes = -1,
                           .container = {.first_sample_bytes = 1}}; /* that ended at 0 */
    oss_source_memory(&source, bytes, count);
    if (!oss_audio_part_next(&part, &source, 0)) {
        return OSS_OK;
    }
    if (!read_header(&h, bytes, count)) {
        return fail_next(wav, "which cannot be read through a pipe");
    }
    *out_more = h.format.rate_hz == wav->format.rate_hz;
    return *out_more ? take_header(wav, &h) : fail_next(wav, "at another rate");
}

/* Whether the recording is complete, and then whether another one follows. */
static oss_status end_recording(oss_wav_pipe *wav, bool *out_more) {
    int64_t width = (int64_t)wav->format.channels * oss_pcm_bytes(wav->format.kind);
    if (wav->data_bytes >= 0 && wav->left_bytes >= width) {
        return oss_fail(
            OSS_EINPUT, "%s: truncated; its header promises %lld bytes of samples, %lld are there",
            wav->pipe->name, (long long)wav->data_bytes, (long long)(wav->data_bytes - wav->left_bytes));
    }
    return open_next(wav, out_more);
}

/* A pipe that broke off ends here, when the caller takes what there is. */
static oss_status end_pipe(oss_wav_pipe *wav, oss_status status) {
    const oss_audio_request *request = wav->request;
    if (status == OSS_EINPUT && wav->frames > 0 && request->cut_off != NULL) {
        *request->cut_off = true;
        status = OSS_OK;
    }
    if (status == OSS_OK && request->progress != NULL) {
        request->progress(request->progress_context, 1.0);
    }
    return status;
}

static void tell_progress(const oss_wav_pipe *wav) {
    const oss_audio_request *request = wav->request;
    if (request->progress != NULL && wav->data_bytes > 0) {
        request->progress(request->progress_context,
                          (double)(wav->data_bytes - wav->left_bytes) / (double)wav->data_bytes);
    }
}

static oss_status read_mono(void *context, float *x, int64_t most, int64_t *out_samples) {
    oss_wav_pipe *wav = context;
    int32_t frames = 0;
    bool more = true;
    oss_status status = oss_stop_answer(wav->request->stop);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", wav->pipe->name);
    }
    while (status == OSS_OK && frames == 0 && more) {
        status = read_frames(wav, most, &frames);
        if (status == OSS_OK && frames == 0) {
            more = false;
            status = end_recording(wav, &more);
            status = status == OSS_OK && more ? OSS_OK : end_pipe(wav, status);
        }
    }
    if (status != OSS_OK) {
        return status;
    }
    if (frames > 0) {
        memcpy(x, wav->chunk, (size_t)frames * sizeof *x);
        tell_progress(wav);
    }
    *out_samples = frames;
    return OSS_OK;
}

oss_audio_pull oss_wav_pipe_pull(oss_wav_pipe *wav) {
    return (oss_audio_pull){.read = read_mono, .context = wav};
}
