/* Words to subtitles: which stand together, in which lines, from when to when (docs/file-formats.md has the rules). */
#ifndef OSS_OUTPUT_CUES_H
#define OSS_OUTPUT_CUES_H

#include <stdint.h>

#include "ossicle/format.h"
#include "output/cue_atoms.h"

/* Shown from start_ms to before end_ms. Cues are in order, never overlap and last at least a millisecond. */
typedef struct oss_cue {
    int64_t start_ms, end_ms;
    int32_t first, atoms; /* at least one */
} oss_cue;

typedef struct oss_cues {
    oss_cue_atoms atoms;
    oss_cue *cue; /* [cues] */
    int32_t cues;
} oss_cues;

/* Cues of at most `lines` lines of options->line_length columns. Zero-initialise; `timeline` must outlive it. OSS_ENOMEM;
 * oss_cues_deinit frees it, after failure too. */
oss_status oss_cues_init(oss_cues *cues, const oss_timeline *timeline, const oss_format_options *options,
                         int32_t lines);
void oss_cues_deinit(oss_cues *cues);

#endif
