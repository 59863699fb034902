#include "decode/word_edges.h"

#include <math.h>
#include <stddef.h>

static double center_of(const oss_best_path *path, int64_t symbol, double frames_a_second) {
    return oss_best_path_center(&path->symbol[symbol]) / frames_a_second;
}

oss_word_anchor oss_word_anchor_of(const oss_best_path *path, const oss_path_word *word,
                                   double frames_a_second) {
    return (oss_word_anchor){center_of(path, word->first, frames_a_second),
                             center_of(path, word->first + word->symbols - 1, frames_a_second)};
}

/* Sets the end of `before` and the start of `behind`; one of them may be NULL. */
static void set_edges(oss_path_word *before, oss_path_word *behind, const oss_word_anchor *before_at,
                      const oss_word_anchor *behind_at, const oss_pause *pause,
                      const oss_edge_offsets *offsets) {
    double end = before != NULL ? before_at->last + offsets->end_seconds : -INFINITY;
    double start = behind != NULL ? behind_at->first - offsets->onset_seconds : INFINITY;
    if (end > start) {
        double share = offsets->end_seconds / (offsets->end_seconds + offsets->onset_seconds);
        end = start = before_at->last + share * (behind_at->first - before_at->last);
    }
    end = pause->has_end ? pause->end_seconds : end;
    start = pause->has_start ? pause->start_seconds : start;
    if (end > start) {
        end = start = 0.5 * (end + start);
    }
    if (before != NULL) {
        before->end_seconds = end;
    }
    if (behind != NULL) {
        behind->start_seconds = start;
    }
}

/* Puts words in order that are not, or too short, or beyond the range: what a symbol lasts at least shrinks when there
 * is no room for it. */
static void put_in_order(oss_path_word *word, int64_t words, const oss_path_clock *clock) {
    int64_t symbols = 0;
    for (int64_t i = 0; i < words; i++) {
        symbols += word[i].symbols;
    }
    double room = (clock->to_seconds - clock->from_seconds) / (2.0 * (double)symbols);
    double least = fmin(OSS_SYMBOL_SECONDS_MIN, room);
    double latest = clock->to_seconds - least * (double)symbols;
    double earliest = clock->from_seconds;
    for (int64_t i = 0; i < words; i++) {
        double shortest = least * word[i].symbols;
        word[i].start_seconds = fmax(earliest, fmin(word[i].start_seconds, latest));
        latest = fmin(latest + shortest, clock->to_seconds);
        word[i].end_seconds = fmin(fmax(word[i].end_seconds, word[i].start_seconds + shortest), latest);
        earliest = word[i].end_seconds;
    }
}

void oss_word_edges(oss_path_word *word, int64_t words, const oss_best_path *path,
                    const oss_envelope *envelope, const oss_edge_offsets *offsets,
                    const oss_path_clock *clock) {
    oss_pause_seeker seeker = {.envelope = envelope};
    oss_word_anchor at[2];
    for (int64_t i = 0; i <= words && words > 0; i++) {
        const oss_word_anchor *before = i > 0 ? &at[(i + 1) % 2] : NULL;
        oss_word_anchor *behind = i < words ? &at[i % 2] : NULL;
        if (behind != NULL) {
            *behind = oss_word_anchor_of(path, &word[i], clock->frames_a_second);
        }
        oss_pause pause = oss_pause_seek(&seeker, before, behind, clock->from_seconds, clock->to_seconds);
        set_edges(before != NULL ? &word[i - 1] : NULL, behind != NULL ? &word[i] : NULL, before, behind,
                  &pause, offsets);
    }
    put_in_order(word, words, clock);
}

void oss_symbol_edges(double *boundary, const oss_path_word *word, const oss_best_path *path,
                      double frames_a_second) {
    int32_t symbols = word->symbols;
    double length = word->end_seconds - word->start_seconds;
    double least = fmin(OSS_SYMBOL_SECONDS_MIN, length / (2.0 * symbols));
    boundary[0] = word->start_seconds;
    for (int32_t i = 1; i < symbols; i++) {
        double a = center_of(path, word->first + i - 1, frames_a_second);
        double b = center_of(path, word->first + i, frames_a_second);
        double latest = word->end_seconds - least * (symbols - i);
        boundary[i] = fmin(fmax(0.5 * (a + b), boundary[i - 1] + least), latest);
    }
    boundary[symbols] = word->end_seconds;
}
