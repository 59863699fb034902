/* Log-mel features of recordings, exactly as training and recognition see them.
 *
 * Functions that fail return a negative oss_status, set oss_last_error() and leave their results untouched.
 * An object may be used by one thread at a time; different objects by different threads at once. */
#ifndef OSSICLE_FEATURES_H
#define OSSICLE_FEATURES_H

#include <stdint.h>

#include "ossicle/progress.h"
#include "ossicle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers in rows, value[rows, columns], owned by the caller: oss_matrix_deinit frees them. */
typedef struct oss_matrix {
    float *value;
    int64_t rows;
    int32_t columns;
} oss_matrix;

/* Frees the numbers and makes the matrix empty. NULL, and a zeroed or empty matrix, are allowed. */
OSS_API void oss_matrix_deinit(oss_matrix *matrix);

/* Writes a matrix as a NumPy .npy file (float32, C order). The file appears whole or not at all. OSS_EIO,
 * OSS_ENOSPC. */
OSS_API oss_status oss_matrix_save(const oss_matrix *matrix, const char *path);

/* The front end: sample rate, peak normalisation, mel filters, logarithm, normalisation. */
typedef struct oss_features oss_features;

/* The front end of a config file (JSON); NULL: the default one. OSS_EINPUT: the file is wrong, or its
 * "mel_norm" is "fixed", whose statistics only a model file holds. Free with oss_features_free. */
OSS_API oss_status oss_features_create(oss_features **out, const char *config_path);

/* The front end of a model: a model file, a checkpoint folder, or a run folder (its best checkpoint, else its
 * latest). */
OSS_API oss_status oss_features_create_from_model(oss_features **out, const char *model_path);

/* NULL is allowed. */
OSS_API void oss_features_free(oss_features *features);

/* Samples per second that the front end works at: other recordings are resampled. */
OSS_API int32_t oss_features_rate_hz(const oss_features *features);

/* Who is told how far coming calls with files are (OSS_STAGE_READING alone); NULL: nobody. */
OSS_API void oss_features_set_progress(oss_features *features, oss_progress_fn progress, void *context);

/* Longer files are refused (OSS_EINPUT) instead of filling the memory. 0, as at first: those whose samples and features
 * would take more than half of what this process may have. */
OSS_API void oss_features_set_max_seconds(oss_features *features, double max_seconds);

/* *out = [T, bins], T = 1 + floor(samples / hop): frames every 10 ms at the usual settings.
 * From a file in any format, rate and channel count that libsndfile reads. OSS_EINPUT: it cannot be read,
 * holds no samples, a sample that is not finite or beyond 1e10 in magnitude, or is too long. */
OSS_API oss_status oss_features_compute_file(oss_features *features, const char *path, oss_matrix *out);

/* From mono samples[samples] in [-1, 1] at rate_hz; samples >= 1. */
OSS_API oss_status oss_features_compute_samples(oss_features *features, const float *sample, int64_t samples,
                                                int32_t rate_hz, oss_matrix *out);

#ifdef __cplusplus
}
#endif
#endif
