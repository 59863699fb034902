/* The options that a program gives to a recognizer, read with care. */
#ifndef OSS_INFER_RECOGNIZER_OPTIONS_H
#define OSS_INFER_RECOGNIZER_OPTIONS_H

#include "ossicle/recognizer.h"

/* *out = *given, checked: OSS_EUSAGE for a struct of another size whose rest is not zero, and for what no option may be. */
oss_status oss_recognizer_read_options(oss_recognizer_options *out, const oss_recognizer_options *given);

#endif
