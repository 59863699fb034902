/* Where a text and a recording differ, told in lines on standard error and in a table. */
#ifndef OSS_CLI_ALIGN_FINDINGS_H
#define OSS_CLI_ALIGN_FINDINGS_H

#include "base/strbuf.h"
#include "ossicle/alignment.h"

#define OSS_ALIGN_FINDINGS_HEADER "file\tkind\tstart\tend\tline\ttext\n"

/* Appends rows to `table` (NULL: no table): kind is "missing" for a run of words that were not said, "sound" for speech that is
 * not in the text, with the word behind it, "guessed" for a word whose times are its neighbours', "unknown" for one of which
 * some characters are outside the vocabulary; times in seconds, lines from 1. Each is a warning in the log too, which calls a
 * line `line_name`. Returns how many are missing or sounds. */
int64_t oss_align_findings(const oss_alignment *alignment, const char *name, const char *line_name,
                           oss_strbuf *table);

#endif
