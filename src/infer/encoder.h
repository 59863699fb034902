/* The encoder's forward pass for inference: no tape, no OpenBLAS, weights packed once.
 *
 * Time grows as S (convolutions, products) and S^2 (attention); memory as S. A 30 s clip at the usual size
 * takes 8 MiB of weights, 6 MiB for the clip, 1 MiB a thread. An hour at once would take 500 MiB, and a minute or
 * two of one processor, most of it in attention: pieces.h cuts what is long. */
#ifndef OSS_INFER_ENCODER_H
#define OSS_INFER_ENCODER_H

#include <stdint.h>

#include "base/stop.h"
#include "model/model_file.h"
#include "ossicle/precision.h"

/* Packed weights, and work space that grows to the longest clip; one caller at a time. */
typedef struct oss_encoder oss_encoder;

/* precision: of what products multiply. `model` may be freed afterwards. threads from 1 to 1024. */
oss_status oss_encoder_create(oss_encoder **out, const oss_model *model, oss_precision precision,
                              int32_t threads);
/* An encoder of one thread that shares the weights of another; each may then be used by a thread of its own, and freed
 * before the other. It costs its work space. */
oss_status oss_encoder_create_sibling(oss_encoder **out, const oss_encoder *sibling);
/* Limits the attention of coming runs as kernel/attention.h says: frames in chunks of `chunk`, which see
 * `left` frames before them; chunk 0, as it is at first: no limit. A sibling made afterwards has the same. */
void oss_encoder_set_reach(oss_encoder *encoder, int32_t chunk, int32_t left);
/* Who is told, by the thread that runs, which fraction of a coming run is done; NULL: nobody. */
void oss_encoder_set_progress(oss_encoder *encoder, void (*fn)(void *context, double fraction),
                              void *context);
/* Whose wish ends a run early with OSS_ESTOPPED: tasks (at most 64 embeddings of one layer) come to their end, and none
 * is begun. It must outlive the encoder; NULL: nobody's. A sibling does not have it. */
void oss_encoder_set_stop(oss_encoder *encoder, oss_stop *stop);
void oss_encoder_free(oss_encoder *encoder);

/* Work arrays of the last run; owned by the encoder, valid until the next run. */
typedef struct oss_encoding {
    const float *features; /* [T, bins] */
    int32_t mel_frames;    /* T */
    int32_t bins;
    const float *embeddings; /* [S, d_model] */
    int32_t frames;          /* S */
    int32_t width;           /* d_model */
    const float *logits;     /* [S*k, V]; NULL without a head */
    int32_t logit_rows, vocab;
    const float *projected; /* [S, projector_dim]; NULL without a projector */
    int32_t projected_width;
} oss_encoding;

/* Makes the work space that a run of so many samples asks for, so that it does not grow by and by. */
oss_status oss_encoder_reserve(oss_encoder *encoder, int64_t samples);

/* audio[samples] at the model's rate, samples >= 1. Same bits with any number of threads. OSS_EUSAGE: no
 * samples; OSS_EINPUT: longer than indices reach (months of audio); OSS_ENUMERIC: the output is not finite. */
oss_status oss_encoder_run(oss_encoder *encoder, const float *audio, int64_t samples, oss_encoding *out);
/* Features already made: x[T, bins]. */
oss_status oss_encoder_run_features(oss_encoder *encoder, const float *features, int32_t mel_frames,
                                    oss_encoding *out);

#endif
