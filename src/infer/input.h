/* Audio as a model wants it: mono, at its rate, peak-normalised when its config says so. */
#ifndef OSS_INFER_INPUT_H
#define OSS_INFER_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/audio_file.h"
#include "base/stop.h"
#include "model/config.h"
#include "ossicle/progress.h"

/* Who is told how far a call is (fn NULL: nobody), and who may stop it (stop NULL: nobody). */
typedef struct oss_progress {
    oss_progress_fn fn;
    void *context;
    oss_stop *stop;
} oss_progress;

/* A file, or its segment from start_seconds to end_seconds (0 and -1: all of it). Warns through the log when
 * the peak is below the config's min_peak: near-silence is transcribed like anything else, but hardly meant.
 * Free with oss_audio_deinit. */
oss_status oss_input_load(oss_audio *out, const char *path, const oss_model_config *config,
                          double start_seconds, double end_seconds, const oss_progress *progress);

/* A whole recording: a file, or a pipe, terminal or device that is read to its end into memory, up to
 * OSS_INPUT_PIPE_GIBIBYTES. cut_off: not NULL when one that breaks off is to be taken as far as it goes, with a warning
 * (see oss_audio_request). */
enum { OSS_INPUT_PIPE_GIBIBYTES = 2 };
oss_status oss_input_load_any(oss_audio *out, const char *path, const oss_model_config *config, bool *cut_off,
                              const oss_progress *progress);

/* The same from mono sample[samples] at rate_hz. OSS_EUSAGE: no samples, a rate below 1. */
oss_status oss_input_from_samples(oss_audio *out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config);

/* Makes a quiet recording as loud as most are (audio/level.h) and says so through the log; others keep their bits. */
void oss_input_raise_quiet(oss_audio *audio, const char *what);

#endif
