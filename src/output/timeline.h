/* A transcript made ready for forms that are read by other programs: times in whole milliseconds, texts in one line. */
#ifndef OSS_OUTPUT_TIMELINE_H
#define OSS_OUTPUT_TIMELINE_H

#include <stdint.h>

#include "base/strbuf.h"
#include "ossicle/transcript.h"

typedef struct oss_timeline_word {
    int64_t start_ms; /* not before the end of the word before */
    int64_t end_ms;   /* at least start_ms + 1 */
    size_t offset;    /* of its text in `texts` */
} oss_timeline_word;

typedef struct oss_timeline {
    const oss_transcript *transcript; /* the caller's */
    oss_timeline_word *word;          /* [transcript->words] */
    int64_t end_ms;                   /* of the recording; not before the end of the last word */
    oss_strbuf texts;
} oss_timeline;

/* Zero-initialise `timeline`; oss_timeline_deinit frees it, after failure too. OSS_ENOMEM. */
oss_status oss_timeline_init(oss_timeline *timeline, const oss_transcript *transcript);
void oss_timeline_deinit(oss_timeline *timeline);

/* The word's text: valid UTF-8 (U+FFFD for other bytes), no control character, no white space at its ends, single ASCII
 * spaces inside (there are none in what the library makes). "" when nothing of it can be seen: such a word is left out. */
const char *oss_timeline_text(const oss_timeline *timeline, int32_t word);

/* Segments in order: *first is the number of the segment's first word. */
typedef struct oss_timeline_segment {
    const oss_transcript_segment *shown;
    int32_t first, words;
    int64_t start_ms, end_ms;
} oss_timeline_segment;
oss_timeline_segment oss_timeline_get_segment(const oss_timeline *timeline, int32_t segment);

/* The segment's words with single spaces between them, appended; how many there were that can be seen. */
int32_t oss_timeline_append_segment(oss_strbuf *out, const oss_timeline *timeline,
                                    const oss_timeline_segment *segment);

#endif
