#include "infer/transcript_words.h"

#include <math.h>

#include "base/mem.h"
#include "text/edit_distance.h"

static oss_edge_offsets offsets_of(const oss_transcript_source *source) {
    double half_frame = 0.5 / source->clock.frames_a_second;
    return source->model->calibration.has_edges ? source->model->calibration.edges
                                                : (oss_edge_offsets){half_frame, half_frame};
}

/* A word over the cut between two utterances is as sure as its less sure part. */
static float posterior_of(const float *posterior, const oss_path_word *word) {
    float least = 1.0F;
    for (int32_t i = 0; i < word->symbols; i++) {
        least = fminf(least, posterior[word->first + i]);
    }
    return least;
}

static void find_features(double feature[OSS_CONFIDENCE_FEATURES], const oss_path_word *word,
                          const oss_transcript_source *source) {
    oss_confidence_features(feature, source->path, source->model->vocab, word);
    if (source->posterior != NULL) {
        feature[OSS_CONFIDENCE_POSTERIOR] =
            oss_confidence_logit((double)posterior_of(source->posterior, word));
    }
}

/* Of a search whose words nobody calibrated: its hypotheses share most words and are much surer of them than they should be,
 * while the other calibration is of words that no model of language chose. The geometric mean of the two is off by less than
 * either, and tells right from wrong as well as the better one (docs/decoding.md). */
static float confidence_of(const oss_path_word *word, const oss_transcript_source *source) {
    const oss_calibration *calibration = &source->model->calibration;
    double feature[OSS_CONFIDENCE_FEATURES];
    find_features(feature, word, source);
    if (source->posterior != NULL && calibration->has_search_confidence) {
        return (float)oss_confidence(&calibration->search_confidence, feature);
    }
    const float confidence = calibration->has_confidence
                                 ? (float)oss_confidence(&calibration->confidence, feature)
                                 : oss_confidence_plain(source->path, word);
    return source->posterior == NULL ? confidence : sqrtf(confidence * posterior_of(source->posterior, word));
}

static oss_status copy_known(oss_path_word **out_word, int64_t *out_words,
                             const oss_transcript_source *source) {
    oss_path_word *word = oss_alloc((size_t)source->known_words, sizeof *word);
    oss_status status = word == NULL ? OSS_ENOMEM : OSS_OK;
    int64_t words = 0;
    for (; words < source->known_words && status == OSS_OK; words++) {
        word[words] = source->known[words];
        word[words].text = oss_strdup(source->known[words].text);
        status = word[words].text == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status != OSS_OK) {
        oss_path_words_free(word, words);
        return status;
    }
    *out_word = word;
    *out_words = words;
    return OSS_OK;
}

oss_status oss_transcript_words(oss_path_word **out_word, int64_t *out_words,
                                const oss_transcript_source *source) {
    const oss_model *model = source->model;
    oss_status status = source->known != NULL ? copy_known(out_word, out_words, source)
                                              : oss_path_words(out_word, out_words, source->path,
                                                               model->vocab, model->config.text_case);
    if (status == OSS_OK) {
        oss_edge_offsets offsets = offsets_of(source);
        oss_word_edges(*out_word, *out_words, source->path, source->envelope, &offsets, &source->clock);
        for (int64_t i = 0; i < *out_words; i++) {
            (*out_word)[i].confidence = confidence_of(&(*out_word)[i], source);
        }
    }
    return status;
}

/* ---- Beside a reference ---- */

static void look_at_pause(oss_observed_word *before, oss_observed_word *behind,
                          const oss_word_anchor *before_at, const oss_word_anchor *behind_at,
                          const oss_pause *pause) {
    if (before != NULL) {
        before->tail_seconds =
            pause->has_end && !pause->hidden ? pause->end_seconds - before_at->last : (double)NAN;
    }
    if (behind != NULL) {
        behind->onset_seconds =
            pause->has_start && !pause->hidden ? behind_at->first - pause->start_seconds : (double)NAN;
    }
}

static void look_at_pauses(oss_observed_word *observed, const oss_path_word *word, int64_t words,
                           const oss_transcript_source *source) {
    const oss_path_clock *clock = &source->clock;
    oss_pause_seeker seeker = {.envelope = source->envelope};
    oss_word_anchor at[2];
    for (int64_t i = 0; i <= words && words > 0; i++) {
        oss_word_anchor *before = i > 0 ? &at[(i + 1) % 2] : NULL;
        oss_word_anchor *behind = i < words ? &at[i % 2] : NULL;
        if (behind != NULL) {
            *behind = oss_word_anchor_of(source->path, &word[i], clock->frames_a_second);
        }
        oss_pause pause = oss_pause_seek(&seeker, before, behind, clock->from_seconds, clock->to_seconds);
        look_at_pause(before != NULL ? &observed[i - 1] : NULL, behind != NULL ? &observed[i] : NULL, before,
                      behind, &pause);
    }
}

static oss_status find_right(oss_observed_word *observed, int64_t words, const char *reference) {
    const char **text = oss_alloc((size_t)words, sizeof *text);
    bool *right = oss_alloc((size_t)words, sizeof *right);
    oss_status status = text == NULL || right == NULL ? OSS_ENOMEM : OSS_OK;
    for (int64_t i = 0; i < words && status == OSS_OK; i++) {
        text[i] = observed[i].text;
    }
    if (status == OSS_OK) {
        status = oss_edits_match_words(right, reference, text, words);
    }
    for (int64_t i = 0; i < words && status == OSS_OK; i++) {
        observed[i].right = right[i];
    }
    oss_free((void *)text);
    oss_free(right);
    return status;
}

/* Takes the texts of `word`. */
static oss_status observe(oss_observed_word *observed, oss_path_word *word, int64_t words,
                          const oss_transcript_source *source, const char *reference) {
    for (int64_t i = 0; i < words; i++) {
        observed[i] = (oss_observed_word){.text = word[i].text,
                                          .confidence = word[i].confidence,
                                          .start_seconds = word[i].start_seconds,
                                          .end_seconds = word[i].end_seconds};
        word[i].text = NULL;
        find_features(observed[i].feature, &word[i], source);
    }
    look_at_pauses(observed, word, words, source);
    return find_right(observed, words, reference);
}

oss_status oss_transcript_observe(oss_observed_word **out_word, int64_t *out_words,
                                  const oss_transcript_source *source, const char *reference) {
    oss_path_word *word = NULL;
    int64_t words = 0;
    oss_status status = oss_transcript_words(&word, &words, source);
    if (status != OSS_OK) {
        return status;
    }
    oss_observed_word *observed = oss_alloc_zero((size_t)words, sizeof *observed);
    status = observed == NULL ? OSS_ENOMEM : observe(observed, word, words, source, reference);
    oss_path_words_free(word, words);
    if (status != OSS_OK) {
        oss_observed_words_free(observed, words);
        return status;
    }
    *out_word = observed;
    *out_words = words;
    return OSS_OK;
}

void oss_observed_words_free(oss_observed_word *word, int64_t words) {
    for (int64_t i = 0; word != NULL && i < words; i++) {
        oss_free(word[i].text);
    }
    oss_free(word);
}
