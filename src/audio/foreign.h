/* Recordings that libsndfile does not decode, through the program ffmpeg, which reads the file itself. */
#ifndef OSS_AUDIO_FOREIGN_H
#define OSS_AUDIO_FOREIGN_H

#include "audio/wav_pipe.h"
#include "base/child.h"

enum { OSS_FOREIGN_MAX_HOURS = 100, OSS_FOREIGN_SILENT_SECONDS = 60 };

/* The first audio stream of a file, at its rate and in its channels. Stays where it is. Zero-initialise. */
typedef struct oss_foreign {
    const char *name;                 /* the caller's */
    const oss_audio_request *request; /* the caller's */
    oss_child child;
    oss_status (*wait)(void *child); /* the child's own, of the pipe */
    oss_pipe pipe;                   /* from it */
    oss_wav_pipe wav;                /* what comes; its format is that of the file */
    bool ended;
} oss_foreign;

/* Of a regular file. The request is one of a whole recording. No ffmpeg in PATH: OSS_EUSAGE; it cannot read the file, gives
 * nothing for OSS_FOREIGN_SILENT_SECONDS, or more than OSS_FOREIGN_MAX_HOURS: OSS_EINPUT, with what it said. A failure
 * behind the first samples is where they break off, as request->cut_off means it; what ffmpeg complains of and passes by is
 * a warning. Close also after a failure, which ends ffmpeg. */
oss_status oss_foreign_open(oss_foreign *foreign, const char *path, const oss_audio_request *request);
void oss_foreign_close(oss_foreign *foreign);
/* Its frames, mixed to mono, at wav.format.rate_hz. */
oss_audio_pull oss_foreign_pull(oss_foreign *foreign);

#endif
