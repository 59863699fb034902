#include "score/score_pairs.h"

#include <string.h>

#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "score/id_match.h"

void oss_score_pairs_deinit(oss_score_pairs *pairs) {
    for (int32_t i = 0; i < pairs->owned_count; i++) {
        oss_free(pairs->owned[i]);
    }
    oss_free(pairs->owned);
    oss_free(pairs->pair);
    *pairs = (oss_score_pairs){0};
}

typedef struct pairing {
    oss_score_pairs *pairs;
    oss_transcripts *reference;
    const oss_score_pairs_options *options;
    const char **text; /* [systems, reference->count]; NULL: missing */
    int32_t systems;
} pairing;

static const char **texts_of(const pairing *p, int32_t system) {
    return p->text + (int64_t)system * p->reference->count;
}

/* ---- Segments and words with times ---- */

/* item[first .. end) of one id. */
static int32_t end_of_id(const oss_transcripts *t, int32_t first) {
    int32_t end = first + 1;
    while (end < t->count && strcmp(t->item[first].id, t->item[end].id) == 0) {
        end++;
    }
    return end;
}

static oss_status keep_text(pairing *p, oss_strbuf *text, const char **out) {
    char *kept = oss_strbuf_take(text);
    if (kept == NULL) {
        return OSS_ENOMEM;
    }
    p->pairs->owned[p->pairs->owned_count++] = kept;
    *out = kept;
    return OSS_OK;
}

/* Segments [s, s_end) of the reference get words [w, w_end), both of one channel and in order. */
static oss_status give_words(pairing *p, const oss_transcripts *ctm, int32_t s, int32_t s_end, int32_t w,
                             int32_t w_end, const char **text) {
    oss_status status = OSS_OK;
    for (; s < s_end && status == OSS_OK; s++) {
        oss_strbuf words = {0};
        bool is_last = s + 1 == s_end;
        /* sclite has the ends of segments in single precision, which decides for words that lie on both sides evenly. */
        double end = (double)(float)p->reference->item[s].end;
        for (; w < w_end && (is_last || ctm->item[w].end < end); w++) {
            oss_strbuf_append(&words, words.length > 0 ? " " : "");
            oss_strbuf_append(&words, ctm->item[w].text);
        }
        status = keep_text(p, &words, &text[s]);
    }
    return status;
}

static oss_status pair_by_times(pairing *p, const oss_transcripts *ctm, int32_t system) {
    const oss_transcripts *stm = p->reference;
    const char **text = texts_of(p, system);
    oss_id_list silent = {0}, unknown = {0};
    oss_status status = OSS_OK;
    int32_t s = 0, w = 0;
    while (status == OSS_OK && (s < stm->count || w < ctm->count)) {
        int32_t s_end = s < stm->count ? end_of_id(stm, s) : s;
        int32_t w_end = w < ctm->count ? end_of_id(ctm, w) : w;
        int order = s == stm->count ? 1 : w == ctm->count ? -1 : strcmp(stm->item[s].id, ctm->item[w].id);
        if (order > 0) {
            oss_id_list_add(&unknown, ctm->item[w].id);
        } else {
            status = give_words(p, ctm, s, s_end, w, order == 0 ? w_end : w, text);
            if (order < 0) {
                oss_id_list_add(&silent, stm->item[s].id);
            }
        }
        s = order <= 0 ? s_end : s;
        w = order >= 0 ? w_end : w;
    }
    if (status == OSS_OK && p->options->missing != OSS_SCORE_MISSING_SKIP) {
        status = oss_refuse_ids(stm, ctm, &(oss_id_list){0}, &unknown);
    }
    p->pairs->unknown[system] = unknown.count;
    if (status == OSS_OK && silent.count > 0) {
        oss_log_warn("%s: no words for %d of the channels of %s, which count as not recognised: %s",
                     ctm->name, (int)silent.count, stm->name,
                     oss_strbuf_ok(&silent.text) ? silent.text.data : "");
    }
    oss_strbuf_deinit(&silent.text);
    oss_strbuf_deinit(&unknown.text);
    return status;
}

/* ---- By ids and by lines ---- */

static oss_status pair_by_ids(pairing *p, const oss_transcripts *hypothesis, int32_t system) {
    const char **text = texts_of(p, system);
    int32_t *found = oss_alloc((size_t)p->reference->count, sizeof *found);
    if (found == NULL) {
        return OSS_ENOMEM;
    }
    bool may_miss = hypothesis->form == OSS_TRANSCRIPTS_CTM, by_names = false;
    oss_status status = oss_match_ids(found, &by_names, p->reference, hypothesis, p->options, may_miss);
    int32_t silent = 0, matches = 0;
    for (int32_t i = 0; status == OSS_OK && i < p->reference->count; i++) {
        text[i] = found[i] >= 0 ? hypothesis->item[found[i]].text : may_miss ? "" : NULL;
        silent += found[i] < 0 && may_miss;
        matches += found[i] >= 0;
    }
    p->pairs->unknown[system] = hypothesis->count - matches;
    if (silent > 0) {
        oss_log_warn("%s: no words for %d of the %d utterances of %s, which count as not recognised",
                     hypothesis->name, (int)silent, (int)p->reference->count, p->reference->name);
    }
    p->pairs->by_names[system] = by_names;
    oss_free(found);
    return status;
}

static oss_status pair_by_lines(pairing *p, const oss_transcripts *hypothesis, int32_t system) {
    const char **text = texts_of(p, system);
    if (hypothesis->form == OSS_TRANSCRIPTS_CTM) {
        return oss_fail(OSS_EUSAGE, "--by-line: a line of %s is a word, not an utterance", hypothesis->name);
    }
    if (hypothesis->count != p->reference->count) {
        return oss_fail(OSS_EINPUT, "%s: %d utterances, but %s has %d: --by-line needs as many",
                        hypothesis->name, (int)hypothesis->count, p->reference->name,
                        (int)p->reference->count);
    }
    for (int32_t i = 0; i < hypothesis->count; i++) {
        text[i] = hypothesis->item[i].text;
    }
    return OSS_OK;
}

static oss_status join_parts(oss_transcripts *t) {
    return t->has_parts ? oss_transcripts_join(t) : OSS_OK;
}

/* A reference with segments is cut up no further than all hypotheses allow for. */
static bool is_by_times(const pairing *p, const oss_transcripts *hypothesis) {
    bool all = p->reference->form == OSS_TRANSCRIPTS_STM && !p->options->by_line;
    for (int32_t i = 0; i < p->systems; i++) {
        all = all && hypothesis[i].form == OSS_TRANSCRIPTS_CTM;
    }
    return all;
}

static oss_status pair_systems(pairing *p, oss_transcripts *hypothesis, bool by_times) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < p->systems && status == OSS_OK; i++) {
        if (by_times) {
            status = pair_by_times(p, &hypothesis[i], i);
        } else if (p->options->by_line) {
            status = pair_by_lines(p, &hypothesis[i], i);
        } else {
            status = join_parts(&hypothesis[i]);
            if (status == OSS_OK) {
                status = pair_by_ids(p, &hypothesis[i], i);
            }
        }
    }
    return status;
}

/* ---- All ---- */

static bool is_skipped(const pairing *p, int32_t i) {
    bool missing = false;
    for (int32_t k = 0; k < p->systems; k++) {
        missing = missing || texts_of(p, k)[i] == NULL;
    }
    return missing && p->options->missing == OSS_SCORE_MISSING_SKIP;
}

static void keep_pairs(pairing *p) {
    oss_score_pairs *pairs = p->pairs;
    for (int32_t i = 0; i < p->reference->count; i++) {
        oss_score_pair pair = {.reference = &p->reference->item[i]};
        if (pair.reference->is_ignored) {
            pairs->ignored++;
            continue;
        }
        if (is_skipped(p, i)) {
            pairs->skipped++;
            continue;
        }
        for (int32_t k = 0; k < p->systems; k++) {
            const char *text = texts_of(p, k)[i];
            pair.hypothesis[k] = text == NULL ? "" : text;
            pairs->missing[k] += text == NULL;
        }
        pairs->pair[pairs->pairs++] = pair;
    }
}

static oss_status make_pairs(pairing *p, oss_transcripts *hypothesis) {
    bool by_times = is_by_times(p, hypothesis);
    oss_status status = by_times || p->options->by_line ? OSS_OK : join_parts(p->reference);
    if (status != OSS_OK) {
        return status;
    }
    size_t texts = (size_t)p->systems * (size_t)p->reference->count;
    p->text = oss_alloc_zero(texts, sizeof *p->text);
    p->pairs->owned = oss_alloc(by_times ? texts : 0, sizeof *p->pairs->owned);
    p->pairs->pair = oss_alloc((size_t)p->reference->count, sizeof *p->pairs->pair);
    status = p->text == NULL || p->pairs->owned == NULL || p->pairs->pair == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        status = pair_systems(p, hypothesis, by_times);
    }
    if (status == OSS_OK) {
        keep_pairs(p);
    }
    oss_free(p->text);
    return status;
}

oss_status oss_score_pairs_init(oss_score_pairs *pairs, oss_transcripts *reference,
                                oss_transcripts *hypothesis, int32_t hypotheses,
                                const oss_score_pairs_options *options) {
    pairing p = {.pairs = pairs, .reference = reference, .options = options, .systems = hypotheses};
    if (reference->form == OSS_TRANSCRIPTS_CTM && options->by_line) {
        return oss_fail(OSS_EUSAGE, "--by-line: a line of %s is a word, not an utterance", reference->name);
    }
    oss_status status = make_pairs(&p, hypothesis);
    if (status == OSS_OK && pairs->pairs == 0) {
        return oss_fail(OSS_EINPUT, "%s: no utterance is left to be scored", reference->name);
    }
    return status;
}
