#include "infer/input.h"

#include "audio/foreign.h"
#include "audio/raw_pipe.h"
#include "audio/wav_pipe.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/source.h"

typedef struct reading_progress {
    const oss_progress *told; /* NULL: nobody */
    double fraction;          /* the most that was reached: a decoder may look back into its file */
} reading_progress;

enum { LOOK_AHEAD_MIB = 16 };

struct oss_input {
    const char *name;
    oss_source source; /* of the stream... */
    oss_pipe pipe;     /* ...or this, through `wav` */
    oss_wav_pipe wav;
    oss_raw_pipe raw;    /* ...or this */
    oss_foreign foreign; /* ...or this alone */
    oss_audio_request request;
    oss_audio_stream *stream;
    reading_progress reading;
    const bool *cut_off; /* NULL: it is refused */
    bool warned;
    int64_t given, samples; /* that were read, and in all when they come from memory: else 0 */
    double max_seconds;     /* 0: no limit */
};

/* ---- Reading ---- */

static void tell_reading(void *context, double fraction) {
    reading_progress *reading = context;
    reading->fraction = fraction > reading->fraction ? fraction : reading->fraction;
    if (reading->told != NULL && reading->told->fn != NULL) {
        reading->told->fn(reading->told->context, OSS_STAGE_READING, reading->fraction);
    }
}

static oss_audio_request plan_request(const oss_model_config *config, reading_progress *reading) {
    return (oss_audio_request){.rate_hz = config->mel.sample_rate_hz,
                               .end_seconds = -1,
                               .progress = tell_reading,
                               .progress_context = reading,
                               .stop = reading->told->stop};
}

static void warn_of_cut(void) {
    oss_log_warn("%s; what comes before is transcribed", oss_last_error());
}

/* Of every kind of input: what a header says of its length is not believed. */
static oss_status check_length(const oss_input *input) {
    char limit[OSS_NUMBER_CHARS];
    if (!(input->max_seconds > 0.0) ||
        (double)input->given <= input->max_seconds * (double)input->request.rate_hz) {
        return OSS_OK;
    }
    (void)oss_number_print(limit, input->max_seconds);
    return oss_fail(OSS_EINPUT, "%s: longer than max_seconds, %s s", input->name, limit);
}

static oss_status read_input(void *context, float *x, int64_t most, int64_t *out_samples) {
    oss_input *input = context;
    oss_status status = oss_audio_stream_read(input->stream, x, most, out_samples);
    if (status == OSS_OK) {
        input->given += *out_samples;
        status = check_length(input);
    }
    if (status == OSS_OK) {
        if (!input->warned && input->cut_off != NULL && *input->cut_off) {
            input->warned = true;
            warn_of_cut();
        }
    }
    return status;
}

oss_audio_pull oss_input_pull(oss_input *input) {
    return (oss_audio_pull){.read = read_input, .context = input};
}

double oss_input_read(const oss_input *input) {
    return input->samples > 0 ? (double)input->given / (double)input->samples : input->reading.fraction;
}

void oss_input_hush(oss_input *input) {
    input->reading.told = NULL;
}

const char *oss_input_name(const oss_input *input) {
    return input->name;
}

/* ---- Life ---- */

static oss_status create_input(oss_input **out, const char *name, const oss_progress *progress) {
    oss_input *input = oss_alloc_zero(1, sizeof *input);
    if (input == NULL) {
        return OSS_ENOMEM;
    }
    oss_source_memory(&input->source, NULL, 0);
    oss_pipe_init(&input->pipe, -1, name);
    input->name = name;
    input->reading.told = progress;
    *out = input;
    return OSS_OK;
}

void oss_input_close(oss_input *input) {
    if (input != NULL) {
        oss_audio_stream_close(input->stream);
        oss_foreign_close(&input->foreign);
        oss_raw_pipe_close(&input->raw);
        oss_wav_pipe_close(&input->wav);
        oss_pipe_close(&input->pipe);
        oss_source_close(&input->source);
        oss_free(input);
    }
}

static oss_status keep_or_close(oss_input **out, oss_input *input, oss_status status) {
    if (status != OSS_OK) {
        oss_input_close(input);
        return status;
    }
    *out = input;
    return OSS_OK;
}

static oss_status open_pull(oss_input *input, oss_audio_pull pull, int32_t rate_hz, int32_t channels) {
    const oss_audio_format format = {
        .rate_hz = input->request.rate_hz, .source_rate_hz = rate_hz, .source_channels = channels};
    return oss_audio_stream_open_pull(&input->stream, input->name, pull, &format);
}

static oss_status open_wav_pipe(oss_input *input, size_t header_bytes) {
    oss_status status = oss_wav_pipe_open(&input->wav, &input->pipe, header_bytes, &input->request);
    const oss_pcm_format *format = &input->wav.format;
    return status == OSS_OK
               ? open_pull(input, oss_wav_pipe_pull(&input->wav), format->rate_hz, format->channels)
               : status;
}

static oss_status open_raw(oss_input *input, const oss_raw *raw) {
    oss_status status = oss_pipe_open(&input->pipe, input->name);
    if (status == OSS_OK) {
        status = oss_raw_pipe_open(&input->raw, &input->pipe, raw, &input->request);
    }
    return status == OSS_OK ? open_pull(input, oss_raw_pipe_pull(&input->raw), raw->rate_hz, raw->channels)
                            : status;
}

static void keep_refusal(char refusal[OSS_MESSAGE_BYTES]) {
    (void)oss_format(refusal, OSS_MESSAGE_BYTES, "%s", oss_last_error());
}

static oss_status open_foreign(oss_input *input) {
    char refusal[OSS_MESSAGE_BYTES];
    keep_refusal(refusal);
    oss_source_close(&input->source);
    oss_status status = oss_foreign_open(&input->foreign, input->name, &input->request);
    if (status == OSS_EUSAGE) {
        return oss_fail(OSS_EINPUT, "%s; or install ffmpeg, through which such files are read", refusal);
    }
    const oss_pcm_format *format = &input->foreign.wav.format;
    return status == OSS_OK
               ? open_pull(input, oss_foreign_pull(&input->foreign), format->rate_hz, format->channels)
               : status;
}

static oss_status open_source(oss_input *input, bool *out_other_format) {
    oss_audio_request request = input->request;
    request.other_format = out_other_format;
    return oss_audio_stream_open(&input->stream, &input->source, input->name, &request);
}

/* What is short, or is to be gone back in, is read to its end. */
static oss_status open_pipe(oss_input *input, bool use_ffmpeg) {
    const size_t ahead = (size_t)LOOK_AHEAD_MIB << 20;
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_pipe_open(&input->pipe, input->name);
    if (status == OSS_OK) {
        status = oss_pipe_look(&input->pipe, ahead, &bytes, &count);
    }
    if (status == OSS_OK && count == ahead && oss_wav_pipe_begins(bytes, count)) {
        return open_wav_pipe(input, count);
    }
    if (status == OSS_OK) {
        status = oss_pipe_load(&input->pipe, (size_t)OSS_INPUT_PIPE_GIBIBYTES << 30, &input->source);
    }
    bool other_format = false;
    if (status == OSS_OK) {
        status = open_source(input, &other_format);
    }
    if (other_format && use_ffmpeg) {
        char refusal[OSS_MESSAGE_BYTES];
        keep_refusal(refusal);
        return oss_fail(status, "%s; or save it as a file, which is read through ffmpeg", refusal);
    }
    return status;
}

static oss_status open_file(oss_input *input, bool use_ffmpeg) {
    bool other_format = false;
    oss_status status = oss_source_open(&input->source, input->name);
    if (status == OSS_OK) {
        status = open_source(input, &other_format);
    }
    return other_format && use_ffmpeg ? open_foreign(input) : status;
}

static bool is_pipe(const char *path) {
    return oss_file_exists(path) && !oss_file_is_folder(path) && !oss_file_is_regular(path);
}

oss_status oss_input_open(oss_input **out, const char *path, const oss_model_config *config,
                          const oss_input_how *how, const oss_progress *progress) {
    oss_input *input = NULL;
    oss_status status = create_input(&input, path, progress);
    if (status != OSS_OK) {
        return status;
    }
    input->request = plan_request(config, &input->reading);
    input->request.cut_off = how->cut_off;
    input->cut_off = how->cut_off;
    input->max_seconds = how->max_seconds;
    status = how->raw != NULL ? open_raw(input, how->raw)
             : is_pipe(path)  ? open_pipe(input, how->use_ffmpeg)
                              : open_file(input, how->use_ffmpeg);
    return keep_or_close(out, input, status);
}

oss_status oss_input_open_segment(oss_input **out, const char *path, const oss_model_config *config,
                                  double start_seconds, double end_seconds, double max_seconds,
                                  const oss_progress *progress) {
    oss_input *input = NULL;
    oss_status status = create_input(&input, path, progress);
    if (status != OSS_OK) {
        return status;
    }
    input->request = plan_request(config, &input->reading);
    input->request.start_seconds = start_seconds;
    input->request.end_seconds = end_seconds;
    input->max_seconds = max_seconds;
    status = oss_segment_check(path, &input->request);
    return keep_or_close(out, input, status == OSS_OK ? open_file(input, false) : status);
}

static oss_status check_samples(const float *sample, int64_t samples, int32_t rate_hz) {
    return sample != NULL && samples >= 1 && rate_hz >= 1
               ? OSS_OK
               : oss_fail(OSS_EUSAGE, "%lld samples at %d Hz: give at least one sample and its rate",
                          (long long)samples, rate_hz);
}

oss_status oss_input_open_samples(oss_input **out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config) {
    oss_input *input = NULL;
    oss_status status = check_samples(sample, samples, rate_hz);
    if (status == OSS_OK) {
        status = create_input(&input, "the samples", NULL);
    }
    if (status != OSS_OK) {
        return status;
    }
    status =
        oss_audio_stream_open_samples(&input->stream, sample, samples, rate_hz, config->mel.sample_rate_hz);
    input->samples = status == OSS_OK ? oss_audio_resampled(samples, rate_hz, config->mel.sample_rate_hz) : 0;
    return keep_or_close(out, input, status);
}

/* ---- All at once ---- */

void oss_input_check_peak(double peak, const oss_model_config *config, const char *what) {
    if (peak < config->min_peak) {
        oss_log_warn("%s: the largest sample is %.2g, below %g: this is close to silence", what, peak,
                     config->min_peak);
    }
}

static void finish_audio(oss_audio *audio, const oss_model_config *config, const char *what) {
    oss_input_check_peak((double)audio->peak, config, what);
    if (config->normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(audio->sample, audio->samples);
    }
}

oss_status oss_input_load_any(oss_audio *out, const char *path, const oss_model_config *config,
                              double max_seconds, const oss_progress *progress) {
    reading_progress reading = {.told = progress};
    oss_audio_request request = plan_request(config, &reading);
    oss_source source;
    request.max_seconds = max_seconds;
    oss_status status = oss_source_open_any(&source, path, (size_t)OSS_INPUT_PIPE_GIBIBYTES << 30);
    if (status == OSS_OK) {
        status = oss_audio_load_source(out, &source, path, &request);
        oss_source_close(&source);
    }
    if (status == OSS_OK) {
        finish_audio(out, config, path);
    }
    return status;
}

oss_status oss_input_from_samples(oss_audio *out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config) {
    oss_status status = check_samples(sample, samples, rate_hz);
    if (status == OSS_OK) {
        status = oss_audio_from_samples(out, sample, samples, rate_hz, config->mel.sample_rate_hz);
    }
    if (status == OSS_OK) {
        finish_audio(out, config, "the samples");
    }
    return status;
}
