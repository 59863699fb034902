/* The options of decoding, read with care. */
#ifndef OSS_INFER_DECODING_OPTIONS_H
#define OSS_INFER_DECODING_OPTIONS_H

#include <stdbool.h>

#include "decode/beam.h"
#include "ossicle/decoding.h"

enum { OSS_BEAM_WIDTH_MOST = 4096, OSS_BEAM_WIDTH_DEFAULT = 256, OSS_N_BEST_MOST = 1000 };

/* *out = *given, checked: OSS_EUSAGE for what no option may be, or one that this version does not have. */
oss_status oss_decoding_read_options(oss_decoding_options *out, const oss_decoding_options *given);

/* Whether they ask for a beam search. */
bool oss_decoding_searches(const oss_decoding_options *options);

/* Every default replaced, by the tuning where one is known; beam_width too. */
void oss_decoding_fill_in(oss_decoding_options *options, const oss_ngram_tuning *tuning);

/* Of options without defaults. */
oss_beam_options oss_decoding_beam_options(const oss_decoding_options *options);

#endif
