/* Small WAV files for tests, written byte by byte (no audio library). The test stops when the file cannot be
 * written. */
#ifndef OSS_TESTS_WAV_H
#define OSS_TESTS_WAV_H

#include <stddef.h>
#include <stdint.h>

/* x[frames, channels], interleaved: 16-bit PCM, and 32-bit IEEE float (which can hold NaN and values beyond
 * 1). */
void oss_wav_write_pcm16(const char *path, const int16_t *x, size_t frames, int channels, int rate_hz);
void oss_wav_write_f32(const char *path, const float *x, size_t frames, int channels, int rate_hz);

/* A sine of the given peak and frequency, mono, as 16-bit PCM. */
void oss_wav_write_tone(const char *path, double seconds, double frequency_hz, double peak, int rate_hz);

#endif
