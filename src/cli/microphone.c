#include "cli/microphone.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/logger.h"

#ifdef OSS_WITH_PORTAUDIO

#include <fcntl.h>
#include <portaudio.h>
#include <unistd.h>

static PaStream *stream; /* a process has one */
static bool is_started, is_loss_told;

static oss_status fail(PaError error, const char *what) {
    oss_status status = oss_fail(OSS_EIO, "the microphone: %s (PortAudio: %s)", what, Pa_GetErrorText(error));
    oss_microphone_close();
    return status;
}

static oss_status open_stream(void) {
    PaError error = Pa_Initialize();
    if (error != paNoError) {
        return fail(error, "no sound system");
    }
    is_started = true;
    error = Pa_OpenDefaultStream(&stream, 1, 0, paFloat32, OSS_MICROPHONE_RATE_HZ,
                                 paFramesPerBufferUnspecified, NULL, NULL);
    if (error == paNoError) {
        error = Pa_StartStream(stream);
    }
    return error == paNoError ? OSS_OK : fail(error, "it cannot be opened");
}

/* Under PortAudio ALSA and JACK write to standard error about every device and server that is not there. Nothing of ours
 * is written while they look. */
oss_status oss_microphone_open(void) {
    int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (own >= 0 && nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
    }
    oss_status status = open_stream();
    if (own >= 0) {
        (void)dup2(own, STDERR_FILENO);
        (void)close(own);
    }
    if (nowhere >= 0) {
        (void)close(nowhere);
    }
    return status;
}

oss_status oss_microphone_read(float *sample, int64_t samples) {
    PaError error = Pa_ReadStream(stream, sample, (unsigned long)samples);
    if (error == paInputOverflowed) {
        if (!is_loss_told) {
            oss_log_warn("samples of the microphone were lost: this processor does not keep up");
        }
        is_loss_told = true;
        return OSS_OK;
    }
    return error == paNoError ? OSS_OK : fail(error, "it cannot be read");
}

void oss_microphone_close(void) {
    if (stream != NULL) {
        (void)Pa_CloseStream(stream);
        stream = NULL;
    }
    if (is_started) {
        (void)Pa_Terminate();
        is_started = false;
    }
}

#else

static oss_status refuse(void) {
    return oss_fail(
        OSS_EUSAGE,
        "--microphone: this ossicle was built without PortAudio (Debian: portaudio19-dev). Pipe the sound "
        "in instead: arecord -q -f S16_LE -r 16000 -c 1 -t raw | ossicle listen");
}

oss_status oss_microphone_open(void) {
    return refuse();
}

oss_status oss_microphone_read(float *sample, int64_t samples) {
    (void)sample;
    (void)samples;
    return refuse();
}

void oss_microphone_close(void) {
}

#endif
