#ifndef OSSICLE_PROGRESS_H
#define OSSICLE_PROGRESS_H

#ifdef __cplusplus
extern "C" {
#endif

/* What a call on a recording is at. Reading (decoding, and resampling, which takes longest) comes first. Of a recording
 * of more than a minute, which is read while it is encoded, it is told until that is known; what is told of encoding
 * then is the part of the recording that is done, which is 0 to the end where nobody knows how much will come (a
 * pipe). */
typedef enum oss_stage { OSS_STAGE_READING = 0, OSS_STAGE_ENCODING = 1 } oss_stage;

/* Told now and then, after a second or so of audio: `fraction` of the stage is done, from 0 to 1, never less than
 * before; the last one ends with 1 unless the call fails. Called by the thread that made the call; must not use the
 * object whose progress it is, but for oss_recognizer_cancel. */
typedef void (*oss_progress_fn)(void *context, oss_stage stage, double fraction);

#ifdef __cplusplus
}
#endif
#endif
