/* Transcripts that forms find hard, for the tests and for the programs that own the forms (scripts/check_formats.sh). */
#ifndef OSS_TESTS_TRANSCRIPT_SAMPLES_H
#define OSS_TESTS_TRANSCRIPT_SAMPLES_H

#include "support/transcripts.h"

enum { OSS_TEST_SAMPLES = 9 };

/* NULL from OSS_TEST_SAMPLES on. */
const char *oss_test_sample_name(int32_t sample);
/* All times are whole milliseconds. Free with oss_test_transcript_free. */
oss_transcript *oss_test_sample(int32_t sample);

/* Words of 1 to 12 letters and digits, a millisecond and more apart or not at all, over up to 120 hours. */
oss_transcript *oss_test_random_transcript(uint64_t seed, int32_t words);

#endif
