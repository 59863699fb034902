#include "dataset/verdict.h"

#include <errno.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"

const char *oss_skip_reason_name(oss_skip_reason reason) {
    static const char *const name[OSS_SKIP_REASONS] = {"csv",  "audio",  "short",
                                                       "long", "silent", "infeasible"};
    return name[reason];
}

bool oss_row_is_to_blame(oss_status status) {
    if (status != OSS_EIO) {
        return status == OSS_EINPUT;
    }
    switch (oss_last_errno()) {
    case 0: /* no call of the system's */
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR:
    case EINVAL:
    case EOVERFLOW:
        return true;
    default:
        return false;
    }
}

static oss_verdict refuse(oss_skip_reason reason, const char *format, double a, double b)
    __attribute__((format(printf, 2, 0)));
static oss_verdict refuse(oss_skip_reason reason, const char *format, double a, double b) {
    oss_strbuf text = {0};
    oss_strbuf_printf(&text, format, a, b);
    return (oss_verdict){.reason = reason, .message = oss_strbuf_take(&text)};
}

static oss_verdict judge(const oss_sound *recording, const oss_config *config) {
    const oss_audio_measure *measure = &recording->measure;
    double seconds = (double)recording->samples / config->model.mel.sample_rate_hz;
    if (seconds < config->data.min_seconds) {
        return refuse(OSS_SKIP_SHORT, "%.4g seconds of audio, min_seconds is %g", seconds,
                      config->data.min_seconds);
    }
    if (measure->peak < config->model.min_peak) {
        return refuse(OSS_SKIP_SILENT, "the loudest sample is %.3g, min_peak is %g", measure->peak,
                      config->model.min_peak);
    }
    if (measure->deviation < OSS_SILENT_DEVIATION) {
        return refuse(OSS_SKIP_SILENT, "the samples deviate by %.3g from their mean; %g or more is sound",
                      measure->deviation, OSS_SILENT_DEVIATION);
    }
    return (oss_verdict){.usable = true};
}

/* Takes `from` over. */
static oss_status finish_audio(oss_audio *out, oss_audio *from, const oss_config *config) {
    oss_status status = OSS_OK;
    int32_t rate_hz = config->model.mel.sample_rate_hz;
    if (from->rate_hz != rate_hz) {
        oss_audio resampled;
        status = oss_audio_from_samples(&resampled, from->sample, from->samples, from->rate_hz, rate_hz);
        oss_audio_deinit(from);
        *from = status == OSS_OK ? resampled : (oss_audio){0};
    }
    if (status == OSS_OK && config->model.normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(from->sample, from->samples);
    }
    *out = status == OSS_OK ? *from : *out;
    return status;
}

oss_status oss_sound_judge(oss_verdict *verdict, oss_sound *out, oss_audio *audio, const oss_dataset_row *row,
                           const oss_config *config) {
    bool too_long = false;
    const oss_audio_request request = {.rate_hz = config->model.mel.sample_rate_hz,
                                       .keep_rate = true,
                                       .start_seconds = row->start_seconds,
                                       .end_seconds = row->end_seconds,
                                       .max_seconds = config->data.max_seconds,
                                       .too_long = &too_long};
    oss_audio heard;
    *verdict = (oss_verdict){0};
    oss_status status = oss_audio_load(&heard, row->path, &request);
    if (oss_row_is_to_blame(status)) {
        *verdict = (oss_verdict){.reason = too_long ? OSS_SKIP_LONG : OSS_SKIP_AUDIO,
                                 .message = oss_strdup(oss_last_error())};
        return verdict->message == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status != OSS_OK) {
        return status;
    }
    *out = (oss_sound){.samples = oss_audio_resampled(heard.samples, heard.source_rate_hz, request.rate_hz),
                       .source_rate_hz = heard.source_rate_hz,
                       .measure = oss_audio_measure_samples(heard.sample, heard.samples)};
    *verdict = judge(out, config);
    status = verdict->usable || verdict->message != NULL ? OSS_OK : OSS_ENOMEM;
    if (verdict->usable && audio != NULL) {
        status = finish_audio(audio, &heard, config);
    } else {
        oss_audio_deinit(&heard);
    }
    if (status != OSS_OK) {
        *verdict = (oss_verdict){0};
    }
    return status;
}
