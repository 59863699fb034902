#include "score/id_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"

enum { MOST_NAMED = 5 };

typedef struct id_key {
    char *key;
    int32_t index;
} id_key;

typedef struct id_keys {
    id_key *key; /* [count], sorted */
    int32_t count;
} id_keys;

/* What ids are compared by. */
typedef struct key_rule {
    bool without_channel, folded, names_only;
} key_rule;

/* ---- Keys ---- */

static char *make_key(const char *id, const key_rule *rule) {
    char *key = rule->names_only ? oss_path_stem(id) : oss_strdup(id);
    if (key == NULL) {
        return NULL;
    }
    char *space = strrchr(key, ' ');
    if (rule->without_channel && space != NULL) {
        *space = '\0';
    }
    for (char *at = key; rule->folded && *at != '\0'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    }
    return key;
}

static int compare_keys(const void *a, const void *b) {
    const id_key *one = a, *other = b;
    int order = strcmp(one->key, other->key);
    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

static void free_keys(id_keys *keys) {
    for (int32_t i = 0; i < keys->count; i++) {
        oss_free(keys->key[i].key);
    }
    oss_free(keys->key);
    *keys = (id_keys){0};
}

static oss_status make_keys(id_keys *keys, const oss_transcripts *t, const key_rule *rule) {
    keys->key = oss_alloc((size_t)t->count, sizeof *keys->key);
    if (keys->key == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < t->count; i++) {
        char *key = make_key(t->item[i].id, rule);
        if (key == NULL) {
            return OSS_ENOMEM;
        }
        keys->key[keys->count++] = (id_key){key, i};
    }
    qsort(keys->key, (size_t)keys->count, sizeof *keys->key, compare_keys);
    return OSS_OK;
}

static oss_status refuse_twice(const id_keys *keys, const oss_transcripts *t) {
    for (int32_t i = 1; i < keys->count; i++) {
        const oss_transcript_line *first = &t->item[keys->key[i - 1].index];
        const oss_transcript_line *second = &t->item[keys->key[i].index];
        if (strcmp(keys->key[i - 1].key, keys->key[i].key) == 0) {
            return oss_fail(
                OSS_EINPUT,
                "%s:%lld: the id %s is there twice, first in line %lld (--by-line pairs lines in their "
                "order instead)",
                t->name, (long long)second->line, second->id, (long long)first->line);
        }
    }
    return OSS_OK;
}

/* ---- Lists for messages ---- */

void oss_id_list_add(oss_id_list *list, const char *id) {
    list->count++;
    if (list->count <= MOST_NAMED) {
        oss_strbuf_append(&list->text, list->count > 1 ? ", " : "");
        oss_strbuf_append(&list->text, id);
    }
}

static void append_list(oss_strbuf *message, const oss_id_list *list, const char *what, const char *file) {
    if (list->count > 0) {
        oss_strbuf_append(message, message->length > 0 ? "; " : "");
        oss_strbuf_printf(message, "%d id%s %s %s: %s%s", (int)list->count, list->count > 1 ? "s" : "", what,
                          file, list->text.data == NULL ? "" : list->text.data,
                          list->count > MOST_NAMED ? " and others" : "");
    }
}

oss_status oss_refuse_ids(const oss_transcripts *reference, const oss_transcripts *hypothesis,
                          const oss_id_list *missing, const oss_id_list *unknown) {
    oss_strbuf message = {0};
    if (missing->count + unknown->count == 0) {
        return OSS_OK;
    }
    append_list(&message, unknown, "not in", reference->name);
    append_list(&message, missing, "missing that are in", reference->name);
    oss_status status =
        oss_strbuf_ok(&message)
            ? oss_fail(OSS_EINPUT, "%s: %s (%s)", hypothesis->name, message.data,
                       missing->count == reference->count
                           ? "--by-line pairs the first with the first, whatever their ids"
                       : unknown->count > 0
                           ? "--missing skip scores what both have"
                           : "--missing skip scores what both have, --missing empty counts them as not "
                             "recognised")
            : OSS_ENOMEM;
    oss_strbuf_deinit(&message);
    return status;
}

/* ---- Matching ---- */

typedef struct match {
    const oss_transcripts *reference, *hypothesis;
    id_keys a, b; /* of both */
    int32_t *found;
    oss_id_list missing, unknown;
    int32_t matches;
} match;

static void compare_all(match *m) {
    int32_t i = 0, j = 0;
    while (i < m->a.count || j < m->b.count) {
        int order = i == m->a.count ? 1 : j == m->b.count ? -1 : strcmp(m->a.key[i].key, m->b.key[j].key);
        if (order == 0) {
            m->found[m->a.key[i].index] = m->b.key[j].index;
            m->matches++;
        } else if (order < 0) {
            m->found[m->a.key[i].index] = -1;
            oss_id_list_add(&m->missing, m->reference->item[m->a.key[i].index].id);
        } else {
            oss_id_list_add(&m->unknown, m->hypothesis->item[m->b.key[j].index].id);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void clear_match(match *m) {
    free_keys(&m->a);
    free_keys(&m->b);
    oss_strbuf_deinit(&m->missing.text);
    oss_strbuf_deinit(&m->unknown.text);
    m->missing.count = m->unknown.count = m->matches = 0;
}

static bool has_channels(const oss_transcripts *t) {
    return t->form == OSS_TRANSCRIPTS_STM || t->form == OSS_TRANSCRIPTS_CTM;
}

static oss_status try_match(match *m, const oss_score_pairs_options *options, bool names_only) {
    const oss_transcripts *a = m->reference, *b = m->hypothesis;
    bool folds = options->letters != OSS_SCORE_CASE_KEEP &&
                 (oss_transcripts_is_nist(a->form) || oss_transcripts_is_nist(b->form));
    const key_rule of_a = {has_channels(a) && !has_channels(b), folds, names_only};
    const key_rule of_b = {has_channels(b) && !has_channels(a), folds, names_only};
    oss_status status = make_keys(&m->a, a, &of_a);
    if (status == OSS_OK) {
        status = make_keys(&m->b, b, &of_b);
    }
    if (status == OSS_OK) {
        status = refuse_twice(&m->a, a);
    }
    if (status == OSS_OK) {
        status = refuse_twice(&m->b, b);
    }
    if (status == OSS_OK) {
        compare_all(m);
    }
    return status;
}

oss_status oss_match_ids(int32_t *found, bool *out_by_names, const oss_transcripts *reference,
                         const oss_transcripts *hypothesis, const oss_score_pairs_options *options,
                         bool may_miss) {
    match m = {.reference = reference, .hypothesis = hypothesis, .found = found};
    oss_status status = try_match(&m, options, false);
    bool by_names = false;
    if (status == OSS_OK && m.matches == 0 && hypothesis->count > 0) {
        match other = {.reference = reference, .hypothesis = hypothesis, .found = found};
        oss_status again = try_match(&other, options, true);
        by_names = again == OSS_OK && other.matches > 0;
        if (by_names || again == OSS_ENOMEM) {
            status = again;
            clear_match(&m);
            m = other;
        } else {
            clear_match(&other);
            for (int32_t i = 0; i < reference->count; i++) {
                found[i] = -1;
            }
        }
    }
    if (may_miss || options->missing == OSS_SCORE_MISSING_EMPTY) {
        m.missing.count = 0;
    }
    if (status == OSS_OK && options->missing != OSS_SCORE_MISSING_SKIP) {
        status = oss_refuse_ids(reference, hypothesis, &m.missing, &m.unknown);
    }
    clear_match(&m);
    *out_by_names = by_names;
    return status;
}
