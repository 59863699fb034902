#include "cli/listen_input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "audio/raw.h"
#include "base/fail.h"
#include "base/logger.h"
#include "base/mem.h"
#include "cli/cli_internal.h"
#include "cli/cli_signals.h"
#include "cli/microphone.h"

enum { ROOM_BYTES = 1 << 16, POLL_MS = 100, MICROPHONE_SAMPLES = OSS_MICROPHONE_RATE_HZ / 20 };

static const char name[] = "standard input";

struct oss_listen_input {
    bool microphone;
    oss_raw raw;
    bool known;           /* raw is; else the first bytes tell */
    bool ended;           /* no more bytes come */
    int64_t data_bytes;   /* of samples that are still to be used; -1: to the end */
    size_t held;          /* bytes that were read and not used */
    unsigned char *bytes; /* [ROOM_BYTES] */
};

void oss_listen_close(oss_listen_input *input) {
    if (input != NULL) {
        if (input->microphone) {
            oss_microphone_close();
        }
        oss_free(input->bytes);
        oss_free(input);
    }
}

static oss_status open_pipe(oss_listen_input *input, const char *raw) {
    if (oss_cli_input_was_closed()) {
        return oss_fail(OSS_EINPUT, "%s is closed: pipe sound in, or give --microphone", name);
    }
    if (isatty(STDIN_FILENO) == 1) {
        return oss_fail(
            OSS_EUSAGE,
            "%s is a terminal: pipe sound in (arecord -q -f S16_LE -r 16000 -c 1 -t raw | ossicle "
            "listen), or give --microphone",
            name);
    }
    input->data_bytes = -1;
    input->known = raw != NULL;
    input->bytes = oss_alloc(ROOM_BYTES, 1);
    if (input->bytes == NULL) {
        return OSS_ENOMEM;
    }
    return oss_raw_parse(&input->raw, raw != NULL ? raw : "s16le:16000:1", "--raw");
}

oss_status oss_listen_open(oss_listen_input **out, const oss_cli_args *args) {
    oss_status status = oss_cli_either(args, "--raw", "--microphone", "what is heard");
    if (status != OSS_OK) {
        return status;
    }
    oss_listen_input *input = oss_alloc_zero(1, sizeof *input);
    if (input == NULL) {
        return OSS_ENOMEM;
    }
    if (oss_cli_has(args, "--microphone")) {
        status = oss_microphone_open();
        input->microphone = status == OSS_OK;
    } else {
        status = open_pipe(input, oss_cli_value(args, "--raw"));
    }
    if (status != OSS_OK) {
        oss_listen_close(input);
        return status;
    }
    *out = input;
    return OSS_OK;
}

/* ---- Bytes ---- */

/* Waits for bytes, in short naps: a signal may come between two of them. */
static oss_status read_more(oss_listen_input *input) {
    struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
    while (oss_cli_signal() == 0) {
        int ready = poll(&waiting, 1, POLL_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            continue;
        }
        ssize_t got = read(STDIN_FILENO, input->bytes + input->held, ROOM_BYTES - input->held);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got < 0) {
            return oss_fail_errno(errno, "%s cannot be read", name);
        }
        input->ended = got == 0;
        input->held += (size_t)got;
        return OSS_OK;
    }
    input->ended = true;
    return OSS_OK;
}

static void drop_bytes(oss_listen_input *input, size_t count) {
    input->held -= count;
    memmove(input->bytes, input->bytes + count, input->held);
}

/* Recordings that a decoder has to be asked for sound like noise as plain samples. */
static oss_status refuse_others(const oss_listen_input *input) {
    static const struct {
        const char *magic, *name;
    } other[] = {{"fLaC", "FLAC"}, {"OggS", "Ogg"}, {"ID3", "MP3"}, {"\x1a\x45\xdf\xa3", "WebM or Matroska"}};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        size_t length = strlen(other[i].magic);
        if (input->held >= length && memcmp(input->bytes, other[i].magic, length) == 0) {
            return oss_fail(
                OSS_EINPUT,
                "%s holds %s: decode it first (ffmpeg -i - -f s16le -ar 16000 -ac 1 -), or use ossicle "
                "transcribe",
                name, other[i].name);
        }
    }
    return OSS_OK;
}

/* The first bytes: a WAV header, or samples already. */
static oss_status learn_format(oss_listen_input *input) {
    size_t header = 0;
    while (header == 0) {
        bool begins = memcmp(input->bytes, "RIFF", input->held < 4 ? input->held : 4) == 0;
        if (input->held >= 4 && !begins) {
            input->known = true;
            return refuse_others(input);
        }
        oss_status status = input->held < 4 ? OSS_OK
                                            : oss_raw_read_wav(&input->raw, input->bytes, input->held,
                                                               &header, &input->data_bytes, name);
        if (status == OSS_OK && header == 0 && input->held == ROOM_BYTES) {
            status = oss_fail(OSS_EINPUT, "%s: no samples within the first %d bytes of a WAV file", name,
                              ROOM_BYTES);
        }
        if (status == OSS_OK && header == 0) {
            status = read_more(input);
        }
        if (status == OSS_OK && header == 0 && input->ended) {
            status = input->held == 0 ? OSS_OK : oss_fail(OSS_EINPUT, "%s ends within its first bytes", name);
            return status;
        }
        if (status != OSS_OK) {
            return status;
        }
    }
    drop_bytes(input, header);
    input->known = true;
    return OSS_OK;
}

/* ---- Samples ---- */

static oss_status read_pipe(oss_listen_input *input, float *sample, int64_t most, int64_t *out_samples) {
    oss_status status = input->known ? OSS_OK : learn_format(input);
    int64_t frame = (int64_t)oss_raw_frame_bytes(&input->raw);
    while (status == OSS_OK && (int64_t)input->held < frame && !input->ended && input->data_bytes != 0) {
        status = read_more(input);
    }
    if (status != OSS_OK) {
        return status;
    }
    int64_t usable = input->data_bytes >= 0 && input->data_bytes < (int64_t)input->held
                         ? input->data_bytes
                         : (int64_t)input->held;
    int64_t frames = usable / frame < most ? usable / frame : most;
    oss_raw_mix(&input->raw, sample, input->bytes, frames);
    drop_bytes(input, (size_t)(frames * frame));
    input->data_bytes -= input->data_bytes >= 0 ? frames * frame : 0;
    bool promised = input->data_bytes > 0, halved = input->data_bytes < 0 && input->held > 0;
    if (frames == 0 && oss_cli_signal() == 0 && (promised || halved)) {
        oss_log_warn("%s broke off: it ends in the middle of %s", name,
                     promised ? "what its WAV header promises" : "a sample");
    }
    *out_samples = frames;
    return OSS_OK;
}

oss_status oss_listen_read(oss_listen_input *input, float *sample, int64_t most, int64_t *out_samples,
                           int32_t *out_rate_hz) {
    oss_status status = OSS_OK;
    if (!input->microphone) {
        status = read_pipe(input, sample, most, out_samples);
        *out_rate_hz = input->raw.rate_hz;
        return status;
    }
    *out_rate_hz = OSS_MICROPHONE_RATE_HZ;
    *out_samples = 0;
    if (oss_cli_signal() == 0) {
        int64_t samples = most < MICROPHONE_SAMPLES ? most : MICROPHONE_SAMPLES;
        status = oss_microphone_read(sample, samples);
        *out_samples = samples;
    }
    return status;
}
