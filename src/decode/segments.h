/* Words in segments: a pause of OSS_SEGMENT_PAUSE_SECONDS parts them, and so does the longest pause in the later two thirds
 * of what is longer than OSS_SEGMENT_SECONDS_MAX (the last of equal ones). What was said later changes nothing of the
 * segments before the last. Those of a known text (oss_path_word, segment) are as the text has them, whatever the pauses. */
#ifndef OSS_DECODE_SEGMENTS_H
#define OSS_DECODE_SEGMENTS_H

#include "decode/path_words.h"

#define OSS_SEGMENT_PAUSE_SECONDS 0.8
#define OSS_SEGMENT_SECONDS_MAX   30.0

/* The end of the segment that begins with word[begin], begin < words: the number of the first word of the next one. */
int64_t oss_segment_end(const oss_path_word *word, int64_t words, int64_t begin);

#endif
