/* What a program asked of a form, checked. */
#ifndef OSS_OUTPUT_FORMAT_OPTIONS_H
#define OSS_OUTPUT_FORMAT_OPTIONS_H

#include "ossicle/format.h"

/* *out: `given` (NULL: nothing) with the default for every number that is 0, and 0 for those of which a negative one means
 * none. OSS_EUSAGE; *out is then undefined. */
oss_status oss_format_complete(oss_format_options *out, const oss_format_options *given);

#endif
