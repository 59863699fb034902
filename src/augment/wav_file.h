/* Mono WAV files out. */
#ifndef OSS_AUGMENT_WAV_FILE_H
#define OSS_AUGMENT_WAV_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "ossicle/status.h"

/* x[samples] as 16-bit integers (the nearest of 1/32768; beyond the range its end), or as float, which keeps
 * every bit. The file appears whole or not at all. */
oss_status oss_wav_save(const char *path, const float *x, int64_t samples, int32_t rate_hz, bool as_float);

#endif
