/* How what was heard becomes words: greedy, symbol by symbol, as it is at first; or by a beam search with knowledge of
 * words: a language model (an n-gram model of `ossicle lm build`, or an ARPA file), words and phrases that are likely to be
 * said, and lists of the best hypotheses.
 *
 *     oss_decoding_options options = oss_decoding_options_init();
 *     const oss_hotword_entry names[] = {{.phrase = "ada lovelace", .weight = 8}};
 *     options.lm = "english.lm";
 *     if (oss_recognizer_set_decoding(recognizer, &options) != OSS_OK ||
 *         oss_recognizer_set_hotwords(recognizer, names, 1) != OSS_OK) {
 *         fprintf(stderr, "%s\n", oss_last_error());
 *     }
 *     ... oss_recognizer_recognize_file and all others that make transcripts, and oss_stream_create
 *
 * A hypothesis is ranked by
 *     ln p(symbols | audio) + lm_weight ln p(words) + word_bonus words + unknown_penalty (unknown words)
 *     + bonuses of hotwords + rescore_weight ln p(words by the second model)
 * (Hannun et al. 2014). With prior_weight, p(symbols | audio) is of probabilities that were divided by how often the language
 * model has each symbol written, to that power, for the network has learnt that too. The terms of words count only with a language model. Long recordings are searched utterance by utterance: one ends in a pause on which all hypotheses
 * agree, at any pause once it is 20 s long, and soon after 60 s, and the language model's context goes on; so memory does
 * not grow with a recording. Transcripts have their times as ever. The confidence of a word comes from what the network's
 * outputs say of it (ossicle/transcript.h) and from its posterior, the part that hypotheses which have it at its place have
 * of all (Wessel et al. 2001): by the calibration for searches that the model file holds (ossicle calibrate --lm), else as
 * the geometric mean of the two.
 *
 * What is set holds for coming calls. These functions must not be called while the recognizer runs. Those that fail return
 * a negative oss_status, set oss_last_error() and leave the recognizer as it was. */
#ifndef OSSICLE_DECODING_H
#define OSSICLE_DECODING_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ossicle/recognizer.h"
#include "ossicle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers of oss_decoding_options of which 0 means the default. */
typedef enum oss_decoding_number {
    OSS_DECODING_LM_WEIGHT = 1,
    OSS_DECODING_WORD_BONUS = 2,
    OSS_DECODING_UNKNOWN_PENALTY = 4,
    OSS_DECODING_PRIOR_WEIGHT = 8
} oss_decoding_number;

typedef struct oss_decoding_options {
    /* sizeof(oss_decoding_options): later versions have more at the end. Everything else 0 (NULL) is the default. */
    size_t size;
    /* The file of a language model, of words or of symbols (ossicle lm build --characters); NULL: none. Not needed
     * once it is set. For one of each: symbol_lm. */
    const char *lm;
    /* Of a second one, of words, by which the best hypotheses are ranked anew; NULL: none. */
    const char *rescore_lm;
    /* Hypotheses that are kept from row to row, at most 4096; more is slower and more accurate. 0: 256 when anything here
     * or a hotword asks for a search, else there is none: greedy. */
    int32_t beam_width;
    /* Hypotheses of each utterance in a transcript, at most 1000; 0: none but the text. With a list, or rescore_lm, the
     * search keeps hypotheses apart that differ only in words that the language model looks back at no more: a narrow
     * beam then finds another text now and then. */
    int32_t n_best;
    /* Of ln p(words), at least 0. 0: what `ossicle tune` stored in the model's file, else 0.5. */
    double lm_weight;
    double word_bonus;      /* for each word. 0: what is stored, else 1.5 */
    double unknown_penalty; /* for each word that the model does not know. 0: what is stored, else -10 */
    double beam_prune_logp; /* hypotheses so far below the best one are dropped, below 0. 0: -10 */
    /* Symbols below this on a row are not tried, but for the best one; below 0. 0: -5. */
    double token_min_logp;
    double rescore_weight; /* of ln p(words by rescore_lm), above 0. 0: 0.5 */
    /* oss_decoding_number, or-ed: those whose 0 is a number and not the default. */
    uint64_t zeros;
    /* The file of a language model of symbols beside one of words: it spells the words that `lm` does not know. NULL:
     * none. Not needed once it is set. */
    const char *symbol_lm;
    double prior_weight; /* at least 0; counts with `lm`. 0: what is stored, else none */
} oss_decoding_options;

/* All defaults, for this version: the size is set, everything else is 0. */
static inline oss_decoding_options oss_decoding_options_init(void) {
    oss_decoding_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* Loads the models; siblings and streams that are made afterwards share them, and have the same options. options NULL:
 * greedy again, without hotwords; else hotwords stay. OSS_EINPUT: a file is no language model, or not of the
 * kind that is asked for, or the recognizer's vocabulary cannot spell most of its words, or has other symbols: the message
 * says how many. OSS_EUSAGE: a wrong option, or one that this
 * version does not have, or the recognizer makes no transcripts. */
OSS_API oss_status oss_recognizer_set_decoding(oss_recognizer *recognizer,
                                               const oss_decoding_options *options);

/* *out_path: the language model that lies beside a model file under the same name, NAME.lm beside NAME.safetensors, for
 * `lm` of the options: what `ossicle transcribe` searches with when it is told nothing. The caller's: free with
 * oss_string_free. NULL: there is none, or model_path is no file, as a run folder. Reads nothing. OSS_ENOMEM. */
OSS_API oss_status oss_decoding_find_lm(const char *model_path, char **out_path);

/* *out: what is in use, every default replaced; beam_width 0: greedy. Its strings are the recognizer's, until the next
 * oss_recognizer_set_decoding. OSS_EUSAGE: out->size is not set. */
OSS_API oss_status oss_recognizer_get_decoding(const oss_recognizer *recognizer, oss_decoding_options *out);

/* A word, or several with spaces between them, and what a hypothesis gets for it when it was said as a whole, in natural
 * logarithms: some 5 to 15; negative: less likely to be heard. */
typedef struct oss_hotword_entry {
    const char *phrase;
    double weight;
} oss_hotword_entry;

/* Other phrases in place of all before; count 0: none. Loads nothing, so that it may be called between any two calls. With
 * phrases, a recognizer that decodes greedily searches as with all default options, until there are none. OSS_EINPUT: a
 * phrase that is empty or cannot be spelt with the model's symbols, or twice with different weights: names it. */
OSS_API oss_status oss_recognizer_set_hotwords(oss_recognizer *recognizer, const oss_hotword_entry *entry,
                                               int32_t count);

/* The same from a file, a phrase a line: "phrase", or "phrase", tab, weight; lines that are empty or begin with '#' say
 * nothing. weight: of lines without one. OSS_EINPUT names the line. */
OSS_API oss_status oss_recognizer_load_hotwords(oss_recognizer *recognizer, const char *path, double weight);

#ifdef __cplusplus
}
#endif
#endif
