/* Characters and words. */
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "check/parts.h"
#include "check/report_internal.h"
#include "text/lookalike.h"
#include "text/unicode.h"

enum { FIRST_CHARACTERS = 128, SHOWN_BYTES = 160 };

typedef struct character {
    uint32_t code_point;
    int64_t rows;
    int32_t first_row, last_row;
} character;

/* Sorted by code point. New ones are rare, so shifting the rest costs little. */
typedef struct character_table {
    character *entry;
    int32_t count, capacity;
} character_table;

static oss_status add_character(character_table *table, int32_t at, uint32_t code_point, int32_t row) {
    if (table->count == table->capacity) {
        int32_t capacity = table->capacity == 0 ? FIRST_CHARACTERS : 2 * table->capacity;
        character *grown = oss_resize(table->entry, (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        table->entry = grown;
        table->capacity = capacity;
    }
    memmove(table->entry + at + 1, table->entry + at, (size_t)(table->count - at) * sizeof *table->entry);
    table->entry[at] = (character){.code_point = code_point, .rows = 1, .first_row = row, .last_row = row};
    table->count++;
    return OSS_OK;
}

static oss_status count_character(character_table *table, uint32_t code_point, int32_t row) {
    int32_t low = 0;
    for (int32_t high = table->count; low < high;) {
        int32_t middle = low + (high - low) / 2;
        if (table->entry[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == table->count ||
        table->entry[low].code_point != code_point) { /* of an empty table there is no place */
        return add_character(table, low, code_point, row);
    }
    character *entry = &table->entry[low];
    entry->rows += entry->last_row != row;
    entry->last_row = row;
    return OSS_OK;
}

static oss_status count_characters(character_table *table, const oss_check_input *input) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows; i++) {
        const char *cursor = input->row[i].usable ? input->row[i].csv.text : "";
        for (uint32_t c = oss_text_next(&cursor); c != 0 && status == OSS_OK; c = oss_text_next(&cursor)) {
            status = count_character(table, c, i);
        }
    }
    return status;
}

static const char *plural(int64_t count) {
    return count == 1 ? "" : "s";
}

/* ---- Outside the vocabulary ---- */

static oss_status note_unknown(oss_check_report *report, const character_table *table,
                               const oss_vocab *vocab) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < table->count && status == OSS_OK; i++) {
        const character *entry = &table->entry[i];
        char symbol[5];
        (void)oss_text_encode(symbol, entry->code_point);
        if (oss_vocab_find(vocab, symbol) < 0) {
            status =
                oss_check_note(report, OSS_CHECK_UNKNOWN, entry->first_row, -1, "'%s' U+%04X in %lld row%s",
                               symbol, entry->code_point, (long long)entry->rows, plural(entry->rows));
        }
    }
    return status;
}

/* ---- Look-alikes ---- */

/* The one in the most rows of those that look like entry i. */
static int32_t find_common(const character_table *table, int32_t i) {
    uint32_t plain = oss_text_plain(table->entry[i].code_point);
    int32_t best = i;
    for (int32_t j = 0; j < table->count; j++) {
        if (oss_text_plain(table->entry[j].code_point) == plain &&
            (table->entry[j].rows > table->entry[best].rows ||
             (table->entry[j].rows == table->entry[best].rows && j < best))) {
            best = j;
        }
    }
    return best;
}

static oss_status note_lookalike(oss_check_report *report, const character *rare, const character *common) {
    char left[5], right[5];
    (void)oss_text_encode(left, rare->code_point);
    (void)oss_text_encode(right, common->code_point);
    return oss_check_note(report, OSS_CHECK_LOOKALIKE, rare->first_row, common->first_row,
                          "'%s' U+%04X in %lld row%s, and '%s' U+%04X in %lld", left, rare->code_point,
                          (long long)rare->rows, plural(rare->rows), right, common->code_point,
                          (long long)common->rows);
}

/* A table of n characters takes n^2 / 2 comparisons; only those that are not plain themselves begin one. */
static oss_status note_lookalikes(oss_check_report *report, const character_table *table) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < table->count && status == OSS_OK; i++) {
        int32_t common = find_common(table, i);
        if (common != i) {
            status = note_lookalike(report, &table->entry[i], &table->entry[common]);
        }
    }
    return status;
}

/* ---- Words ---- */

/* Not ASCII: by number, so that what looks the same can be told apart. */
static void show_word(char out[SHOWN_BYTES], const char *word) {
    oss_strbuf text = {0};
    for (uint32_t c = oss_text_next(&word); c != 0 && text.length < SHOWN_BYTES - 16;
         c = oss_text_next(&word)) {
        oss_strbuf_printf(&text, c < 0x80 ? "%c" : "<U+%04X>", c);
    }
    (void)strcpy(out, oss_strbuf_ok(&text) && text.data != NULL ? text.data : "");
    oss_strbuf_deinit(&text);
}

static oss_status note_form(oss_check_report *report, const oss_check_word *word) {
    const oss_check_form *early = &word->first, *late = &word->second;
    char *normal = NULL;
    char first[SHOWN_BYTES], second[SHOWN_BYTES];
    const char *written = early->text != NULL ? early->text : late->text;
    oss_status status = oss_text_normalize(&normal, written, OSS_CASE_KEEP);
    if (status != OSS_OK) {
        return status;
    }
    show_word(first, early->text == NULL ? normal : early->text);
    show_word(second, late->text == NULL ? normal : late->text);
    status = oss_check_note(report, OSS_CHECK_FORM, late->row, early->row,
                            "%s %lld time%s, and %s %lld time%s", second, (long long)late->count,
                            plural(late->count), first, (long long)early->count, plural(early->count));
    oss_free(normal);
    return status;
}

static oss_status note_forms(oss_check_report *report, const oss_check_words *words) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; words != NULL && i < words->slots && status == OSS_OK; i++) {
        if (words->slot[i].second.count > 0) {
            status = note_form(report, &words->slot[i]);
        }
    }
    return status;
}

/* The first word of a text that mixes scripts. */
static oss_status note_script(oss_check_report *report, int32_t row, const char *text) {
    oss_status status = OSS_OK;
    bool found = false;
    while (*text != '\0' && status == OSS_OK && !found) {
        size_t bytes = strcspn(text, " ");
        char *word = oss_strndup(text, bytes);
        uint32_t intruder;
        status = word == NULL ? OSS_ENOMEM : OSS_OK;
        found = word != NULL && oss_text_mixes_scripts(word, &intruder);
        if (found) {
            char shown[SHOWN_BYTES];
            show_word(shown, word);
            status = oss_check_note(report, OSS_CHECK_SCRIPT, row, -1, "%s", shown);
        }
        oss_free(word);
        text += bytes + (text[bytes] == ' ');
    }
    return status;
}

static bool has_other_letters(const char *text) {
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return true;
        }
    }
    return false;
}

static oss_status note_scripts(oss_check_report *report, const oss_check_input *input) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows && status == OSS_OK; i++) {
        if (input->row[i].usable && has_other_letters(input->row[i].csv.text)) {
            status = note_script(report, i, input->row[i].csv.text);
        }
    }
    return status;
}

oss_status oss_check_texts(oss_check_report *report, const oss_check_input *input, const oss_vocab *vocab) {
    character_table table = {0};
    oss_status status = count_characters(&table, input);
    if (status == OSS_OK) {
        status = note_unknown(report, &table, vocab);
    }
    if (status == OSS_OK) {
        status = note_lookalikes(report, &table);
    }
    if (status == OSS_OK) {
        status = note_forms(report, input->words);
    }
    if (status == OSS_OK) {
        status = note_scripts(report, input);
    }
    oss_free(table.entry);
    return status;
}
