/* The encoder on audio that arrives piece by piece: chunk after chunk, each of which sees itself and some frames before it,
 * and exactly the numbers, bit for bit, that oss_encoder_run gives for all of the audio with oss_encoder_set_reach(chunk,
 * left). Nothing looks ahead of its chunk but the window of the last mel frames.
 *
 * Memory: (chunk + left) rows of queries, keys and values for each block, whatever the length of the audio. For models
 * whose features do not need the whole recording. */
#ifndef OSS_INFER_CHUNK_ENCODER_H
#define OSS_INFER_CHUNK_ENCODER_H

#include <stdint.h>

#include "infer/encoder.h"

typedef struct oss_chunk_encoder oss_chunk_encoder;

/* Shares the weights of `encoder`, which must outlive it; any number of them may, each used by one thread at a time, the
 * encoder itself by another. chunk >= 1 and left >= 0 embeddings, OSS_CHUNK_ENCODER_MOST together. */
enum { OSS_CHUNK_ENCODER_MOST = 65536 };
oss_status oss_chunk_encoder_create(oss_chunk_encoder **out, const oss_encoder *encoder, int32_t chunk,
                                    int32_t left);
/* NULL is allowed. */
void oss_chunk_encoder_free(oss_chunk_encoder *encoder);

/* Takes what there is room for of the next audio[samples], which is at the model's rate, and returns how many: all of
 * them, unless a chunk is complete; then oss_chunk_encoder_next makes room. */
int64_t oss_chunk_encoder_add(oss_chunk_encoder *encoder, const float *audio, int64_t samples);
/* No more samples come: what is left becomes chunks too, the last one as long as it is. */
void oss_chunk_encoder_end(oss_chunk_encoder *encoder);
/* *out: the next chunk, in arrays of the encoder until the next call (features NULL); out->frames 0: there is none yet.
 * OSS_ENUMERIC: the output is not finite; the encoder is then of no more use. */
oss_status oss_chunk_encoder_next(oss_chunk_encoder *encoder, oss_encoding *out);

/* The next chunk is as one at the beginning of a recording, but for its features: it sees no frames before itself, and
 * positions begin anew. */
void oss_chunk_encoder_forget(oss_chunk_encoder *encoder);

#endif
