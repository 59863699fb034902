/* The public transcript (ossicle/transcript.h). */
#ifndef OSS_INFER_TRANSCRIPT_BUILD_H
#define OSS_INFER_TRANSCRIPT_BUILD_H

#include "infer/transcript_words.h"
#include "ossicle/transcript.h"

/* OSS_ENOMEM. */
oss_status oss_transcript_build(oss_transcript **out, const oss_transcript_source *source);

#endif
