/* What was said in a recording, when, and how sure that is: segments of words of symbols.
 *
 *     for (int32_t i = 0; i < transcript->words; i++) {
 *         const oss_transcript_word *word = &transcript->word[i];
 *         printf("%8.2f %8.2f %.2f %s\n", word->start_seconds, word->end_seconds, word->confidence, word->text);
 *     }
 *
 * Times are seconds from the beginning of the recording, in order: a start is not before the end of what comes before
 * it, an end is after its start, by 1 ms for each symbol where the recording is as long; nothing ends after the
 * recording. Where the audio pauses beside a word, that is its edge; words without a pause between them share the time
 * between their symbols (docs/inference.md, "Times"). A confidence is the probability that the thing is right:
 * calibrated for words when the model file holds a calibration ("Confidence" there), else the least posterior of its
 * symbols, which is too high; of a beam search (ossicle/decoding.h) by a calibration of its own, else the geometric mean of
 * that and of the posterior of the word.
 *
 * The structs are made by the library alone and only read by programs, which must not depend on their sizes staying
 * what they are at the end: later versions give a meaning to `reserved`, which is zero until then. */
#ifndef OSSICLE_TRANSCRIPT_H
#define OSSICLE_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A symbol of the vocabulary as the network heard it. The spaces between words belong to no word; of byte-pair units
 * that begin with a space the text has it. */
typedef struct oss_transcript_symbol {
    const char *text; /* UTF-8, as the vocabulary has it */
    int32_t id;       /* in the vocabulary: oss_recognizer_symbol */
    float confidence; /* 0 to 1 */
    double start_seconds, end_seconds;
    uint64_t reserved[2];
} oss_transcript_symbol;

typedef struct oss_transcript_word {
    const char *text; /* without spaces; U+FFFD for the unknown symbol */
    double start_seconds, end_seconds;
    float confidence; /* 0 to 1 */
    int32_t symbols;
    const oss_transcript_symbol *symbol; /* [symbols], at least one */
    uint64_t reserved[2];
} oss_transcript_word;

/* Words without a long pause between them, and not too many of them: a new segment begins after a pause of 0.8 s; one
 * that would be longer than 30 s is broken at the longest pause in its later two thirds. */
typedef struct oss_transcript_segment {
    const char *text;                  /* its words with single spaces between them */
    double start_seconds, end_seconds; /* of its first and last word */
    float confidence;                  /* mean of its words */
    int32_t words;
    const oss_transcript_word *word; /* [words], at least one */
    uint64_t reserved[2];
} oss_transcript_segment;

/* One of the best hypotheses of an utterance (ossicle/decoding.h). Natural logarithms. */
typedef struct oss_transcript_alternative {
    const char *text;
    double score;     /* what it is ranked by: the weighted sum of all below */
    double acoustic;  /* ln p(symbols | audio), of the paths that the search kept */
    double lm;        /* ln p(words), unweighted */
    double hotwords;  /* bonuses */
    double rescore;   /* ln p(words) by the second language model, unweighted; 0 without one */
    double posterior; /* its part of all hypotheses that were compared */
    int32_t words, unknown_words;
    uint64_t reserved[2];
} oss_transcript_alternative;

/* What the search decided at once. */
typedef struct oss_transcript_utterance {
    double start_seconds, end_seconds; /* of the recording, pauses included */
    int32_t alternatives;
    const oss_transcript_alternative *alternative; /* [alternatives], best first, of different texts */
    uint64_t reserved[2];
} oss_transcript_utterance;

typedef struct oss_transcript {
    /* One line of UTF-8: the segments' texts with single spaces between them; "" when nothing was said. */
    const char *text;
    double audio_seconds; /* length of the recording */
    float confidence;     /* mean of the words; 1 when there are none */
    int32_t cut_off;      /* 1: the recording broke off, and this is of what came before (allow_truncated) */
    int32_t segments;
    int32_t words;
    const oss_transcript_segment *segment;     /* [segments] */
    const oss_transcript_word *word;           /* [words], those of all segments in order */
    int32_t utterances;                        /* 0 unless a list of hypotheses was asked for (n_best) */
    const oss_transcript_utterance *utterance; /* [utterances] in order; none of silence */
    uint64_t reserved[2];
} oss_transcript;

/* NULL is allowed. */
OSS_API void oss_transcript_free(oss_transcript *transcript);

#ifdef __cplusplus
}
#endif
#endif
