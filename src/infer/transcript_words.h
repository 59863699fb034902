/* Words with times and confidences, out of a path, the loudness of the audio and what is known of the model; and what a
 * calibration learns from them. */
#ifndef OSS_INFER_TRANSCRIPT_WORDS_H
#define OSS_INFER_TRANSCRIPT_WORDS_H

#include "decode/word_edges.h"
#include "infer/utterances.h"
#include "model/model_file.h"

/* All of it the caller's. */
typedef struct oss_transcript_source {
    const oss_model *model;
    const oss_best_path *path;
    const float *posterior;         /* of the words that its symbols are in, by a search; NULL: greedy */
    const oss_utterance *utterance; /* [utterances] lists of hypotheses */
    int64_t utterances;
    const oss_envelope *envelope;
    oss_path_clock clock;
    double audio_seconds;
    const oss_path_word
        *known; /* [known_words] which symbols of the path are words, and their texts; NULL: as spaces say */
    int64_t known_words;
} oss_transcript_source;

/* *out_word[*out_words]: free with oss_path_words_free. OSS_ENOMEM. */
oss_status oss_transcript_words(oss_path_word **out_word, int64_t *out_words,
                                const oss_transcript_source *source);

/* A word beside what was said. */
typedef struct oss_observed_word {
    char *text; /* owned */
    bool right; /* it is in the reference, by the alignment with the fewest edits */
    float confidence;
    double start_seconds, end_seconds;
    double feature[OSS_CONFIDENCE_FEATURES];
    /* From the word's edge to the middle of its first symbol, and from the middle of its last to its edge; NaN where no
     * pause of the audio shows the edge. */
    double onset_seconds, tail_seconds;
} oss_observed_word;

/* reference: normalised. OSS_ENOMEM; OSS_EINPUT: too long to be aligned (text/edit_distance.h). */
oss_status oss_transcript_observe(oss_observed_word **out_word, int64_t *out_words,
                                  const oss_transcript_source *source, const char *reference);
/* word NULL is allowed. */
void oss_observed_words_free(oss_observed_word *word, int64_t words);

#endif
