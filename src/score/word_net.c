#include "score/word_net.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"

enum { MOST_WORDS = 1 << 27, MOST_DEPTH = 64, FIRST_ITEMS = 16 };

static const char white[] = " \t\n\v\f\r";

typedef struct parser {
    oss_word_net *net;
    oss_score_words *words;
    const oss_notation *notation;
    int32_t depth;
} parser;

void oss_word_net_deinit(oss_word_net *net) {
    oss_free(net->arc);
    oss_free(net->node);
    oss_free(net->into);
    *net = (oss_word_net){0};
}

/* ---- Growing ---- */

static oss_status make_room(void **items, int32_t count, int32_t more, int32_t *capacity, size_t size) {
    if (more > MOST_WORDS - count) {
        return oss_fail(OSS_EINPUT, "more than %d words are too many for one utterance", MOST_WORDS);
    }
    if (count + more <= *capacity) {
        return OSS_OK;
    }
    int32_t wanted = *capacity == 0 ? FIRST_ITEMS : 2 * *capacity;
    wanted = wanted < count + more ? count + more : wanted;
    void *grown = oss_resize(*items, (size_t)wanted, size);
    if (grown == NULL) {
        return OSS_ENOMEM;
    }
    *items = grown;
    *capacity = wanted;
    return OSS_OK;
}

static oss_status add_arc(oss_word_net *net, const oss_net_arc *arc) {
    oss_status status = make_room((void **)&net->arc, net->arcs, 1, &net->arc_capacity, sizeof *net->arc);
    if (status == OSS_OK) {
        net->arc[net->arcs++] = *arc;
    }
    return status;
}

static oss_status add_into(oss_word_net *net, int32_t arc) {
    oss_status status = make_room((void **)&net->into, net->intos, 1, &net->into_capacity, sizeof *net->into);
    if (status == OSS_OK) {
        net->into[net->intos++] = arc;
    }
    return status;
}

/* A node of the arcs that were added to `into` from `first` on. */
static oss_status add_node(oss_word_net *net, int32_t first, int32_t *out) {
    oss_status status = make_room((void **)&net->node, net->nodes, 1, &net->node_capacity, sizeof *net->node);
    if (status == OSS_OK) {
        net->node[net->nodes] = (oss_net_node){first, net->intos - first};
        *out = net->nodes++;
    }
    return status;
}

/* ---- Words ---- */

static bool is_fragment(const char *word, size_t bytes) {
    return bytes > 0 && (word[0] == '-' || word[bytes - 1] == '-');
}

static oss_net_arc read_marks(const parser *p, const char **word, size_t *bytes) {
    oss_net_arc arc = {0};
    if (!p->notation->nist) {
        return arc;
    }
    *bytes -= *bytes > 1 && (*word)[*bytes - 1] == '*';
    arc.is_null = *bytes == 1 && **word == '@';
    if (p->notation->optional && *bytes > 2 && **word == '(' && (*word)[*bytes - 1] == ')') {
        arc.is_optional = true;
        (*word)++;
        *bytes -= 2;
    }
    /* Behind a bracket, a hyphen in front is not looked at. */
    arc.is_fragment =
        p->notation->fragments && (arc.is_optional ? (*word)[*bytes - 1] == '-' : is_fragment(*word, *bytes));
    return arc;
}

static oss_status add_word(parser *p, const char *word, size_t bytes, int32_t *node) {
    oss_word_net *net = p->net;
    oss_net_arc arc = read_marks(p, &word, &bytes);
    arc.from = *node;
    arc.unit = net->units;
    net->is_plain = net->is_plain && !arc.is_null && !arc.is_optional && !arc.is_fragment;
    oss_status status = oss_score_words_add(p->words, word, bytes, &arc.word);
    if (status == OSS_OK) {
        status = add_arc(net, &arc);
    }
    int32_t first = net->intos;
    if (status == OSS_OK) {
        status = add_into(net, net->arcs - 1);
    }
    return status == OSS_OK ? add_node(net, first, node) : status;
}

/* ---- Alternatives ---- */

static oss_status parse_words(parser *p, const char *text, const char *end, int32_t *node);

/* The first of `text` to `end` that is `stop` or the closing brace, outside of braces within; NULL: none. */
static const char *find_outside(const char *text, const char *end, char stop) {
    int32_t open = 0;
    for (; text < end; text++) {
        if (open == 0 && (*text == stop || *text == '}')) {
            return text;
        }
        open += (*text == '{') - (*text == '}');
    }
    return NULL;
}

static bool is_blank(const char *text, const char *end) {
    while (text < end && strchr(white, *text) != NULL) {
        text++;
    }
    return text == end;
}

/* Where each alternative ends comes together in one node, in the order of the text. */
static oss_status parse_alternatives(parser *p, const char *text, const char *end, int32_t *node) {
    int32_t from = *node, ends = 0;
    int32_t *where = NULL, capacity = 0;
    oss_status status = OSS_OK;
    while (status == OSS_OK && text < end) {
        const char *bar = find_outside(text, end, '/');
        const char *stop = bar == NULL ? end : bar;
        if (!is_blank(text, stop)) { /* "/ /" and "{ / a }" are no alternatives */
            int32_t at = from;
            status = make_room((void **)&where, ends, 1, &capacity, sizeof *where);
            if (status == OSS_OK) {
                status = parse_words(p, text, stop, &at);
            }
            if (status == OSS_OK) {
                where[ends++] = at;
            }
        }
        text = stop + 1;
    }
    int32_t first = p->net->intos;
    for (int32_t i = 0; i < ends && status == OSS_OK; i++) {
        const oss_net_node last = p->net->node[where[i]];
        for (int32_t k = 0; k < last.count && status == OSS_OK; k++) {
            status = add_into(p->net, p->net->into[last.first + k]);
        }
    }
    oss_free(where);
    if (status == OSS_OK && ends == 0) {
        return oss_fail(OSS_EINPUT, "an alternation has no words: write @ for none, as in { um / @ }");
    }
    return status == OSS_OK ? add_node(p->net, first, node) : status;
}

/* *cursor: behind the opening brace; moves behind the closing one. */
static oss_status parse_alternation(parser *p, const char **cursor, const char *end, int32_t *node) {
    const char *close = find_outside(*cursor, end, '}');
    if (close == NULL) {
        return oss_fail(OSS_EINPUT, "a brace { is never closed");
    }
    if (p->depth == MOST_DEPTH) {
        return oss_fail(OSS_EINPUT, "more than %d alternations within each other", MOST_DEPTH);
    }
    p->net->is_plain = false;
    p->depth++;
    oss_status status = parse_alternatives(p, *cursor, close, node);
    p->depth--;
    *cursor = close + 1;
    return status;
}

static oss_status parse_word(parser *p, const char **cursor, const char *end, int32_t *node) {
    const char *word = *cursor, *at = word;
    while (at < end && strchr(white, *at) == NULL) {
        if (p->notation->nist && (*at == '{' || *at == '}')) {
            return oss_fail(OSS_EINPUT, *at == '}' && at == word ? "a brace } is closed that was not opened"
                                                                 : "a brace in the middle of a word");
        }
        at++;
    }
    *cursor = at;
    return add_word(p, word, (size_t)(at - word), node);
}

static oss_status parse_words(parser *p, const char *text, const char *end, int32_t *node) {
    oss_status status = OSS_OK;
    for (;;) {
        while (text < end && strchr(white, *text) != NULL) {
            text++;
        }
        if (text == end || status != OSS_OK) {
            return status;
        }
        if (p->notation->nist && *text == '{') {
            text++;
            status = parse_alternation(p, &text, end, node);
        } else {
            status = parse_word(p, &text, end, node);
        }
        p->net->units += p->depth == 0;
    }
}

oss_status oss_word_net_init(oss_word_net *net, oss_score_words *words, const char *text,
                             const oss_notation *notation) {
    parser p = {.net = net, .words = words, .notation = notation};
    const oss_net_arc start = {.from = -1, .unit = -1};
    int32_t node = 0;
    net->is_plain = true;
    oss_status status = add_arc(net, &start);
    if (status == OSS_OK) {
        status = add_into(net, 0);
    }
    if (status == OSS_OK) {
        status = add_node(net, 0, &node);
    }
    if (status == OSS_OK) {
        status = parse_words(&p, text, text + strlen(text), &node);
    }
    net->end = node;
    return status;
}
