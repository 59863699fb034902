#include "output/cue_atoms.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "text/unicode.h"

/* Line breaking of East Asian text (JIS X 4051, GB/T 15834), as far as a transcript needs it. */
static const char never_first[] = "、。，．・：；？！）］｝〉》」』】〕…ー々,.:;?!)]}%";
static const char never_last[] = "（［｛〈《「『【〔([{";
static const char ends_sentence[] = "。．？！….?!";
static const char ends_part[] = "、，：；,:;";

/* Whether one of the characters of `set` is text[0..bytes). */
static bool is_one_of(const char *set, const char *text, int64_t bytes) {
    for (const char *next = set; *set != '\0'; set = next) {
        (void)oss_text_next(&next);
        if (next - set == bytes && memcmp(set, text, (size_t)bytes) == 0) {
            return true;
        }
    }
    return false;
}

int32_t oss_cue_atom_stop(const oss_cue_atom *atom) {
    const char *last = atom->text, *next = atom->text;
    while (next < atom->text + atom->bytes) {
        last = next;
        (void)oss_text_next(&next);
    }
    return is_one_of(ends_sentence, last, next - last) ? 2 : is_one_of(ends_part, last, next - last) ? 1 : 0;
}

static oss_status add_atom(oss_cue_atoms *atoms, oss_cue_atom atom) {
    if (atoms->count == atoms->capacity) {
        if (atoms->capacity > INT32_MAX / 2) {
            return oss_fail(OSS_ENOMEM, "out of memory: a transcript of more than %d words", atoms->capacity);
        }
        int32_t capacity = atoms->capacity == 0 ? 64 : 2 * atoms->capacity;
        oss_cue_atom *grown = oss_resize(atoms->atom, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        atoms->atom = grown;
        atoms->capacity = capacity;
    }
    atoms->atom[atoms->count++] = atom;
    return OSS_OK;
}

/* ---- A word that is longer than a line ---- */

/* Where in the word's time its text has got to. */
typedef struct word_clock {
    const oss_transcript_word *word;
    const oss_timeline_word *place;
    bool spelt;       /* its symbols spell its text */
    int32_t symbol;   /* the one that `at` is in */
    size_t symbol_at; /* bytes of the text before that symbol */
    size_t bytes;     /* of the text */
} word_clock;

static const char *symbol_text(const word_clock *clock, int32_t symbol) {
    const char *text = clock->word->symbol[symbol].text;
    return text + (symbol == 0 && text[0] == ' '); /* of byte-pair units the first begins with the space */
}

static bool is_spelt(const word_clock *clock, const char *text) {
    for (int32_t i = 0; i < clock->word->symbols; i++) {
        size_t bytes = strlen(symbol_text(clock, i));
        if (strncmp(text, symbol_text(clock, i), bytes) != 0) {
            return false;
        }
        text += bytes;
    }
    return *text == '\0';
}

static word_clock start_clock(const oss_timeline *timeline, int32_t word, const char *text) {
    word_clock clock = {
        .word = &timeline->transcript->word[word], .place = &timeline->word[word], .bytes = strlen(text)};
    clock.spelt = is_spelt(&clock, text);
    return clock;
}

/* When the first `at` bytes of the text have been said; `at` never falls from call to call. */
static int64_t read_clock(word_clock *clock, size_t at) {
    double ms = (double)clock->place->start_ms +
                (double)(clock->place->end_ms - clock->place->start_ms) * (double)at / (double)clock->bytes;
    if (clock->spelt && at > 0 && at < clock->bytes) {
        const oss_transcript_symbol *symbol = &clock->word->symbol[clock->symbol];
        while (clock->symbol_at + strlen(symbol_text(clock, clock->symbol)) <= at) {
            clock->symbol_at += strlen(symbol_text(clock, clock->symbol));
            symbol = &clock->word->symbol[++clock->symbol];
        }
        ms = symbol->start_seconds * 1000.0;
    }
    return llround(fmin(fmax(ms, (double)clock->place->start_ms), (double)clock->place->end_ms));
}

/* The next character, with what may not be parted from it, as far as a line has room. */
static int32_t take_piece(const char **cursor, int32_t line_length) {
    const char *start = *cursor;
    int32_t columns = oss_text_next_cluster(cursor);
    while (**cursor != '\0') {
        const char *next = *cursor;
        int32_t more = oss_text_next_cluster(&next);
        bool parted = !is_one_of(never_last, start, *cursor - start) &&
                      !is_one_of(never_first, *cursor, next - *cursor);
        if (parted || columns + more > line_length) {
            break;
        }
        columns += more;
        start = *cursor;
        *cursor = next;
    }
    return columns;
}

static oss_status add_pieces(oss_cue_atoms *atoms, const oss_timeline *timeline, int32_t word,
                             int32_t line_length) {
    const char *text = oss_timeline_text(timeline, word);
    word_clock clock = start_clock(timeline, word, text);
    oss_status status = OSS_OK;
    for (const char *at = text, *next = text; *at != '\0' && status == OSS_OK; at = next) {
        oss_cue_atom atom = {.text = at, .columns = take_piece(&next, line_length), .joined = at > text};
        atom.bytes = (int32_t)(next - at);
        atom.start_ms = read_clock(&clock, (size_t)(at - text));
        atom.end_ms = read_clock(&clock, (size_t)(next - text));
        status = add_atom(atoms, atom);
    }
    return status;
}

/* ---- All words ---- */

static oss_status add_word(oss_cue_atoms *atoms, const oss_timeline *timeline, int32_t word,
                           int32_t line_length) {
    const char *text = oss_timeline_text(timeline, word);
    const oss_timeline_word *place = &timeline->word[word];
    int64_t columns = oss_text_columns(text);
    if (*text == '\0') {
        return OSS_OK;
    }
    if (columns > line_length) {
        return add_pieces(atoms, timeline, word, line_length);
    }
    return add_atom(atoms, (oss_cue_atom){.start_ms = place->start_ms,
                                          .end_ms = place->end_ms,
                                          .text = text,
                                          .bytes = (int32_t)strlen(text),
                                          .columns = (int32_t)columns});
}

oss_status oss_cue_atoms_init(oss_cue_atoms *atoms, const oss_timeline *timeline, int32_t line_length) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < timeline->transcript->segments && status == OSS_OK; i++) {
        oss_timeline_segment segment = oss_timeline_get_segment(timeline, i);
        for (int32_t word = segment.first; word < segment.first + segment.words && status == OSS_OK; word++) {
            status = add_word(atoms, timeline, word, line_length);
        }
        if (atoms->count > 0) {
            atoms->atom[atoms->count - 1].ends_segment = true;
        }
    }
    return status;
}
