/* Which frames of log-mel features hold speech. The level of a frame is its loudest bin; frames with speech are at most
 * OSS_SPEECH_RANGE_DB below the tenth loudest frame (the quietest, where there are fewer). So neither the length of the
 * silence around speech nor a click decides, and a gain changes nothing above the floor of the logarithm. */
#ifndef OSS_AUDIO_SPEECH_FRAMES_H
#define OSS_AUDIO_SPEECH_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

enum { OSS_SPEECH_RANGE_DB = 30 };

/* y[frames,bins], natural logarithm of power, frames >= 1: the level from which on a frame holds speech. */
float oss_speech_threshold(const float *y, int32_t frames, int32_t bins);

/* y[bins]. A frame of NaN does not hold speech, unless all are. */
bool oss_speech_holds(const float *y, int32_t bins, float threshold);

#endif
