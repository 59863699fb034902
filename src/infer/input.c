#include "infer/input.h"

#include "audio/level.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/source.h"

static void finish_audio(oss_audio *audio, const oss_model_config *config, const char *what) {
    if ((double)audio->peak < config->min_peak) {
        oss_log_warn("%s: the largest sample is %.2g, below %g: this is close to silence", what,
                     (double)audio->peak, config->min_peak);
    }
    if (config->normalize == OSS_NORMALIZE_PEAK) {
        oss_audio_normalize_peak(audio->sample, audio->samples);
    }
}

typedef struct reading_progress {
    const oss_progress *told;
    double fraction; /* the most that was told: a decoder may look back into its file */
} reading_progress;

static void tell_reading(void *context, double fraction) {
    reading_progress *reading = context;
    reading->fraction = fraction > reading->fraction ? fraction : reading->fraction;
    reading->told->fn(reading->told->context, OSS_STAGE_READING, reading->fraction);
}

static oss_audio_request plan_request(const oss_model_config *config, reading_progress *reading) {
    return (oss_audio_request){.rate_hz = config->mel.sample_rate_hz,
                               .end_seconds = -1,
                               .progress = reading->told->fn == NULL ? NULL : tell_reading,
                               .progress_context = reading,
                               .stop = reading->told->stop};
}

oss_status oss_input_load(oss_audio *out, const char *path, const oss_model_config *config,
                          double start_seconds, double end_seconds, const oss_progress *progress) {
    reading_progress reading = {.told = progress};
    oss_audio_request request = plan_request(config, &reading);
    request.start_seconds = start_seconds;
    request.end_seconds = end_seconds;
    oss_status status = oss_audio_load(out, path, &request);
    if (status == OSS_OK) {
        finish_audio(out, config, path);
    }
    return status;
}

oss_status oss_input_load_any(oss_audio *out, const char *path, const oss_model_config *config, bool *cut_off,
                              const oss_progress *progress) {
    reading_progress reading = {.told = progress};
    oss_audio_request request = plan_request(config, &reading);
    request.cut_off = cut_off;
    oss_source source;
    oss_status status = oss_source_open_any(&source, path, (size_t)OSS_INPUT_PIPE_GIBIBYTES << 30);
    if (status == OSS_OK) {
        status = oss_audio_load_source(out, &source, path, &request);
        oss_source_close(&source);
    }
    if (status == OSS_OK && cut_off != NULL && *cut_off) {
        oss_log_warn("%s; what comes before is transcribed", oss_last_error());
    }
    if (status == OSS_OK) {
        finish_audio(out, config, path);
    }
    return status;
}

oss_status oss_input_from_samples(oss_audio *out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config) {
    if (sample == NULL || samples < 1 || rate_hz < 1) {
        return oss_fail(OSS_EUSAGE, "%lld samples at %d Hz: give at least one sample and its rate",
                        (long long)samples, rate_hz);
    }
    oss_status status = oss_audio_from_samples(out, sample, samples, rate_hz, config->mel.sample_rate_hz);
    if (status == OSS_OK) {
        finish_audio(out, config, "the samples");
    }
    return status;
}

void oss_input_raise_quiet(oss_audio *audio, const char *what) {
    double gain_db = oss_audio_raise_quiet(audio->sample, audio->samples, audio->rate_hz);
    if (gain_db > 0.0) {
        oss_log_info("%s: quiet, its speech is at %.1f dB of full scale: raised by %.1f dB", what,
                     OSS_LEVEL_TARGET_DB - gain_db, gain_db);
    }
}
