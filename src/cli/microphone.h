/* The microphone, through PortAudio: in builds that found it (Makefile), else every call says so. */
#ifndef OSS_CLI_MICROPHONE_H
#define OSS_CLI_MICROPHONE_H

#include <stdint.h>

#include "ossicle/status.h"

enum { OSS_MICROPHONE_RATE_HZ = 16000 };

/* The system's default input, mono. OSS_EUSAGE: this program was built without PortAudio; OSS_EIO: no input works. */
oss_status oss_microphone_open(void);
/* sample[samples], once they have come. Samples that were lost because nobody asked for them are told once, through the
 * log. */
oss_status oss_microphone_read(float *sample, int64_t samples);
void oss_microphone_close(void);

#endif
