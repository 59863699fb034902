#ifndef OSSICLE_PROGRESS_H
#define OSSICLE_PROGRESS_H

#ifdef __cplusplus
extern "C" {
#endif

/* What a call on a recording is at. Reading (decoding, and resampling, which takes longest) comes first. */
typedef enum oss_stage { OSS_STAGE_READING = 0, OSS_STAGE_ENCODING = 1 } oss_stage;

/* Told now and then, after a second or so of audio: `fraction` of the stage is done, from 0 to 1, never less than
 * before; it ends with 1 unless the call fails. Called by the thread that made the call; must not use the object whose
 * progress it is, but for oss_recognizer_cancel. */
typedef void (*oss_progress_fn)(void *context, oss_stage stage, double fraction);

#ifdef __cplusplus
}
#endif
#endif
