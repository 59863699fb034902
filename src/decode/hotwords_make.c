#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "decode/hotwords_internal.h"

enum { MOST_FILE_BYTES = 1 << 28 };

void oss_hotwords_free(oss_hotwords *hotwords) {
    if (hotwords != NULL) {
        oss_letters_deinit(&hotwords->letters);
        oss_free(hotwords->node);
        oss_free(hotwords);
    }
}

/* ---- The trie ---- */

/* The child of `parent` by `letter`, made when it is not there; 0: no memory. */
static uint32_t enter(oss_hotwords *hotwords, uint32_t parent, int32_t letter) {
    uint32_t at = oss_hotwords_child(hotwords, parent, letter);
    if (at != 0) {
        return at;
    }
    if (hotwords->nodes == hotwords->capacity) {
        size_t capacity = 2 * (size_t)hotwords->capacity;
        oss_hotwords_node *node = oss_resize(hotwords->node, capacity, sizeof *node);
        if (node == NULL) {
            return 0;
        }
        hotwords->node = node;
        hotwords->capacity = (uint32_t)capacity;
    }
    at = hotwords->nodes++;
    oss_hotwords_node *above = &hotwords->node[parent];
    hotwords->node[at] = (oss_hotwords_node){.letter = letter,
                                             .next = above->child,
                                             .parent = parent,
                                             .depth = above->depth + 1,
                                             .given = -INFINITY};
    above->child = at;
    return at;
}

/* The place of the last letter of a normalised phrase in *out. */
static oss_status enter_phrase(oss_hotwords *hotwords, uint32_t *out, const char *phrase) {
    uint32_t at = OSS_HOTWORDS_ROOT;
    const char *cursor = phrase;
    while (*cursor != '\0') {
        const char *character = cursor;
        uint32_t code_point = oss_text_next(&cursor);
        int32_t letter =
            code_point == ' ' ? hotwords->letters.letters : oss_letters_find(&hotwords->letters, code_point);
        if (letter < 0 || (code_point == ' ' && hotwords->letters.space < 0)) {
            return oss_fail(OSS_EINPUT, "the model has no symbol for \"%.*s\" in the phrase \"%.200s\"",
                            (int)(cursor - character), character, phrase);
        }
        at = enter(hotwords, at, letter);
        if (at == 0) {
            return OSS_ENOMEM;
        }
    }
    *out = at;
    return OSS_OK;
}

/* The words of a phrase that has a place, each by itself: a word of a phrase is a word wherever it stands. */
static oss_status enter_words(oss_hotwords *hotwords, const char *phrase) {
    uint32_t at = OSS_HOTWORDS_ROOT;
    for (const char *cursor = phrase; *cursor != '\0';) {
        uint32_t code_point = oss_text_next(&cursor);
        if (code_point == ' ') {
            hotwords->node[at].is_word = true;
            at = OSS_HOTWORDS_ROOT;
            continue;
        }
        at = enter(hotwords, at, oss_letters_find(&hotwords->letters, code_point));
        if (at == 0) {
            return OSS_ENOMEM;
        }
    }
    hotwords->node[at].is_word = true;
    return OSS_OK;
}

static oss_status add_phrase(oss_hotwords *hotwords, const oss_hotword *hotword, oss_case policy) {
    char *phrase = NULL;
    oss_status status = oss_text_normalize(&phrase, hotword->phrase, policy);
    if (status != OSS_OK) {
        return status;
    }
    uint32_t at = 0;
    float weight = (float)hotword->weight;
    if (phrase[0] == '\0') {
        status = oss_fail(OSS_EINPUT, "a phrase is empty: leave it out");
    } else if (!isfinite(weight)) {
        status = oss_fail(OSS_EINPUT, "the weight of the phrase \"%.200s\" is not a number", phrase);
    } else {
        status = enter_phrase(hotwords, &at, phrase);
    }
    if (status == OSS_OK) {
        status = enter_words(hotwords, phrase);
    }
    if (status == OSS_OK && hotwords->node[at].whole && hotwords->node[at].weight != weight) {
        status = oss_fail(OSS_EINPUT, "the phrase \"%.200s\" has two weights, %g and %g", phrase,
                          (double)hotwords->node[at].weight, (double)weight);
    }
    if (status == OSS_OK) {
        hotwords->phrases += !hotwords->node[at].whole;
        hotwords->node[at].whole = true;
        hotwords->node[at].weight = weight;
    }
    oss_free(phrase);
    return status;
}

/* ---- What places are worth ---- */

static uint32_t find_fail(const oss_hotwords *hotwords, uint32_t at) {
    const oss_hotwords_node *node = hotwords->node;
    int32_t letter = node[at].letter;
    for (uint32_t from = node[at].parent; from != OSS_HOTWORDS_ROOT;) {
        from = node[from].fail;
        if (from == OSS_HOTWORDS_OUT) {
            break;
        }
        uint32_t to = oss_hotwords_child(hotwords, from, letter);
        if (to != 0) {
            return to;
        }
    }
    return letter == hotwords->letters.letters ? OSS_HOTWORDS_ROOT : OSS_HOTWORDS_OUT;
}

/* fail, kept, at_end and completes of one place; those of lesser depth are set. */
static void settle(oss_hotwords *hotwords, uint32_t at) {
    oss_hotwords_node *node = hotwords->node, *here = &node[at];
    const oss_hotwords_node *above = &node[here->parent];
    int32_t space = hotwords->letters.letters;
    here->fail = find_fail(hotwords, at);
    here->kept = here->letter == space ? above->at_end : above->kept;
    here->completes = here->is_word || here->whole || oss_hotwords_child(hotwords, at, space) != 0;
    here->at_end = here->whole ? here->weight : here->kept;
    bool found = here->whole;
    for (uint32_t end = here->fail; end >= OSS_HOTWORDS_FIRST && here->letter != space;
         end = node[end].fail) {
        here->completes = here->completes || node[end].completes;
        if (!found && node[end].whole) {
            here->at_end += node[end].weight;
            found = true;
        }
    }
}

/* What the phrase that ends at `end` gives on its way: its weight in equal parts, a symbol each. */
static void spread(oss_hotwords *hotwords, uint32_t end) {
    oss_hotwords_node *node = hotwords->node;
    for (uint32_t at = end; at != OSS_HOTWORDS_ROOT; at = node[at].parent) {
        float part = (float)node[at].depth / (float)node[end].depth;
        float given = node[at].kept + (node[end].weight - node[at].kept) * part;
        node[at].given = given > node[at].given ? given : node[at].given;
    }
}

static oss_status value(oss_hotwords *hotwords) {
    uint32_t count = hotwords->nodes;
    uint32_t *order = oss_alloc(count, sizeof *order);
    if (order == NULL) {
        return OSS_ENOMEM;
    }
    /* Breadth first: a place's fail link is of lesser depth. */
    uint32_t queued = 0;
    order[queued++] = OSS_HOTWORDS_ROOT;
    for (uint32_t done = 0; done < queued; done++) {
        uint32_t at = order[done];
        if (at != OSS_HOTWORDS_ROOT) {
            settle(hotwords, at);
        }
        for (uint32_t child = hotwords->node[at].child; child != 0; child = hotwords->node[child].next) {
            order[queued++] = child;
        }
    }
    oss_free(order);
    for (uint32_t at = OSS_HOTWORDS_FIRST; at < count; at++) {
        if (hotwords->node[at].whole) {
            spread(hotwords, at);
        }
    }
    for (uint32_t at = OSS_HOTWORDS_FIRST; at < count; at++) {
        oss_hotwords_node *node = &hotwords->node[at];
        node->given = node->given > -INFINITY ? node->given : node->kept; /* of a word by itself */
    }
    return OSS_OK;
}

static oss_status create_empty(oss_hotwords **out, const oss_vocab *vocab) {
    oss_hotwords *hotwords = oss_alloc_zero(1, sizeof *hotwords);
    if (hotwords == NULL) {
        return OSS_ENOMEM;
    }
    hotwords->capacity = 64;
    hotwords->nodes = OSS_HOTWORDS_FIRST;
    hotwords->node = oss_alloc(hotwords->capacity, sizeof *hotwords->node);
    if (hotwords->node == NULL || oss_letters_init(&hotwords->letters, vocab) != OSS_OK) {
        oss_hotwords_free(hotwords);
        return OSS_ENOMEM;
    }
    hotwords->node[OSS_HOTWORDS_ROOT] = (oss_hotwords_node){.letter = OSS_LETTER_NONE};
    hotwords->node[OSS_HOTWORDS_OUT] = (oss_hotwords_node){.letter = OSS_LETTER_NONE};
    *out = hotwords;
    return OSS_OK;
}

oss_status oss_hotwords_create(oss_hotwords **out, const oss_hotword *hotword, int64_t count,
                               const oss_vocab *vocab, oss_case policy) {
    oss_hotwords *hotwords = NULL;
    oss_status status = create_empty(&hotwords, vocab);
    for (int64_t i = 0; i < count && status == OSS_OK; i++) {
        status = add_phrase(hotwords, &hotword[i], policy);
        if (status == OSS_EINPUT) {
            status = oss_fail_prefix(status, "phrase %lld", (long long)i + 1);
        }
    }
    status = status == OSS_OK ? value(hotwords) : status;
    if (status != OSS_OK) {
        oss_hotwords_free(hotwords);
        return status;
    }
    *out = hotwords;
    return OSS_OK;
}

/* ---- From a file ---- */

/* A line of the file, cut off at its end. */
static oss_status add_line(oss_hotwords *hotwords, char *line, double default_weight, oss_case policy) {
    oss_hotword hotword = {.phrase = line, .weight = default_weight};
    char *tab = strchr(line, '\t');
    if (tab != NULL) {
        *tab = '\0';
        if (!oss_number_parse(tab + 1, &hotword.weight)) {
            return oss_fail(OSS_EINPUT, "the weight \"%.40s\" is not a number; write PHRASE, a tab, a number",
                            tab + 1);
        }
    }
    return add_phrase(hotwords, &hotword, policy);
}

static bool says_nothing(const char *line) {
    return line[0] == '#' || line[strspn(line, " \t")] == '\0';
}

static oss_status add_lines(oss_hotwords *hotwords, char *text, size_t bytes, const char *path,
                            double default_weight, oss_case policy) {
    if (strlen(text) != bytes) {
        return oss_fail(OSS_EINPUT, "%s: holds a NUL byte, so it is not a list of phrases", path);
    }
    oss_status status = OSS_OK;
    char *line = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
    for (int64_t number = 1; line != NULL && status == OSS_OK; number++) {
        char *end = strchr(line, '\n');
        char *next = end == NULL ? NULL : end + 1;
        end = end == NULL ? line + strlen(line) : end;
        end -= end > line && end[-1] == '\r';
        *end = '\0';
        if (!says_nothing(line)) {
            status = add_line(hotwords, line, default_weight, policy);
        }
        if (status == OSS_EINPUT) {
            status = oss_fail_prefix(status, "%s:%lld", path, (long long)number);
        }
        line = next;
    }
    return status;
}

oss_status oss_hotwords_load(oss_hotwords **out, const char *path, double default_weight,
                             const oss_vocab *vocab, oss_case policy) {
    char *text = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&text, &bytes, path, MOST_FILE_BYTES);
    oss_hotwords *hotwords = NULL;
    status = status == OSS_OK ? create_empty(&hotwords, vocab) : status;
    status = status == OSS_OK ? add_lines(hotwords, text, bytes, path, default_weight, policy) : status;
    status = status == OSS_OK ? value(hotwords) : status;
    oss_free(text);
    if (status != OSS_OK) {
        oss_hotwords_free(hotwords);
        return status;
    }
    *out = hotwords;
    return OSS_OK;
}
