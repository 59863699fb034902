/* How far many recordings are, on a terminal: one line of standard error that is redrawn and goes away again,
 * "[####----] 312/1000 files  15:36 of audio  812x  0:34 left". */
#ifndef OSS_CLI_TRANSCRIBE_DISPLAY_H
#define OSS_CLI_TRANSCRIBE_DISPLAY_H

#include <pthread.h>
#include <stdbool.h>

#include "cli/cli_bar.h"
#include "cli/recording_list.h"
#include "ossicle/progress.h"

typedef struct oss_transcribe_display oss_transcribe_display;

/* What a thread works on: the context of its recognizer's progress. */
typedef struct oss_transcribe_share {
    oss_transcribe_display *display;
    double bytes;    /* of the file; 0: nothing */
    double fraction; /* done of it */
} oss_transcribe_share;

/* Zeroed, or where standard error is no terminal, nothing is ever drawn. */
struct oss_transcribe_display {
    bool terminal, colour, mixes; /* mixes: results go to the same terminal */
    pthread_mutex_t lock;         /* of the terminal, and of all below */
    int32_t files, done;
    double *bytes_of; /* [files] */
    double bytes, bytes_done;
    double audio_seconds;        /* of what was transcribed */
    double begun, drawn;         /* clocks */
    oss_transcribe_share *share; /* [threads] */
    int32_t threads;
};

/* Looks at standard error, TERM and NO_COLOR, and at the length of every file. */
oss_status oss_transcribe_display_init(oss_transcribe_display *display, const oss_recording_list *list,
                                       int32_t threads);
void oss_transcribe_display_deinit(oss_transcribe_display *display);

/* The callback of a recognizer; context: the share of the thread that it works for. */
void oss_transcribe_display_tell(void *context, oss_stage stage, double fraction);
/* A thread begins with a file. */
void oss_transcribe_display_begin(oss_transcribe_display *display, int32_t thread, int32_t file);
/* A file, if it was transcribed: so many seconds of audio; below 0: it needed no work. */
void oss_transcribe_display_end(oss_transcribe_display *display, int32_t thread, int32_t file,
                                double audio_seconds);

/* Around printing: nobody draws meanwhile, and no line is in the way of what is printed to standard error, or, when it is
 * the same terminal, to standard output. */
void oss_transcribe_display_pause(oss_transcribe_display *display, bool to_stderr);
void oss_transcribe_display_go_on(oss_transcribe_display *display);

#endif
