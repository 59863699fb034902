/* How loud speech is in a recording, and making quiet recordings louder. Levels are in dB of full scale: 0 is a square
 * wave between -1 and 1, whose variance is 1. */
#ifndef OSS_AUDIO_LEVEL_H
#define OSS_AUDIO_LEVEL_H

#include <stdint.h>

/* The level of the tenths of a second that are at most 30 dB (to within one) below the loudest of them: pauses and
 * silence do not count. -HUGE_VAL when nothing sounds. */
double oss_audio_speech_level(const float *x, int64_t samples, int32_t rate_hz);

/* Recordings more than OSS_LEVEL_QUIET_DB below what is usual come to that by one factor, but for what is quieter than
 * OSS_LEVEL_NOTHING_DB: such hardly holds speech. OSS_LEVEL_USUAL_DB is taken for usual where nothing was measured. */
#define OSS_LEVEL_QUIET_DB   14.0
#define OSS_LEVEL_USUAL_DB   (-26.0)
#define OSS_LEVEL_NOTHING_DB (-80.0)

/* Does so in place to a recording whose speech is at level_db; returns the gain in dB, 0 for recordings that stay as they
 * are. A click may come to more than 1: features are made of floats, nothing is clipped. */
double oss_audio_raise_quiet(float *x, int64_t samples, double level_db, double usual_db);

#endif
