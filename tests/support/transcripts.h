/* Transcripts made of what a test says, with symbols of a character each. */
#ifndef OSS_TEST_TRANSCRIPTS_H
#define OSS_TEST_TRANSCRIPTS_H

#include <stdint.h>

#include "ossicle/transcript.h"

typedef struct oss_test_word {
    const char *text;
    double start, end;
    float confidence; /* 0: 0.9 */
    int ends_segment;
} oss_test_word;

/* The words and all texts are copied; a segment ends where a word says so and at the end. Free with
 * oss_test_transcript_free. */
oss_transcript *oss_test_transcript(const oss_test_word *word, int32_t words, double seconds);
void oss_test_transcript_free(oss_transcript *transcript);

#endif
