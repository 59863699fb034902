#include "ossicle/features.h"

#include <math.h>

#include "audio/mel.h"
#include "base/fail.h"
#include "base/mem.h"
#include "base/memory.h"
#include "base/npy.h"
#include "infer/input.h"
#include "kernel/lengths.h"
#include "model/model_file.h"

struct oss_features {
    oss_model_config config;
    oss_mel_plan *plan;
    oss_progress progress;
    double max_seconds; /* 0: what fits */
};

void oss_matrix_deinit(oss_matrix *matrix) {
    if (matrix != NULL) {
        oss_free(matrix->value);
        *matrix = (oss_matrix){0};
    }
}

oss_status oss_matrix_save(const oss_matrix *matrix, const char *path) {
    return oss_npy_write(path, matrix->value, matrix->rows, matrix->columns);
}

/* mean and std [bins] for fixed normalisation, else NULL. */
static oss_status create_front_end(oss_features **out, const oss_model_config *config, const float *mean,
                                   const float *std) {
    oss_features *features = oss_alloc_zero(1, sizeof *features);
    if (features == NULL) {
        return OSS_ENOMEM;
    }
    features->config = *config;
    oss_status status = oss_mel_plan_create(&features->plan, &config->mel);
    if (status != OSS_OK) {
        oss_features_free(features);
        return status;
    }
    if (mean != NULL) {
        oss_mel_plan_set_stats(features->plan, mean, std);
    }
    *out = features;
    return OSS_OK;
}

oss_status oss_features_create(oss_features **out, const char *config_path) {
    oss_config *config = NULL;
    oss_status status =
        config_path == NULL ? oss_config_create(&config) : oss_config_load(&config, config_path);
    if (status != OSS_OK) {
        return status;
    }
    if (config->model.mel.norm == OSS_MEL_NORM_FIXED && config->model.mel.kind == OSS_MEL_LOG) {
        status = oss_fail(
            OSS_EINPUT,
            "%s: \"mel_norm\" is \"fixed\": its statistics are in the model file, so name a model instead",
            config_path);
    } else {
        status = create_front_end(out, &config->model, NULL, NULL);
    }
    oss_config_free(config);
    return status;
}

oss_status oss_features_create_from_model(oss_features **out, const char *model_path) {
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, model_path);
    if (status == OSS_OK) {
        status = create_front_end(out, &model->config, model->mel_mean, model->mel_std);
    }
    oss_model_free(model);
    return status;
}

void oss_features_free(oss_features *features) {
    if (features == NULL) {
        return;
    }
    oss_mel_plan_free(features->plan);
    oss_free(features);
}

void oss_features_set_progress(oss_features *features, oss_progress_fn progress, void *context) {
    features->progress = (oss_progress){.fn = progress, .context = context};
}

void oss_features_set_max_seconds(oss_features *features, double max_seconds) {
    features->max_seconds = max_seconds;
}

static double choose_max_seconds(const oss_features *features) {
    enum { SAMPLE_BYTES = 10 }; /* they grow by half, and are copied then */
    const oss_mel_spec *mel = &features->config.mel;
    const double frames = (double)mel->sample_rate_hz / mel->hop_samples,
                 bytes = (double)SAMPLE_BYTES * mel->sample_rate_hz + frames * mel->bins * sizeof(float),
                 most = floor((double)oss_memory_half_bytes() / bytes);
    return features->max_seconds > 0.0 ? features->max_seconds : fmax(most, 1.0);
}

int32_t oss_features_rate_hz(const oss_features *features) {
    return features->config.mel.sample_rate_hz;
}

static oss_status compute(const oss_features *features, const oss_audio *audio, oss_matrix *out) {
    int32_t bins = features->config.mel.bins;
    int64_t frames = oss_len_mel_frames_long(audio->samples, features->config.mel.hop_samples);
    if (frames > INT32_MAX) {
        return oss_fail(OSS_EINPUT,
                        "%lld frames of features are more than one call can make: cut the audio into parts",
                        (long long)frames);
    }
    float *value = oss_alloc_aligned((size_t)frames * (size_t)bins, sizeof *value);
    void *scratch = oss_alloc_aligned(oss_mel_scratch_bytes(features->plan), 1);
    if (value == NULL || scratch == NULL) {
        oss_free(value);
        oss_free(scratch);
        return OSS_ENOMEM;
    }
    oss_mel_forward(features->plan, value, NULL, audio->sample, audio->samples, scratch);
    oss_free(scratch);
    *out = (oss_matrix){.value = value, .rows = frames, .columns = bins};
    return OSS_OK;
}

oss_status oss_features_compute_file(oss_features *features, const char *path, oss_matrix *out) {
    oss_audio audio;
    oss_status status = oss_input_load_any(&audio, path, &features->config, choose_max_seconds(features),
                                           &features->progress);
    if (status == OSS_OK) {
        status = compute(features, &audio, out);
        oss_audio_deinit(&audio);
    }
    return status;
}

oss_status oss_features_compute_samples(oss_features *features, const float *sample, int64_t samples,
                                        int32_t rate_hz, oss_matrix *out) {
    oss_audio audio;
    oss_status status = oss_input_from_samples(&audio, sample, samples, rate_hz, &features->config);
    if (status == OSS_OK) {
        status = compute(features, &audio, out);
        oss_audio_deinit(&audio);
    }
    return status;
}
