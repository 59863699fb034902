/* The parts of the beam search.
 *
 * beam.c        making, utterances, commits
 * beam_nodes.c  the tree of prefixes
 * beam_words.c  what models say of a symbol after a prefix
 * beam_frame.c  a frame: which prefixes there are after it
 * beam_best.c   results */
#ifndef OSS_DECODE_BEAM_INTERNAL_H
#define OSS_DECODE_BEAM_INTERNAL_H

#include "decode/beam.h"
#include "decode/hotwords_internal.h"
#include "decode/lexicon_internal.h"

enum { OSS_BEAM_NONE = -1, OSS_BEAM_FREE = -2 };

/* Place in the lexicon of what is none of its words' beginning. */
#define OSS_BEAM_OFF_LEXICON UINT32_MAX

/* What the models know of a prefix: a function of its symbols alone. */
typedef struct beam_context {
    double
        done; /* what the models add to its score for all but the word that is not over, bonuses of phrases included */
    double lm;        /* the unweighted logarithms in it */
    double bonus;     /* the bonuses of phrases in it */
    float pending;    /* what is added for the word that is not over: a guess that its end takes back */
    float spelling;   /* ln p of its symbols by the model of symbols, where words have a model too */
    uint32_t lexicon; /* node */
    uint32_t hotwords;
    int32_t letters;        /* of the word that is not over */
    int32_t words, unknown; /* that are over */
    bool between;           /* no word has begun since the last space */
    oss_ngram_state word_state, symbol_state;
} beam_context;

/* What is added when the word at the end of a prefix is over. Made when first asked for. */
typedef struct beam_word_end {
    bool known; /* this is made */
    bool unknown;
    float gain, lm; /* for context.done, context.lm */
    oss_ngram_state state;
} beam_word_end;

/* A prefix: its parent's and one symbol. There as long as it is in the beam or has children. */
typedef struct beam_node {
    int32_t parent, child, next; /* first child; next child of its parent, or next of the free list */
    int32_t symbol;
    int32_t slot; /* in the beam, OSS_BEAM_NONE: not in it, OSS_BEAM_FREE: no node */
    beam_context context;
    beam_word_end end;
} beam_node;

/* The beam: arrays by slot. Scores are logarithms below beam.base. */
typedef struct beam_slots {
    int32_t count;
    int32_t *node;
    int32_t *last; /* symbol of the node */
    float *blank;  /* paths that end with a blank */
    float *symbol; /* paths that end with the last symbol */
    float *total;  /* both */
    float *extra;  /* what models add, below beam.extra_base */
} beam_slots;

/* A prefix that may be in the next beam. */
typedef struct beam_candidate {
    float score;
    float acoustic;
    int32_t slot; /* of the prefix itself, or of the one that `id` is added to */
    int32_t id;   /* OSS_VOCAB_BLANK: the prefix itself */
} beam_candidate;

struct oss_beam {
    oss_beam_models models;
    const oss_hotwords *next_hotwords; /* from the next utterance on */
    int32_t width, symbols;
    float lm_weight, word_bonus, unknown_penalty, prior_weight, prune, token_min;
    bool scores_words; /* there is a model of words or of symbols: word_bonus counts */
    bool prune_history;
    bool single; /* all symbols are one letter or a space, no phrases, no model of symbols: the quick way */
    oss_letters letters;
    uint32_t *symbol_token;         /* [symbols]: tokens of models.symbols */
    oss_ngram_state spelling_begin; /* before the first letter of a word */
    float unknown_ahead;            /* lm_weight * ln p(<unk>) */

    beam_node *node; /* [nodes] */
    int32_t nodes, used, free, free_count;
    int32_t root;

    beam_slots now, after;
    beam_candidate *candidate; /* [candidates] */
    int32_t candidates, pushed;
    float best, threshold;           /* of candidates */
    float *stay_blank, *stay_symbol; /* [width] */
    int32_t *skip;  /* [symbols]: the slot whose prefix with that symbol is in the beam already */
    float *logp;    /* [symbols]: of the frame; -INFINITY for those not tried */
    float *scratch; /* [symbols] */
    float *divided; /* [symbols]: logits of the frame, less weighted priors */
    int32_t *alive; /* [alive_count]: symbols that are tried, but for the blank */
    int32_t alive_count;
    int32_t *twin; /* [twins], a power of two: slots by a hash of what their futures depend on */
    int32_t twins;
    bool settled_blank; /* all of now.symbol are nothing: blanks change the base alone */
    double base, extra_base;
    void *arrays;
    size_t array_numbers; /* in it, of 4 bytes */
};

/* beam_nodes.c */
/* Room for `count` more nodes. */
oss_status oss_beam_reserve_nodes(oss_beam *beam, int32_t count);
void oss_beam_clear_nodes(oss_beam *beam);
/* A node without parent. There is room. */
int32_t oss_beam_take_node(oss_beam *beam);
/* The child of `parent` by `id`, made and given its context when it is not there. There is room. */
int32_t oss_beam_enter(oss_beam *beam, int32_t parent, int32_t id);
/* Frees the node when it is neither in the beam nor has children, and then its parent the same way. */
void oss_beam_release(oss_beam *beam, int32_t node);

/* beam_words.c */
void oss_beam_begin_context(const oss_beam *beam, beam_context *context);
/* What (done + pending) grows by with symbol `id`. */
float oss_beam_gain(oss_beam *beam, beam_node *node, int32_t id);
void oss_beam_follow(oss_beam *beam, beam_node *node, int32_t id, beam_context *out);
/* The context when nothing follows; pending is 0. */
void oss_beam_finish(oss_beam *beam, beam_node *node, beam_context *out);

/* beam_frame.c */
/* There is room for `width` more nodes. */
void oss_beam_frame(oss_beam *beam, const float *logits);

#endif
