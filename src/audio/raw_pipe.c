#include "audio/raw_pipe.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "kernel/vec.h"

enum { CHUNK_BYTES = 1 << 16 };

/* ---- Life ---- */

oss_status oss_raw_pipe_open(oss_raw_pipe *input, oss_pipe *pipe, const oss_raw *raw,
                             const oss_audio_request *request) {
    *input = (oss_raw_pipe){.pipe = pipe, .request = request, .raw = *raw};
    if (oss_file_is_regular(pipe->name)) {
        oss_status status = oss_file_size(&input->bytes_in_all, pipe->name);
        if (status != OSS_OK) {
            return status;
        }
    }
    input->bytes = oss_alloc(CHUNK_BYTES, 1);
    return input->bytes == NULL ? OSS_ENOMEM : OSS_OK;
}

void oss_raw_pipe_close(oss_raw_pipe *input) {
    oss_free(input->bytes);
    *input = (oss_raw_pipe){0};
}

/* ---- Frames ---- */

static double seconds_done(const oss_raw_pipe *input) {
    return (double)input->frames / input->raw.rate_hz;
}

static oss_status check_finite(const oss_raw_pipe *input, const float *x, int32_t frames) {
    if (oss_segment_is_usable(x, frames)) {
        return OSS_OK;
    }
    int64_t at = oss_segment_find_unusable(x, frames), frame = input->frames + at;
    return oss_fail(OSS_EINPUT,
                    "%s: a sample that is %s at %.3f s (byte %lld), as if the raw format were another",
                    input->pipe->name, oss_segment_name_unusable(x[at]), (double)frame / input->raw.rate_hz,
                    (long long)frame * (long long)oss_raw_frame_bytes(&input->raw));
}

/* `rest` bytes are left of a frame. */
static oss_status end(const oss_raw_pipe *input, size_t rest) {
    size_t width = oss_raw_frame_bytes(&input->raw);
    if (rest == 0) {
        return OSS_OK;
    }
    oss_status status = oss_fail(
        OSS_EINPUT,
        "%s: ends within a frame, at %.3f s (byte %lld): %zu of its %zu bytes, as if the raw format were another",
        input->pipe->name, seconds_done(input), (long long)input->frames * (long long)width, rest, width);
    if (input->frames > 0 && input->request->cut_off != NULL) {
        *input->request->cut_off = true;
        status = OSS_OK;
    }
    return status;
}

static void tell_progress(const oss_raw_pipe *input, bool done) {
    const oss_audio_request *request = input->request;
    double read = (double)input->frames * (double)oss_raw_frame_bytes(&input->raw);
    if (request->progress != NULL && (done || input->bytes_in_all > 0)) {
        double part = done ? 1.0 : read / (double)input->bytes_in_all;
        request->progress(request->progress_context, part > 1.0 ? 1.0 : part);
    }
}

static oss_status read_mono(void *context, float *x, int64_t most, int64_t *out_samples) {
    oss_raw_pipe *input = context;
    const size_t width = oss_raw_frame_bytes(&input->raw);
    const int64_t fit = (int64_t)(CHUNK_BYTES / width);
    size_t got = 0;
    oss_status status = oss_stop_answer(input->request->stop);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", input->pipe->name);
    }
    most = most < fit ? most : fit;
    status = oss_pipe_read(input->pipe, input->bytes, (size_t)most * width, &got);
    if (status != OSS_OK) {
        return status;
    }
    int32_t frames = (int32_t)(got / width);
    oss_raw_mix(&input->raw, x, input->bytes, frames);
    status = check_finite(input, x, frames);
    if (status != OSS_OK) {
        return status;
    }
    input->frames += frames;
    bool ended = got < (size_t)most * width;
    status = ended ? end(input, got % width) : OSS_OK;
    if (status == OSS_OK) {
        tell_progress(input, ended);
        *out_samples = frames;
    }
    return status;
}

oss_audio_pull oss_raw_pipe_pull(oss_raw_pipe *input) {
    return (oss_audio_pull){.read = read_mono, .context = input};
}
