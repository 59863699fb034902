/* The lines of a cue. */
#ifndef OSS_OUTPUT_CUE_LINES_H
#define OSS_OUTPUT_CUE_LINES_H

#include <stdint.h>

#include "output/cue_atoms.h"

/* Marks in atom[atoms], those of one cue, where lines begin: as few lines of `line_length` columns as hold them, as even
 * as can be, broken at pauses rather. OSS_ENOMEM. */
oss_status oss_cue_lines_lay_out(oss_cue_atom *atom, int32_t atoms, int32_t line_length);

#endif
