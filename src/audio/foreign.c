#include "audio/foreign.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/strbuf.h"

enum { HEADER_BYTES = 4096, MS = 1000, HOUR_SECONDS = 3600 };

/* Demuxers that read one file of sound. Without a list ffmpeg takes whatever it finds, playlists too (hls, concat, dash),
 * which name other files to be read. */
static const char formats[] =
    "3gp,aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,gsm,iff,ivf,m4a,matroska,mlp,mov,mp3,mp4,mpc,mpc8,"
    "mpeg,mpegts,mpegvideo,mxf,nut,ogg,oma,rm,smjpeg,tak,truehd,tta,voc,w64,wav,webm,wtv,wv,xa,xwma";

/* ---- The program ---- */

/* It was told to stop, or what it said. */
static oss_status finish(oss_foreign *foreign) {
    oss_pipe_close(&foreign->pipe); /* if it still writes, it ends */
    foreign->ended = true;
    oss_status status = oss_child_finish(&foreign->child);
    if (status != OSS_OK && oss_stop_is_asked(foreign->request->stop)) {
        status = oss_stop_answer(foreign->request->stop);
    }
    if (status == OSS_EINPUT && foreign->wav.frames == 0) {
        status = oss_fail_prefix(status, "not audio that can be read");
    }
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", foreign->name);
}

/* Its time is over, or it is told to stop: of which recording. */
static oss_status wait_for_child(void *context) {
    oss_foreign *foreign = context;
    oss_status status = foreign->wait(&foreign->child);
    return status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", foreign->name);
}

/* A film may begin without sound, or lack some of it; WAV has no times, and what follows would come too early. */
static const char with_gaps[] = "aresample=async=1:first_pts=0";

static oss_status start(oss_foreign *foreign, const char *url) {
    const char *const argument[] = {"ffmpeg",
                                    "-nostdin",
                                    "-hide_banner",
                                    "-loglevel",
                                    "error",
                                    "-protocol_whitelist",
                                    "file",
                                    "-format_whitelist",
                                    formats,
                                    "-i",
                                    url,
                                    "-map",
                                    "0:a:0?",
                                    "-map_metadata",
                                    "-1",
                                    "-af",
                                    with_gaps,
                                    "-f",
                                    "wav",
                                    "-c:a",
                                    "pcm_f32le",
                                    "pipe:1",
                                    NULL};
    oss_status status = oss_child_start(&foreign->child, argument, OSS_FOREIGN_SILENT_SECONDS * MS,
                                        foreign->request->stop, &foreign->pipe, foreign->name);
    if (status == OSS_OK) {
        foreign->wait = foreign->pipe.wait;
        oss_pipe_wait_by(&foreign->pipe, wait_for_child, foreign);
    }
    return status;
}

/* What /dev/stdin and its like are links to: the child has others. NULL: out of memory. */
static char *find_file(const char *path) {
    char *file = oss_strdup(path), *target = NULL;
    while (file != NULL && (strncmp(file, "/dev/", 5) == 0 || strncmp(file, "/proc/self/", 11) == 0) &&
           oss_file_read_link(&target, file) == OSS_OK) {
        oss_free(file);
        file = target;
    }
    return file;
}

/* "file:" keeps names like "-i" and "http:x" what they are. */
static oss_status start_with(oss_foreign *foreign, const char *path) {
    char *file = find_file(path);
    if (file == NULL) {
        return OSS_ENOMEM;
    }
    oss_strbuf url = {0};
    oss_strbuf_printf(&url, "file:%s", file);
    oss_status status = oss_strbuf_ok(&url) ? start(foreign, url.data) : OSS_ENOMEM;
    oss_strbuf_deinit(&url);
    oss_free(file);
    return status;
}

/* ---- Life ---- */

static oss_status open_wav(oss_foreign *foreign) {
    const char *bytes = NULL;
    size_t count = 0;
    oss_status status = oss_pipe_look(&foreign->pipe, HEADER_BYTES, &bytes, &count);
    if (status != OSS_OK) {
        return status;
    }
    if (oss_wav_pipe_begins(bytes, count)) {
        return oss_wav_pipe_open(&foreign->wav, &foreign->pipe, count, foreign->request);
    }
    status = count < HEADER_BYTES ? finish(foreign) : OSS_OK;
    return status == OSS_OK ? oss_fail(OSS_EINPUT, "%s: what ffmpeg made of it is no WAV", foreign->name)
                            : status;
}

oss_status oss_foreign_open(oss_foreign *foreign, const char *path, const oss_audio_request *request) {
    *foreign = (oss_foreign){.name = path, .request = request, .pipe = {.fd = -1}};
    oss_status status = start_with(foreign, path);
    return status == OSS_OK ? open_wav(foreign) : status;
}

void oss_foreign_close(oss_foreign *foreign) {
    if (foreign->name != NULL) {
        oss_wav_pipe_close(&foreign->wav);
        oss_pipe_close(&foreign->pipe);
        oss_child_close(&foreign->child);
    }
    *foreign = (oss_foreign){0};
}

/* ---- Frames ---- */

/* A recording that broke off ends here, when the caller takes what there is. */
static oss_status end(oss_foreign *foreign) {
    const oss_audio_request *request = foreign->request;
    oss_status status = finish(foreign);
    if (status == OSS_EINPUT && foreign->wav.frames > 0 && request->cut_off != NULL) {
        *request->cut_off = true;
        status = OSS_OK;
    } else if (status == OSS_OK && foreign->child.last[0] != '\0') {
        oss_log_warn("%s: ffmpeg passed by what it could not decode: %s", foreign->name, foreign->child.last);
    }
    return status;
}

static oss_status check_length(const oss_foreign *foreign) {
    int64_t most = (int64_t)OSS_FOREIGN_MAX_HOURS * HOUR_SECONDS * foreign->wav.format.rate_hz;
    return foreign->wav.frames <= most
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "%s: longer than %d hours, which is the most that is taken from ffmpeg",
                          foreign->name, (int)OSS_FOREIGN_MAX_HOURS);
}

static oss_status read_mono(void *context, float *x, int64_t most, int64_t *out_samples) {
    oss_foreign *foreign = context;
    const oss_audio_pull wav = oss_wav_pipe_pull(&foreign->wav);
    int64_t samples = 0;
    oss_status status = foreign->ended ? OSS_OK : wav.read(wav.context, x, most, &samples);
    if (status == OSS_OK && samples == 0 && !foreign->ended) {
        status = end(foreign);
    }
    if (status == OSS_OK) {
        status = check_length(foreign);
    }
    if (status == OSS_OK) {
        *out_samples = samples;
    }
    return status;
}

oss_audio_pull oss_foreign_pull(oss_foreign *foreign) {
    return (oss_audio_pull){.read = read_mono, .context = foreign};
}
