/* Subtitles whose times are to be found again: SubRip cues in, the same lines with other times out. */
#ifndef OSS_CLI_ALIGN_CUES_H
#define OSS_CLI_ALIGN_CUES_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "ossicle/alignment.h"

typedef struct oss_align_cues {
    char **text;     /* [cues] lines as they stand there, with a line feed behind each; owned */
    char **settings; /* [cues] what stands behind the times (X1:40...), "" mostly; owned */
    int64_t cues, capacity;
} oss_align_cues;

/* path: of a file of SubRip subtitles, in UTF-8. Deinit also after a failure. OSS_EINPUT: it is none (file and line). */
oss_status oss_align_cues_read(oss_align_cues *cues, const char *path);
void oss_align_cues_deinit(oss_align_cues *cues);

/* Whether a line of `text` is the times of a cue. */
bool oss_align_cues_has_times(const char *text);

/* What was said: a line for each cue, without tags such as <i> and {\an8}. NULL: OSS_ENOMEM; oss_free. */
char *oss_align_cues_text(const oss_align_cues *cues);

/* The cues with the times of their words; those of which nothing was heard stand where they would be, for no time. vtt:
 * WebVTT, else SubRip. */
void oss_align_cues_print(oss_strbuf *out, const oss_align_cues *cues, const oss_alignment *alignment,
                          bool vtt);

#endif
