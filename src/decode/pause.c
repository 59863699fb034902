#include "decode/pause.h"

#include <math.h>
#include <stddef.h>

enum {
    AROUND_FRAMES = 150, /* on each side, from which the noise is known */
    REACH_FRAMES = 10,   /* beyond the middle of a symbol that a pause may begin or end: peaks may be late */
    TAIL_FRAMES = 60, /* from the middle of a last symbol, in which a pause begins if the word ends there */
    HEAD_FRAMES = 40, /* the same before the middle of a first one */
    WORD_FRAMES = 5   /* beyond the middles of its first and last symbol that a word may be loud */
};

/* What noise hides of a word: seconds for each dB of its OSS_PAUSE_DROP_DB that lie below the noise. */
static const double hidden_onset = 0.0015, hidden_end = 0.0033;

typedef struct span {
    int64_t begin, end; /* frames [begin, end) */
} span;

static int64_t frame_at(double seconds) {
    return (int64_t)floor(seconds * OSS_ENVELOPE_HZ);
}

/* Frames [begin, end) of those that are there. */
static span there(const oss_envelope *envelope, int64_t begin, int64_t end) {
    span s = {begin > envelope->first ? begin : envelope->first,
              end < envelope->frames ? end : envelope->frames};
    s.end = s.end > s.begin ? s.end : s.begin;
    return s;
}

static uint8_t level_at(const oss_envelope *envelope, int64_t frame) {
    return envelope->level[frame - envelope->first];
}

static int32_t loudest(const oss_envelope *envelope, const oss_word_anchor *word) {
    span s = there(envelope, frame_at(word->first) - WORD_FRAMES, frame_at(word->last) + WORD_FRAMES + 1);
    int32_t level = 0;
    for (int64_t k = s.begin; k < s.end; k++) {
        level = level_at(envelope, k) > level ? level_at(envelope, k) : level;
    }
    return level;
}

/* ---- Noise ---- */

static void move_window(oss_pause_seeker *seeker, span window) {
    for (; seeker->begin < window.begin && seeker->begin < seeker->end; seeker->begin++) {
        seeker->count[level_at(seeker->envelope, seeker->begin)]--;
    }
    if (seeker->begin < window.begin) {
        seeker->begin = seeker->end = window.begin;
    }
    for (; seeker->end < window.end; seeker->end++) {
        seeker->count[level_at(seeker->envelope, seeker->end)]++;
    }
}

/* The tenth percentile of the levels that are counted in. */
static int32_t noise_level(const oss_pause_seeker *seeker) {
    int64_t rank = (seeker->end - seeker->begin) / 10;
    int32_t level = 0;
    for (int64_t below = seeker->count[0]; below <= rank && level < 255;) {
        below += seeker->count[++level];
    }
    return level;
}

/* ---- Quiet ---- */

/* Frames below `level` that touch `touched`, the longest such run (of equals the first); empty: none long enough. */
static span longest_quiet(const oss_envelope *envelope, span searched, span touched, int32_t level) {
    span best = {0, 0};
    for (int64_t k = searched.begin; k < searched.end;) {
        span run = {k, k};
        while (run.end < searched.end && level_at(envelope, run.end) < level) {
            run.end++;
        }
        int64_t length = run.end - run.begin;
        if (length >= OSS_PAUSE_FRAMES && length > best.end - best.begin && run.begin < touched.end &&
            run.end > touched.begin) {
            best = run;
        }
        k = run.end + 1;
    }
    return best;
}

typedef struct search {
    const oss_envelope *envelope;
    span searched;
    span tail, head; /* what the pause behind a word, and the one before the next, touch */
    int32_t noise;
} search;

/* *masked: dB of the word's range that noise hides. False: nothing quiet. */
static bool find_quiet(const search *s, const oss_word_anchor *word, span touched, span *out,
                       double *masked) {
    int32_t top = loudest(s->envelope, word);
    int32_t wanted = top - OSS_PAUSE_DROP_DB * OSS_ENVELOPE_STEPS_A_DB;
    int32_t least = s->noise + OSS_PAUSE_OVER_DB * OSS_ENVELOPE_STEPS_A_DB;
    int32_t level = wanted > least ? wanted : least;
    if (level > top - OSS_PAUSE_ROOM_DB * OSS_ENVELOPE_STEPS_A_DB) {
        return false;
    }
    *out = longest_quiet(s->envelope, s->searched, touched, level);
    *masked = (double)(level - wanted) / OSS_ENVELOPE_STEPS_A_DB;
    return out->end > out->begin;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static search begin_search(oss_pause_seeker *seeker, const oss_word_anchor *before,
                           const oss_word_anchor *behind, double from, double to) {
    const oss_envelope *envelope = seeker->envelope;
    int64_t a = frame_at(before != NULL ? before->last : from);
    int64_t b = frame_at(behind != NULL ? behind->first : to) + 1;
    search s = {.envelope = envelope,
                .tail = there(envelope, a, smaller(b, a + TAIL_FRAMES)),
                .head = there(envelope, larger(a, b - HEAD_FRAMES), b)};
    s.searched = there(envelope, before != NULL ? larger(a - REACH_FRAMES, frame_at(before->first)) : a,
                       behind != NULL ? smaller(b + REACH_FRAMES, frame_at(behind->last) + 1) : b);
    move_window(seeker, there(envelope, a - AROUND_FRAMES, b + AROUND_FRAMES));
    s.noise = noise_level(seeker);
    return s;
}

oss_pause oss_pause_seek(oss_pause_seeker *seeker, const oss_word_anchor *before,
                         const oss_word_anchor *behind, double from_seconds, double to_seconds) {
    search s = begin_search(seeker, before, behind, from_seconds, to_seconds);
    oss_pause pause = {0};
    span quiet;
    double masked = 0.0;
    if (before != NULL && find_quiet(&s, before, s.tail, &quiet, &masked)) {
        pause.has_end = true;
        pause.hidden = masked > 0.0;
        pause.end_seconds = (double)quiet.begin / OSS_ENVELOPE_HZ + hidden_end * masked;
    }
    if (behind != NULL && find_quiet(&s, behind, s.head, &quiet, &masked)) {
        pause.has_start = true;
        pause.hidden |= masked > 0.0;
        pause.start_seconds = (double)quiet.end / OSS_ENVELOPE_HZ - hidden_onset * masked;
    }
    return pause;
}
