/* Audio as a model wants it: mono, at its rate, peak-normalised when its config says so. */
#ifndef OSS_INFER_INPUT_H
#define OSS_INFER_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/audio_file.h"
#include "audio/pull.h"
#include "audio/raw.h"
#include "base/stop.h"
#include "model/config.h"
#include "ossicle/progress.h"

/* Who is told how far a call is (fn NULL: nobody), and who may stop it (stop NULL: nobody). */
typedef struct oss_progress {
    oss_progress_fn fn;
    void *context;
    oss_stop *stop;
} oss_progress;

/* A recording that is open for reading, piece by piece. */
typedef struct oss_input oss_input;

/* A whole recording: a file, or a pipe, terminal or device. WAV of linear samples of more than 16 MiB is read through
 * it as it comes; anything else is read to its end into memory first, up to OSS_INPUT_PIPE_GIBIBYTES. The arguments,
 * but for how, must outlive the input. Its messages begin with the path. */
enum { OSS_INPUT_PIPE_GIBIBYTES = 2 };
typedef struct oss_input_how {
    bool *
        cut_off; /* not NULL when one that breaks off is to be taken as far as it goes, with a warning when that is
                      * reached (see oss_audio_request); outlives the input */
    bool use_ffmpeg;    /* for files that libsndfile does not know (audio/foreign.h) */
    const oss_raw *raw; /* NULL: it tells its format itself */
    double max_seconds; /* a longer one is OSS_EINPUT; 0: no limit */
} oss_input_how;
oss_status oss_input_open(oss_input **out, const char *path, const oss_model_config *config,
                          const oss_input_how *how, const oss_progress *progress);
/* The segment of a regular file from start_seconds to end_seconds (0 and -1: all of it), of at most max_seconds. */
oss_status oss_input_open_segment(oss_input **out, const char *path, const oss_model_config *config,
                                  double start_seconds, double end_seconds, double max_seconds,
                                  const oss_progress *progress);
/* Mono sample[samples] at rate_hz. OSS_EUSAGE: no samples, a rate below 1. */
oss_status oss_input_open_samples(oss_input **out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config);
/* NULL is allowed. */
void oss_input_close(oss_input *input);
/* The samples, mono, at the model's rate, as loud as they are. */
oss_audio_pull oss_input_pull(oss_input *input);
/* What messages call it. */
const char *oss_input_name(const oss_input *input);
/* Which fraction of it was read, never less than before; 0 where nobody knows: of samples. */
double oss_input_read(const oss_input *input);
/* Reading is told to the progress no more: it goes on beside something else that is. */
void oss_input_hush(oss_input *input);

/* Warns through the log when the peak is below the config's min_peak: near-silence is transcribed like anything else,
 * but hardly meant. */
void oss_input_check_peak(double peak, const oss_model_config *config, const char *what);

/* All of what oss_input_open opens, when it does not break off, peak-normalised when the config says so. Free with
 * oss_audio_deinit. */
oss_status oss_input_load_any(oss_audio *out, const char *path, const oss_model_config *config,
                              double max_seconds, const oss_progress *progress);

/* The same from mono sample[samples] at rate_hz. OSS_EUSAGE: no samples, a rate below 1. */
oss_status oss_input_from_samples(oss_audio *out, const float *sample, int64_t samples, int32_t rate_hz,
                                  const oss_model_config *config);

#endif
