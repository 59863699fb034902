/* Byte-pair units of a corpus: text/bpe.h says what they are, this file how they are found in time that is
 * nearly linear in the number of different words.
 *
 * Every different word is kept once, as a list of ids, with the number of times it occurs. Of every pair of
 * neighbours the count is kept up to date, and a list of the places where it was seen; a merge touches these
 * places only. A place that was merged away meanwhile is still in lists, and is passed over. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "units/bpe_words.h"
#include "text/unicode.h"
#include "text/vocab_internal.h"
#include "units/learn.h"
#include "units/unit_table.h"

enum { MIN_COUNT = 2, DEAD = -1, NONE = -1 };

typedef struct pair_entry {
    int32_t left, right;
    int64_t count;
    int32_t seen; /* newest sighting, NONE */
} pair_entry;

typedef struct sighting {
    int32_t place, before; /* place of the left part; the sighting before this one */
} sighting;

typedef struct learner {
    oss_vocab *vocab;
    oss_bpe_words words;
    int32_t *id;                      /* words.id; DEAD: part of the unit before it */
    int32_t *previous, *next, *owner; /* [places]; NONE at a word's ends; owner: index of the word */
    oss_bpe_table index;              /* of pair, by ids */
    pair_entry *pair;
    int32_t pairs, pair_capacity;
    sighting *sighting;
    int32_t sightings, sighting_capacity;
    int32_t *found; /* places to merge */
    int32_t founds, found_capacity;
    int32_t *characters; /* [capacity of the vocabulary] code points of each unit */
} learner;

/* ---- Pairs ---- */

static oss_status find_pair(learner *l, int32_t left, int32_t right, int32_t *out) {
    int64_t known = oss_bpe_table_get(&l->index, left, right);
    if (known >= 0) {
        *out = (int32_t)known;
        return OSS_OK;
    }
    void *array = l->pair;
    oss_status status = oss_bpe_grow(&array, &l->pair_capacity, l->pairs, 1, sizeof *l->pair);
    if (status == OSS_OK) {
        l->pair = array;
        status = oss_bpe_table_put(&l->index, left, right, l->pairs);
    }
    if (status == OSS_OK) {
        l->pair[l->pairs] = (pair_entry){.left = left, .right = right, .seen = NONE};
        *out = l->pairs++;
    }
    return status;
}

/* Counts the pair that begins at a place, if any. */
static oss_status add_pair(learner *l, int32_t place) {
    if (place == NONE || l->next[place] == NONE) {
        return OSS_OK;
    }
    int32_t pair = 0;
    oss_status status = find_pair(l, l->id[place], l->id[l->next[place]], &pair);
    void *array = l->sighting;
    if (status == OSS_OK) {
        status = oss_bpe_grow(&array, &l->sighting_capacity, l->sightings, 1, sizeof *l->sighting);
    }
    if (status == OSS_OK) {
        l->sighting = array;
        l->sighting[l->sightings] = (sighting){place, l->pair[pair].seen};
        l->pair[pair].seen = l->sightings++;
        l->pair[pair].count += l->words.word[l->owner[place]].count;
    }
    return status;
}

static void remove_pair(learner *l, int32_t place) {
    if (place != NONE && l->next[place] != NONE) {
        int64_t pair = oss_bpe_table_get(&l->index, l->id[place], l->id[l->next[place]]);
        l->pair[pair].count -= l->words.word[l->owner[place]].count;
    }
}

static oss_status link_places(learner *l) {
    size_t places = (size_t)l->words.places;
    l->previous = oss_alloc(places, sizeof *l->previous);
    l->next = oss_alloc(places, sizeof *l->next);
    l->owner = oss_alloc(places, sizeof *l->owner);
    if (l->previous == NULL || l->next == NULL || l->owner == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    for (int32_t w = 0; w < l->words.words; w++) {
        int32_t first = l->words.word[w].first, end = first + l->words.word[w].length;
        for (int32_t place = first; place < end; place++) {
            l->previous[place] = place == first ? NONE : place - 1;
            l->next[place] = place + 1 == end ? NONE : place + 1;
            l->owner[place] = w;
        }
    }
    for (int32_t place = 0; place < l->words.places && status == OSS_OK; place++) {
        status = add_pair(l, place);
    }
    return status;
}

/* ---- Merging ---- */

/* The pair that becomes a unit next, NULL: none. */
static const pair_entry *choose_pair(const learner *l) {
    const pair_entry *best = NULL;
    for (int32_t i = 0; i < l->pairs; i++) {
        const pair_entry *pair = &l->pair[i];
        if (pair->count < MIN_COUNT || (best != NULL && pair->count < best->count) ||
            l->characters[pair->left] + l->characters[pair->right] > OSS_BPE_MAX_CHARACTERS) {
            continue;
        }
        bool wins = best == NULL || pair->count > best->count || pair->left < best->left ||
                    (pair->left == best->left && pair->right < best->right);
        best = wins ? pair : best;
    }
    return best;
}

/* Makes one unit of the one at a place and the one after it. */
static oss_status merge_place(learner *l, int32_t place, int32_t unit) {
    int32_t right = l->next[place];
    remove_pair(l, l->previous[place]);
    remove_pair(l, place);
    remove_pair(l, right);
    l->id[place] = unit;
    l->id[right] = DEAD;
    l->next[place] = l->next[right];
    if (l->next[place] != NONE) {
        l->previous[l->next[place]] = place;
    }
    oss_status status = add_pair(l, l->previous[place]);
    return status == OSS_OK ? add_pair(l, place) : status;
}

/* What the pair at a place spells, -1: nothing that is a unit. */
static int32_t find_spelled(const learner *l, int32_t place) {
    if (place == NONE || l->id[place] == DEAD || l->next[place] == NONE) {
        return -1;
    }
    return (int32_t)oss_bpe_table_get(&l->vocab->pair, l->id[place], l->id[l->next[place]]);
}

/* The new unit may spell an older one with a neighbour: encoding would merge these first of all. */
static oss_status settle(learner *l, int32_t place) {
    for (;;) {
        int32_t left = find_spelled(l, l->previous[place]);
        int32_t right = find_spelled(l, place);
        if (left < 0 && right < 0) {
            return OSS_OK;
        }
        bool goes_left = right < 0 || (left >= 0 && left <= right);
        place = goes_left ? l->previous[place] : place;
        oss_status status = merge_place(l, place, goes_left ? left : right);
        if (status != OSS_OK) {
            return status;
        }
    }
}

static oss_status find_places_of(learner *l, int32_t left, int32_t right) {
    int64_t pair = oss_bpe_table_get(&l->index, left, right);
    int32_t at = pair < 0 ? NONE : l->pair[pair].seen;
    for (; at != NONE; at = l->sighting[at].before) {
        void *array = l->found;
        oss_status status = oss_bpe_grow(&array, &l->found_capacity, l->founds, 1, sizeof *l->found);
        if (status != OSS_OK) {
            return status;
        }
        l->found = array;
        l->found[l->founds++] = l->sighting[at].place;
    }
    return OSS_OK;
}

static int compare_places(const void *a, const void *b) {
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* Lists where any two units that spell `symbol` were seen, from left to right. */
static oss_status find_places(learner *l, const char *symbol) {
    char left[4 * OSS_BPE_MAX_CHARACTERS + 1];
    oss_status status = OSS_OK;
    l->founds = 0;
    for (const char *cut = symbol; oss_text_next(&cut) != 0 && *cut != '\0' && status == OSS_OK;) {
        size_t bytes = (size_t)(cut - symbol);
        memcpy(left, symbol, bytes);
        left[bytes] = '\0';
        int32_t left_id = oss_vocab_find(l->vocab, left), right_id = oss_vocab_find(l->vocab, cut);
        if (left_id >= 0 && right_id >= 0) {
            status = find_places_of(l, left_id, right_id);
        }
    }
    if (l->founds > 0) {
        qsort(l->found, (size_t)l->founds, sizeof *l->found, compare_places);
    }
    return status;
}

static oss_status merge_everywhere(learner *l, int32_t unit) {
    oss_status status = find_places(l, oss_vocab_symbol(l->vocab, unit));
    for (int32_t i = 0; i < l->founds && status == OSS_OK; i++) {
        int32_t place = l->found[i];
        if (find_spelled(l, place) != unit) {
            continue;
        }
        status = merge_place(l, place, unit);
        if (status == OSS_OK) {
            status = settle(l, place);
        }
    }
    return status;
}

static oss_status add_unit(learner *l, const pair_entry *pair) {
    char symbol[2 * (4 * OSS_BPE_MAX_CHARACTERS + 1)];
    (void)strcpy(symbol, oss_vocab_symbol(l->vocab, pair->left));
    (void)strcat(symbol, oss_vocab_symbol(l->vocab, pair->right));
    int32_t unit = l->vocab->size;
    l->characters[unit] = l->characters[pair->left] + l->characters[pair->right];
    oss_vocab_append(l->vocab, symbol, strlen(symbol));
    oss_status status = oss_vocab_link_parts(l->vocab, unit, NULL);
    if (status == OSS_OK) {
        status = oss_vocab_link_wholes(l->vocab, unit);
    }
    return status == OSS_OK ? merge_everywhere(l, unit) : status;
}

/* ---- All of it ---- */

static oss_status create_alphabet(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size) {
    unit_table table = {0};
    oss_status status = oss_unit_table_add_texts(&table, text, count);
    if (status == OSS_OK && table.units > 0) {
        status = oss_unit_table_add(&table, ' ');
    }
    if (status == OSS_OK && table.units + OSS_VOCAB_SPECIALS > max_size) {
        status = oss_fail(OSS_EINPUT,
                          "vocab_size %d has no room for the %d characters of the texts beside <blank> and "
                          "<UNK>: give at least %d, or use units \"char\"",
                          (int)max_size, (int)table.units, (int)table.units + OSS_VOCAB_SPECIALS);
    }
    oss_vocab *vocab = status == OSS_OK ? oss_vocab_create(OSS_UNITS_BPE, max_size) : NULL;
    for (int32_t i = 0; i < table.units && vocab != NULL; i++) {
        char symbol[5];
        int32_t bytes = oss_text_encode(symbol, table.unit[i].code_point);
        oss_vocab_append(vocab, symbol, (size_t)bytes);
    }
    oss_free(table.unit);
    if (vocab != NULL) {
        *out = vocab;
        return OSS_OK;
    }
    return status == OSS_OK ? OSS_ENOMEM : status;
}

static oss_status learn(learner *l, const char *const *text, int64_t count) {
    oss_status status = OSS_OK;
    l->characters = oss_alloc((size_t)l->vocab->capacity, sizeof *l->characters);
    if (l->characters == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t id = 0; id < l->vocab->size; id++) {
        l->characters[id] = 1;
    }
    for (int64_t i = 0; i < count && status == OSS_OK; i++) {
        status = oss_bpe_words_add(&l->words, l->vocab, l->vocab->space, text[i]);
    }
    l->id = l->words.id;
    if (status == OSS_OK) {
        status = link_places(l);
    }
    while (status == OSS_OK && l->vocab->size < l->vocab->capacity) {
        const pair_entry *pair = choose_pair(l);
        if (pair == NULL) {
            break;
        }
        status = add_unit(l, pair);
    }
    return status;
}

oss_status oss_vocab_learn(oss_vocab **out, const char *const *text, int64_t count, int32_t max_size) {
    learner l = {0};
    oss_status status = create_alphabet(&l.vocab, text, count, max_size);
    if (status == OSS_OK) {
        status = learn(&l, text, count);
    }
    oss_bpe_words_deinit(&l.words);
    oss_free(l.previous);
    oss_free(l.next);
    oss_free(l.owner);
    oss_bpe_table_deinit(&l.index);
    oss_free(l.pair);
    oss_free(l.sighting);
    oss_free(l.found);
    oss_free(l.characters);
    if (status != OSS_OK) {
        oss_vocab_free(l.vocab);
        return status;
    }
    *out = l.vocab;
    return OSS_OK;
}
