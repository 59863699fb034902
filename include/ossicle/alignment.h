/* When a known text was said: forced alignment.
 *
 *     oss_alignment *alignment = NULL;
 *     if (oss_recognizer_align_file(recognizer, "talk.wav", "So it begins.\nNot so fast.", NULL, &alignment) == OSS_OK) {
 *         puts(alignment->transcript->text);
 *     }
 *     oss_alignment_free(alignment);
 *
 * A text is words between white space, in lines: sentences, verses, subtitles. Each word is normalised as training texts are
 * and looked for as the model's vocabulary spells it, and given back as it was written. At line breaks, behind words that end
 * in . ! ? or an ellipsis, and at the ends of the text there may be speech that the text does not have (a sound), and a
 * stretch between two such places may not have been said: both are told, and not stretched over. */
#ifndef OSSICLE_ALIGNMENT_H
#define OSSICLE_ALIGNMENT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ossicle/recognizer.h"
#include "ossicle/status.h"
#include "ossicle/transcript.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oss_align_options {
    /* sizeof(oss_align_options): later versions have more at the end. Everything else 0 (NULL) is the default. */
    size_t size;
    /* Not 0: all of the text was said and nothing else, but at wildcards. */
    int32_t exact;
    /* A word that stands for any speech or none ("<*>"), NULL: no word does. It is in no result, and what is said there is
     * no sound. */
    const char *wildcard;
    /* What a second of a sound costs, in nats below the best symbols; above 0; 0: 12. Higher: fewer sounds. */
    double sound_cost;
    /* What each symbol of a stretch costs that was not said, in nats; above 0; 0: by how well the recording is heard. Higher:
     * fewer of them. With exact it is not looked at: there are none. */
    double missing_cost;
    /* What messages call a line of the text ("cue", "verse"); NULL: "line". */
    const char *line_name;
} oss_align_options;

/* All defaults, for this version: the size is set, everything else is 0. */
static inline oss_align_options oss_align_options_init(void) {
    oss_align_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

typedef enum oss_aligned_how {
    OSS_ALIGNED_HEARD = 0, /* its times are those of its symbols */
    OSS_ALIGNED_GUESSED =
        1, /* the vocabulary has none of its characters: its times lie between those of its neighbours */
    OSS_ALIGNED_MISSING = 2 /* it was not said: both times are where it would have been */
} oss_aligned_how;

typedef struct oss_alignment_word {
    const char *text;    /* as it was written */
    const char *unknown; /* its letters, digits and signs outside the vocabulary, "" when there are none */
    int32_t line;        /* of the text, from 0; empty ones count */
    oss_aligned_how how;
    double start_seconds, end_seconds;
    float confidence; /* 0 to 1; 0 unless it was heard */
    int32_t reserved_word;
    uint64_t reserved[2];
} oss_alignment_word;

/* Speech that is not in the text. */
typedef struct oss_alignment_sound {
    double start_seconds, end_seconds;
    int32_t before; /* the word that follows on it; `words` at the end */
    int32_t reserved_word;
    uint64_t reserved[2];
} oss_alignment_sound;

typedef struct oss_alignment {
    /* The words that are not missing, as any other transcript: for oss_transcript_print. The one symbol of a guessed word is
     * the unknown one. */
    const oss_transcript *transcript;
    int32_t words, sounds;
    const oss_alignment_word *word;   /* [words], all of the text, in order */
    const oss_alignment_sound *sound; /* [sounds], in order */
    uint64_t reserved[4];
} oss_alignment;

/* *out_alignment: the text (UTF-8) with its times in a recording, the caller's: free with oss_alignment_free. options NULL:
 * the defaults. Memory grows with the recording (its logits: 11 MB an hour) and with the text, and the time that alignment
 * itself takes with their product: seconds for an hour. OSS_EINPUT: the recording cannot be read; the text is not UTF-8, has
 * no words that the vocabulary can spell, or needs more frames than the recording has (the message says how many, and from
 * which line and word on it does not fit). OSS_EUSAGE: an option is out of its range, or the model has no head. */
OSS_API oss_status oss_recognizer_align_file(oss_recognizer *recognizer, const char *path, const char *text,
                                             const oss_align_options *options, oss_alignment **out_alignment);

/* The same from mono sample[samples] in [-1, 1] at rate_hz; samples >= 1. */
OSS_API oss_status oss_recognizer_align_samples(oss_recognizer *recognizer, const float *sample,
                                                int64_t samples, int32_t rate_hz, const char *text,
                                                const oss_align_options *options,
                                                oss_alignment **out_alignment);

/* NULL is allowed. */
OSS_API void oss_alignment_free(oss_alignment *alignment);

#ifdef __cplusplus
}
#endif
#endif
