/* A recording through a beam search. Rows of logits are kept for the utterance in hand; when it is over its best hypothesis is
 * aligned with them, so that its symbols come with times as those of a greedy path do, and the rows are dropped: memory does
 * not grow with the recording but for what is said in it.
 *
 * An utterance is over in a pause of OSS_UTTERANCE_PAUSE_SECONDS on whose words all hypotheses agree, in any such pause when
 * it is OSS_UTTERANCE_SECONDS long, on any row of silence after OSS_UTTERANCE_LONG_SECONDS, and after twice that time. How rows
 * come, piece by piece or at once, changes nothing. */
#ifndef OSS_INFER_UTTERANCES_H
#define OSS_INFER_UTTERANCES_H

#include "decode/beam.h"
#include "decode/best_path.h"
#include "model/model_file.h"
#include "ossicle/transcript.h"

#define OSS_UTTERANCE_PAUSE_SECONDS 0.8
#define OSS_UTTERANCE_SECONDS       20.0
#define OSS_UTTERANCE_LONG_SECONDS  60.0

/* What is searched with; all of it the caller's. */
typedef struct oss_search {
    oss_beam *beam;            /* NULL: no search */
    int32_t n_best;            /* hypotheses to keep of each utterance */
    const oss_ngram *rescorer; /* NULL: none */
    double rescore_weight;
} oss_search;

/* The best hypotheses of an utterance. */
typedef struct oss_utterance {
    int64_t begin, end;                      /* frames of the path */
    oss_transcript_alternative *alternative; /* [alternatives]; owned, and so are the texts */
    int32_t alternatives;
} oss_utterance;

/* What was decided. */
typedef struct oss_decoded {
    oss_best_path path;
    float *posterior; /* [capacity >= path.symbols]; see infer/word_posteriors.h; owned */
    int64_t capacity;
    oss_utterance *utterance; /* [utterances] those with words, when n_best is above 0; owned */
    int64_t utterances, utterance_capacity;
} oss_decoded;

typedef struct oss_utterances oss_utterances;

/* Begins a recording with the search's beam, which no other may use before this is freed. `model` must outlive it. */
oss_status oss_utterances_create(oss_utterances **out, const oss_search *search, const oss_model *model);
/* NULL is allowed. */
void oss_utterances_free(oss_utterances *utterances);

/* The next rows of logits[rows, V]. After a failure of this or the next it is of no more use. */
oss_status oss_utterances_add(oss_utterances *utterances, const float *logits, int32_t rows);
/* Nothing follows on what came: it is decided to the last word. What comes next is another text, on the same clock. */
oss_status oss_utterances_end(oss_utterances *utterances);
/* *out: all that came, the last utterance as far as it is, which may change when more comes; its list is not in it. Valid
 * until the next call of any. */
oss_status oss_utterances_show(oss_utterances *utterances, const oss_decoded **out);
/* Forgets what was decided. To be called after oss_utterances_end. */
void oss_utterances_forget(oss_utterances *utterances);

#endif
