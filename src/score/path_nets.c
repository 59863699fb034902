/* Alignment of two nets of words. cost[a, b] is that of the best way in which arc a of the reference and arc b of the
 * hypothesis are the last ones taken; arcs that lead to an arc are looked at in the order of the text, and the first of the
 * best is taken, as sclite does. */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "score/path_internal.h"

#define MOST_CELLS (INT64_C(1) << 25)
#define MOST_LOOKS (INT64_C(1) << 31)

typedef struct net_matrix {
    const oss_word_net *reference, *hypothesis;
    const oss_score_words *words;
    const oss_word_costs *costs;
    double *cost; /* [reference->arcs, hypothesis->arcs] */
} net_matrix;

/* ---- Costs ---- */

/* Whether `part`, with a hyphen where it was broken off, is a part of `whole`; *out_is_part: whether it has a hyphen. */
static bool is_part_of(const char *part, const char *whole, bool *out_is_part) {
    size_t bytes = strlen(part);
    *out_is_part = bytes > 1 && (part[0] == '-' || part[bytes - 1] == '-');
    if (!*out_is_part) {
        return false;
    }
    return part[0] == '-' ? oss_path_ends_in(whole, part + 1) : strncmp(part, whole, bytes - 1) == 0;
}

static bool is_same(const net_matrix *m, const oss_net_arc *a, const oss_net_arc *b) {
    if (!a->is_fragment && !b->is_fragment) {
        return a->word == b->word;
    }
    const char *one = oss_score_words_text(m->words, a->word);
    const char *other = oss_score_words_text(m->words, b->word);
    bool is_part = false;
    bool fits = is_part_of(one, other, &is_part);
    if (!is_part) {
        fits = is_part_of(other, one, &is_part);
    }
    return is_part ? fits : a->word == b->word;
}

static double gap_cost(const net_matrix *m, const oss_net_arc *arc, int32_t cost) {
    return arc->is_null ? m->costs->null_gap : arc->is_optional ? m->costs->optional_gap : (double)cost;
}

static double pair_cost(const net_matrix *m, const oss_net_arc *a, const oss_net_arc *b) {
    if (a->is_null && b->is_null) {
        return m->costs->null_pair;
    }
    if (a->is_null || b->is_null) {
        return m->costs->null_word;
    }
    return is_same(m, a, b) ? 0.0 : (double)m->costs->substitution;
}

/* ---- Ways to a pair of arcs ---- */

typedef struct way {
    double cost;
    int32_t a, b;
} way;

static double cost_at(const net_matrix *m, int32_t a, int32_t b) {
    return m->cost[(int64_t)a * m->hypothesis->arcs + b];
}

static double add_cost(const net_matrix *m, double sum, double more) {
    return m->costs->in_floats ? (double)(float)(sum + more) : sum + more;
}

static const oss_net_node *node_before(const oss_word_net *net, int32_t arc) {
    return &net->node[net->arc[arc].from];
}

static way after_deletion(const net_matrix *m, int32_t a, int32_t b) {
    const oss_net_node *node = node_before(m->reference, a);
    way best = {INFINITY, -1, b};
    for (int32_t i = 0; i < node->count; i++) {
        int32_t before = m->reference->into[node->first + i];
        if (cost_at(m, before, b) < best.cost) {
            best = (way){cost_at(m, before, b), before, b};
        }
    }
    const oss_net_arc *arc = &m->reference->arc[a];
    best.cost = add_cost(m, best.cost, gap_cost(m, arc, m->costs->deletion));
    return best;
}

static way after_insertion(const net_matrix *m, int32_t a, int32_t b) {
    const oss_net_node *node = node_before(m->hypothesis, b);
    way best = {INFINITY, a, -1};
    for (int32_t i = 0; i < node->count; i++) {
        int32_t before = m->hypothesis->into[node->first + i];
        if (cost_at(m, a, before) < best.cost) {
            best = (way){cost_at(m, a, before), a, before};
        }
    }
    const oss_net_arc *arc = &m->hypothesis->arc[b];
    best.cost = add_cost(m, best.cost, gap_cost(m, arc, m->costs->insertion));
    return best;
}

/* The best of the last arcs of both; strictly better ones alone take the place of earlier ones. */
static way best_of(const net_matrix *m, const oss_net_node *a, const oss_net_node *b) {
    way best = {INFINITY, -1, -1};
    for (int32_t i = 0; i < a->count; i++) {
        int32_t before_a = m->reference->into[a->first + i];
        for (int32_t j = 0; j < b->count; j++) {
            int32_t before_b = m->hypothesis->into[b->first + j];
            if (cost_at(m, before_a, before_b) < best.cost) {
                best = (way){cost_at(m, before_a, before_b), before_a, before_b};
            }
        }
    }
    return best;
}

static way after_pair(const net_matrix *m, int32_t a, int32_t b) {
    way best = best_of(m, node_before(m->reference, a), node_before(m->hypothesis, b));
    best.cost = add_cost(m, best.cost, pair_cost(m, &m->reference->arc[a], &m->hypothesis->arc[b]));
    return best;
}

static way best_way(const net_matrix *m, int32_t a, int32_t b) {
    if (a == 0) {
        return after_insertion(m, a, b);
    }
    if (b == 0) {
        return after_deletion(m, a, b);
    }
    way pair = after_pair(m, a, b), deletion = after_deletion(m, a, b), insertion = after_insertion(m, a, b);
    if (pair.cost <= deletion.cost && pair.cost <= insertion.cost) {
        return pair;
    }
    bool deletes = m->costs->deletes_first ? deletion.cost <= insertion.cost : deletion.cost < insertion.cost;
    return deletes ? deletion : insertion;
}

/* ---- The path ---- */

static void fill_costs(net_matrix *m) {
    for (int32_t a = 0; a < m->reference->arcs; a++) {
        for (int32_t b = 0; b < m->hypothesis->arcs; b++) {
            m->cost[(int64_t)a * m->hypothesis->arcs + b] = a == 0 && b == 0 ? 0.0 : best_way(m, a, b).cost;
        }
    }
}

static void put_edit(oss_word_path *path, const net_matrix *m, int32_t a, int32_t b, const way *before) {
    const oss_net_arc *one = &m->reference->arc[a], *other = &m->hypothesis->arc[b];
    if (before->a != a && before->b != b) {
        if (!one->is_null || !other->is_null) {
            oss_path_put(path, is_same(m, one, other) ? OSS_WORD_CORRECT : OSS_WORD_SUBSTITUTED, a, b);
        }
    } else if (before->a != a && !one->is_null) {
        oss_path_put(path, one->is_optional ? OSS_WORD_CORRECT : OSS_WORD_DELETED, a, -1);
    } else if (before->b != b && !other->is_null) {
        oss_path_put(path, other->is_optional ? OSS_WORD_CORRECT : OSS_WORD_INSERTED, -1, b);
    }
}

static void go_back(oss_word_path *path, const net_matrix *m) {
    way at = best_of(m, &m->reference->node[m->reference->end], &m->hypothesis->node[m->hypothesis->end]);
    while (at.a > 0 || at.b > 0) {
        way before = best_way(m, at.a, at.b);
        put_edit(path, m, at.a, at.b, &before);
        at = before;
    }
}

/* Of all arcs: how many lead to it. */
static int64_t count_looks(const oss_word_net *net) {
    int64_t looks = 0;
    for (int32_t i = 1; i < net->arcs; i++) {
        looks += net->node[net->arc[i].from].count;
    }
    return looks + 1;
}

oss_status oss_path_of_nets(oss_word_path *path, const oss_word_net *reference,
                            const oss_word_net *hypothesis, const oss_score_words *words,
                            const oss_word_costs *costs) {
    net_matrix m = {.reference = reference, .hypothesis = hypothesis, .words = words, .costs = costs};
    int64_t cells = (int64_t)reference->arcs * hypothesis->arcs;
    int64_t looks = count_looks(reference), others = count_looks(hypothesis);
    if (cells > MOST_CELLS || looks > MOST_LOOKS / others) {
        return oss_fail(
            OSS_EINPUT,
            "%d words with alternatives are too many to be aligned with %d: cut the recording into "
            "utterances",
            (int)reference->arcs - 1, (int)hypothesis->arcs - 1);
    }
    m.cost = oss_alloc((size_t)cells, sizeof *m.cost);
    oss_status status = m.cost == NULL ? OSS_ENOMEM : oss_path_begin(path, reference, hypothesis);
    if (status == OSS_OK) {
        fill_costs(&m);
        go_back(path, &m);
    }
    oss_free(m.cost);
    return status;
}
