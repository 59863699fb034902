/* The inside of a recognizer: recognizer.c (life), recognizer_audio.c (what it is given), recognizer_transcribe.c,
 * recognizer_embed.c and recognizer_score.c (what it gives). */
#ifndef OSS_INFER_RECOGNIZER_STATE_H
#define OSS_INFER_RECOGNIZER_STATE_H

#include <stdbool.h>

#include "base/stop.h"
#include "infer/encoder.h"
#include "infer/input.h"
#include "model/model_file.h"
#include "ossicle/recognizer.h"

struct oss_recognizer {
    oss_model *
        model; /* config and vocabulary, owned together with siblings; its values are freed once the encoder has
                       * packed them */
    oss_encoder *encoder;
    bool allow_truncated, cut_off; /* the last one was */
    bool keeps_level;
    oss_stop stop;
    oss_progress progress; /* `stop` is in it */
};

/* Audio for the encoder, as loud as it is to be; free with oss_audio_deinit. */
oss_status oss_recognizer_load_file(oss_recognizer *recognizer, const char *path, oss_audio *out);
oss_status oss_recognizer_load_samples(const oss_recognizer *recognizer, const float *sample, int64_t samples,
                                       int32_t rate_hz, oss_audio *out);
/* Makes audio that is quiet louder, unless the recognizer keeps levels. */
void oss_recognizer_settle_level(const oss_recognizer *recognizer, oss_audio *audio, const char *what);

/* OSS_EUSAGE: the model makes no transcripts. */
oss_status oss_recognizer_check_head(const oss_recognizer *recognizer);
double oss_recognizer_length_seconds(const oss_audio *audio);

#endif
