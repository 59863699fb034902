/* What subtitles are put together from: words, and characters of a word that is longer than a line. */
#ifndef OSS_OUTPUT_CUE_ATOMS_H
#define OSS_OUTPUT_CUE_ATOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "output/timeline.h"

typedef struct oss_cue_atom {
    int64_t start_ms, end_ms;
    const char *text; /* [bytes], the timeline's */
    int32_t bytes, columns;
    bool joined;       /* to the one before, without a space */
    bool ends_segment; /* no cue goes on behind it */
    bool begins_line;  /* set when lines are laid out */
} oss_cue_atom;

typedef struct oss_cue_atoms {
    oss_cue_atom *atom; /* [count] */
    int32_t count, capacity;
} oss_cue_atoms;

/* All that can be seen of the timeline. A word of more than `line_length` columns is taken apart between characters (of
 * scripts that are written without spaces a whole sentence is one word), timed by its symbols where they spell it, else
 * evenly. What does not begin a line, such as a full stop, stays with what is before it. Zero-initialise; free with
 * oss_free(atoms->atom), after failure too. OSS_ENOMEM. */
oss_status oss_cue_atoms_init(oss_cue_atoms *atoms, const oss_timeline *timeline, int32_t line_length);

/* How well a cue or a line ends behind the atom by its last character: 2 the end of a sentence, 1 of a part of one, else
 * 0. */
int32_t oss_cue_atom_stop(const oss_cue_atom *atom);

#endif
