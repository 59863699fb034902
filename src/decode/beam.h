/* Prefix beam search for CTC (Hannun et al. 2014; Graves and Jaitly 2014), with knowledge of words: a word n-gram at the ends
 * of words over a trie of the words that it knows, with look-ahead inside them; a penalty, and a model of symbols where there
 * is one, for words that it does not know; and phrases that are more likely than the models say (decode/hotwords.h).
 *
 * score of a hypothesis = ln p(symbols | audio) + lm_weight * ln p(words) + word_bonus * words
 *                         + unknown_penalty * unknown words + bonuses of phrases
 *
 * With prior_weight the symbols' probabilities are divided by how often symbols are written at all, to that power, and made one in
 * sum again: a network that learnt to write texts expects frequent letters by itself, which the language model does too, and the
 * blank above all (Manohar et al. 2015). ln p(symbols | audio) is what that leaves.
 *
 * An unknown word of more than OSS_BEAM_UNKNOWN_LETTERS letters that no model of symbols spells counts as its letters /
 * OSS_BEAM_UNKNOWN_LETTERS words in this. A word of a phrase costs no unknown_penalty wherever it stands, known or not; the n-gram
 * sees it as <unk>. word_bonus counts where there is a model of words or of symbols. Inside a word the best unigram of the words that it
 * may become stands for its probability. With a model of symbols and none of words, ln p(words) is that of the symbols.
 *
 * Texts are what is searched: spaces at the beginning, and a space after a space, are none.
 *
 * The names and defaults of what can be set are those of pyctcdecode where it has them. */
#ifndef OSS_DECODE_BEAM_H
#define OSS_DECODE_BEAM_H

#include <stddef.h>

#include "decode/hotwords.h"
#include "decode/lexicon.h"
#include "ngram/ngram.h"
#include "text/vocab.h"

enum { OSS_BEAM_UNKNOWN_LETTERS = 6 };

typedef struct oss_beam_options {
    int32_t width;          /* hypotheses that are kept from frame to frame, 1 to 4096 */
    double lm_weight;       /* alpha: 0.5 */
    double word_bonus;      /* beta: 1.5 */
    double unknown_penalty; /* added for a word that the model does not know: -10 */
    double beam_prune_logp; /* hypotheses so far below the best one are dropped: -10 */
    /* Of hypotheses whose futures are alike only the best one stays: false. Better first results of narrow beams, fewer
     * others. Counts with a model of words. */
    bool prune_history;
    double prior_weight;   /* 0: none; counts with symbol_prior */
    double token_min_logp; /* symbols of a frame below this are not tried, but for the best one: -5 */
} oss_beam_options;
oss_beam_options oss_beam_defaults(void);

/* What hypotheses are scored with; all of it the caller's, to outlive the beam. */
typedef struct oss_beam_models {
    const oss_vocab *vocab;
    const oss_lexicon *lexicon;   /* of `words`; NULL without */
    const oss_ngram *words;       /* NULL: none */
    const oss_ngram *symbols;     /* for words that `words` does not know; NULL: none */
    const oss_hotwords *hotwords; /* NULL: none */
    const float *symbol_prior;    /* [size of the vocabulary] (decode/symbol_priors.h); NULL: none */
} oss_beam_models;

typedef struct oss_beam oss_beam;

/* After the first utterances nothing is allocated any more. */
oss_status oss_beam_create(oss_beam **out, const oss_beam_models *models, const oss_beam_options *options);
/* NULL is allowed. */
void oss_beam_free(oss_beam *beam);
/* Other phrases, or none, from the next utterance on; NULL: none. */
void oss_beam_set_hotwords(oss_beam *beam, const oss_hotwords *hotwords);

/* Heap that it has now; its models, and tables of the size of the vocabulary, are not in it. */
size_t oss_beam_bytes(const oss_beam *beam);

/* A new utterance, after <s>; frames are counted from 0. */
void oss_beam_begin(oss_beam *beam);
/* The next frames: logits[t, size of the vocabulary]. OSS_ENOMEM. */
oss_status oss_beam_add(oss_beam *beam, const float *logits, int32_t t);

typedef struct oss_hypothesis {
    int32_t *id; /* [ids] symbols, no blanks */
    int32_t ids;
    /* Natural logarithms. total: what it is ranked by; acoustic: ln p(symbols | audio), of the paths that were kept; lm: of
     * its words, unweighted, </s> included once it ended; hotwords: bonuses. posterior: its part of exp(total) of all in
     * the list. */
    double total, acoustic, lm, hotwords;
    double posterior;
    int32_t words, unknown_words;
} oss_hypothesis;

/* The best ones of different texts, best first, at most `most` >= 1: *out_hypothesis[*out_count], the caller's
 * (oss_hypotheses_free). ended: nothing follows, so the last word is over and </s> is scored; else as far as it is. The
 * search can go on afterwards. At least one, maybe without symbols. */
oss_status oss_beam_best(oss_beam *beam, bool ended, int32_t most, oss_hypothesis **out_hypothesis,
                         int32_t *out_count);
/* hypothesis NULL is allowed. */
void oss_hypotheses_free(oss_hypothesis *hypothesis, int32_t count);

/* Symbols that all hypotheses begin with, so that nothing changes them any more: how many. */
int32_t oss_beam_settled(const oss_beam *beam);
/* Takes the best hypothesis for what was said up to now; what comes next follows on it, with the models' contexts kept. Memory
 * of the frames before is used again. */
oss_status oss_beam_commit(oss_beam *beam);

#endif
