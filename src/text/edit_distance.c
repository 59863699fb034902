#include "text/edit_distance.h"

#include <stdbool.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"
#include "text/unicode.h"

/* A text as numbers: code points, or the same number for the same word. */
typedef struct unit_list {
    uint32_t *unit;
    int64_t units;
} unit_list;

/* ---- Alignment ---- */

/* Best alignment of a prefix of the reference with a prefix of the hypothesis. Deletions and insertions need
 * not be kept: their sum is cost - substitutions, their difference that of the prefixes' lengths. */
typedef struct align_cell {
    int32_t cost;
    int32_t substitutions;
} align_cell;

static align_cell choose_cell(align_cell diagonal, bool same, align_cell above, align_cell left) {
    align_cell best = {diagonal.cost + !same, diagonal.substitutions + !same};
    if (above.cost + 1 < best.cost) {
        best = (align_cell){above.cost + 1, above.substitutions};
    }
    if (left.cost + 1 < best.cost) {
        best = (align_cell){left.cost + 1, left.substitutions};
    }
    return best;
}

/* Wagner & Fischer 1974, one row of the matrix at a time: row[j] aligns reference[0..i) with
 * hypothesis[0..j). */
static align_cell align_units(align_cell *row, const uint32_t *reference, int64_t n,
                              const uint32_t *hypothesis, int64_t m) {
    for (int64_t j = 0; j <= m; j++) {
        row[j] = (align_cell){(int32_t)j, 0};
    }
    for (int64_t i = 0; i < n; i++) {
        align_cell diagonal = row[0];
        align_cell left = {(int32_t)i + 1, 0};
        row[0] = left;
        for (int64_t j = 1; j <= m; j++) {
            align_cell above = row[j];
            left = choose_cell(diagonal, reference[i] == hypothesis[j - 1], above, left);
            diagonal = above;
            row[j] = left;
        }
    }
    return row[m];
}

/* Equal beginnings and ends are matches in the preferred alignment too: at the end because a match is never
 * dearer than what follows it in preference, at the beginning because the costs of the rest do not change. */
static oss_status add_edits(oss_edits *edits, const unit_list *reference, const unit_list *hypothesis) {
    if (reference->units >= INT32_MAX || hypothesis->units >= INT32_MAX) {
        return oss_fail(OSS_EINPUT, "a text of %d or more units is too long to score", INT32_MAX);
    }
    const uint32_t *a = reference->unit;
    const uint32_t *b = hypothesis->unit;
    int64_t n = reference->units;
    int64_t m = hypothesis->units;
    while (n > 0 && m > 0 && a[n - 1] == b[m - 1]) {
        n--;
        m--;
    }
    while (n > 0 && m > 0 && a[0] == b[0]) {
        a++;
        b++;
        n--;
        m--;
    }
    align_cell *row = oss_alloc((size_t)m + 1, sizeof *row);
    if (row == NULL) {
        return OSS_ENOMEM;
    }
    align_cell best = align_units(row, a, n, b, m);
    oss_free(row);
    int64_t gaps = best.cost - best.substitutions; /* D + I, and D - I = n - m */
    edits->reference += reference->units;
    edits->substitutions += best.substitutions;
    edits->deletions += (gaps + (n - m)) / 2;
    edits->insertions += (gaps - (n - m)) / 2;
    return OSS_OK;
}

/* ---- Characters ---- */

static oss_status list_characters(unit_list *out, const char *text) {
    int64_t units = oss_text_length(text);
    uint32_t *unit = oss_alloc((size_t)units, sizeof *unit);
    if (unit == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < units; i++) {
        unit[i] = oss_text_next(&text);
    }
    *out = (unit_list){unit, units};
    return OSS_OK;
}

oss_status oss_edits_characters(oss_edits *edits, const char *reference, const char *hypothesis) {
    unit_list a = {0};
    unit_list b = {0};
    oss_status status = list_characters(&a, reference);
    if (status == OSS_OK) {
        status = list_characters(&b, hypothesis);
    }
    if (status == OSS_OK) {
        status = add_edits(edits, &a, &b);
    }
    oss_free(a.unit);
    oss_free(b.unit);
    return status;
}

/* ---- Words ---- */

typedef struct word_slot {
    const char *word; /* NULL: free */
    size_t bytes;
    uint32_t number;
} word_slot;

/* Open addressing with linear probing; a power of two of slots, at least half of them free. */
typedef struct word_table {
    word_slot *slot;
    size_t mask;
    uint32_t words;
} word_table;

/* The number of this word: a new one when it was not seen before. */
static uint32_t number_word(word_table *table, const char *word, size_t bytes) {
    size_t at = (size_t)oss_hash(word, bytes) & table->mask;
    word_slot *slot = &table->slot[at];
    while (slot->word != NULL && (slot->bytes != bytes || memcmp(slot->word, word, bytes) != 0)) {
        at = (at + 1) & table->mask;
        slot = &table->slot[at];
    }
    if (slot->word == NULL) {
        *slot = (word_slot){word, bytes, table->words++};
    }
    return slot->number;
}

/* The word at *cursor, which moves behind it; 0 bytes at the end. */
static size_t next_word(const char **out_word, const char **cursor) {
    const char *start = *cursor + strspn(*cursor, " ");
    size_t bytes = strcspn(start, " ");
    *out_word = start;
    *cursor = start + bytes;
    return bytes;
}

static int64_t count_words(const char *text) {
    int64_t words = 0;
    const char *word;
    while (next_word(&word, &text) > 0) {
        words++;
    }
    return words;
}

static oss_status list_words(unit_list *out, word_table *table, const char *text) {
    int64_t units = count_words(text);
    uint32_t *unit = oss_alloc((size_t)units, sizeof *unit);
    if (unit == NULL) {
        return OSS_ENOMEM;
    }
    for (int64_t i = 0; i < units; i++) {
        const char *word;
        size_t bytes = next_word(&word, &text);
        unit[i] = number_word(table, word, bytes);
    }
    *out = (unit_list){unit, units};
    return OSS_OK;
}

static oss_status init_words(word_table *table, int64_t words) {
    size_t slots = 2;
    while (slots < 2 * (size_t)words) {
        slots *= 2;
    }
    table->slot = oss_alloc_zero(slots, sizeof *table->slot);
    table->mask = slots - 1;
    return table->slot == NULL ? OSS_ENOMEM : OSS_OK;
}

oss_status oss_edits_words(oss_edits *edits, const char *reference, const char *hypothesis) {
    unit_list a = {0};
    unit_list b = {0};
    word_table table = {0};
    oss_status status = init_words(&table, count_words(reference) + count_words(hypothesis));
    if (status == OSS_OK) {
        status = list_words(&a, &table, reference);
    }
    if (status == OSS_OK) {
        status = list_words(&b, &table, hypothesis);
    }
    if (status == OSS_OK) {
        status = add_edits(edits, &a, &b);
    }
    oss_free(table.slot);
    oss_free(a.unit);
    oss_free(b.unit);
    return status;
}

/* ---- Which words ---- */

enum { MOST_CELLS = 1 << 28 };

/* The last step of an alignment of two prefixes. */
typedef enum align_step { STEP_DIAGONAL, STEP_ABOVE, STEP_LEFT } align_step;

/* step[n,m]; row[m + 1] is used. The order of preference is that of choose_cell. */
static void fill_steps(uint8_t *step, int32_t *row, const unit_list *a, const unit_list *b) {
    for (int64_t j = 0; j <= b->units; j++) {
        row[j] = (int32_t)j;
    }
    for (int64_t i = 0; i < a->units; i++) {
        int32_t diagonal = row[0];
        row[0] = (int32_t)i + 1;
        for (int64_t j = 0; j < b->units; j++) {
            int32_t best = diagonal + (a->unit[i] != b->unit[j]), above = row[j + 1] + 1, left = row[j] + 1;
            align_step taken = STEP_DIAGONAL;
            if (above < best) {
                best = above;
                taken = STEP_ABOVE;
            }
            if (left < best) {
                best = left;
                taken = STEP_LEFT;
            }
            step[i * b->units + j] = (uint8_t)taken;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
}

static oss_status match_units(bool *right, const unit_list *a, const unit_list *b) {
    if (b->units > 0 && a->units > MOST_CELLS / b->units) {
        return oss_fail(OSS_EINPUT, "a text of %lld words is too long to be aligned with one of %lld",
                        (long long)a->units, (long long)b->units);
    }
    uint8_t *step = oss_alloc((size_t)(a->units * b->units), sizeof *step);
    int32_t *row = oss_alloc((size_t)b->units + 1, sizeof *row);
    oss_status status = step == NULL || row == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        fill_steps(step, row, a, b);
    }
    for (int64_t j = 0; j < b->units; j++) {
        right[j] = false;
    }
    for (int64_t i = a->units, j = b->units; status == OSS_OK && i > 0 && j > 0;) {
        uint8_t taken = step[(i - 1) * b->units + j - 1];
        i -= taken != STEP_LEFT;
        j -= taken != STEP_ABOVE;
        if (taken == STEP_DIAGONAL) {
            right[j] = a->unit[i] == b->unit[j];
        }
    }
    oss_free(step);
    oss_free(row);
    return status;
}

oss_status oss_edits_match_words(bool *right, const char *reference, const char *const *word, int64_t words) {
    unit_list a = {0};
    unit_list b = {.unit = oss_alloc((size_t)words, sizeof *b.unit), .units = words};
    word_table table = {0};
    oss_status status = b.unit == NULL ? OSS_ENOMEM : init_words(&table, count_words(reference) + words);
    if (status == OSS_OK) {
        status = list_words(&a, &table, reference);
    }
    if (status == OSS_OK) {
        for (int64_t i = 0; i < words; i++) {
            b.unit[i] = number_word(&table, word[i], strlen(word[i]));
        }
        status = match_units(right, &a, &b);
    }
    oss_free(table.slot);
    oss_free(a.unit);
    oss_free(b.unit);
    return status;
}

double oss_edits_rate(const oss_edits *edits) {
    if (edits->reference == 0) {
        return edits->insertions > 0 ? 1.0 : 0.0;
    }
    return (double)(edits->substitutions + edits->deletions + edits->insertions) / (double)edits->reference;
}
