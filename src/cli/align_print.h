/* Symbols with their times, in NIST's form. */
#ifndef OSS_CLI_ALIGN_PRINT_H
#define OSS_CLI_ALIGN_PRINT_H

#include "base/strbuf.h"
#include "ossicle/transcript.h"

/* Appends "ID 1 START LENGTH SYMBOL CONFIDENCE" for each symbol of each word (CTM); blanks of the id become '_'. */
void oss_align_print_symbols(oss_strbuf *out, const oss_transcript *transcript, const char *id);

#endif
