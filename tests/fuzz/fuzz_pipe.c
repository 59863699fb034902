/* Recordings that come through a pipe: WAV, and plain samples. The first byte says how much is asked for at a time, the second what
 * they are; of plain samples a line names the form. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/raw_pipe.h"
#include "audio/wav_pipe.h"
#include "fuzz/fuzz.h"

enum { MOST = 1024, HEADER_BYTES = 4096 };

/* Every sample that comes is a number. */
static void pull_all(oss_audio_pull pull, size_t size, int64_t most) {
    float x[MOST];
    int64_t got = 1, all = 0;
    while (got > 0) {
        got = -1;
        if (!oss_fuzz_ok(pull.read(pull.context, x, most, &got))) {
            return;
        }
        ck_assert(got >= 0 && got <= most);
        all += got;
        ck_assert_msg(all <= (int64_t)size, "%lld samples of %zu bytes", (long long)all, size);
        for (int64_t i = 0; i < got; i++) {
            ck_assert(isfinite(x[i]));
        }
    }
}

static void run_wav(oss_pipe *pipe, size_t size, const oss_audio_request *request, int64_t most) {
    oss_wav_pipe wav = {0};
    if (oss_fuzz_ok(oss_wav_pipe_open(&wav, pipe, HEADER_BYTES, request))) {
        ck_assert(wav.format.channels > 0 && wav.format.rate_hz > 0);
        pull_all(oss_wav_pipe_pull(&wav), size, most);
    }
    oss_wav_pipe_close(&wav);
}

static void run_raw(oss_pipe *pipe, const oss_raw *raw, size_t size, const oss_audio_request *request,
                    int64_t most) {
    oss_raw_pipe input = {0};
    if (oss_fuzz_ok(oss_raw_pipe_open(&input, pipe, raw, request))) {
        pull_all(oss_raw_pipe_pull(&input), size, most);
    }
    oss_raw_pipe_close(&input);
}

/* What a stream of raw samples begins with may be a WAV header. */
static void read_header(const uint8_t *data, size_t size) {
    oss_raw raw = {0};
    size_t header = 0;
    int64_t samples = 0;
    if (oss_fuzz_ok(oss_raw_read_wav(&raw, data, size, &header, &samples, "input"))) {
        ck_assert(header <= size && samples >= -1);
        ck_assert(header == 0 || (raw.channels > 0 && raw.rate_hz > 0 && oss_raw_frame_bytes(&raw) > 0));
    }
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    int64_t most = 1 + oss_fuzz_up_to(&bytes, 255) * 4;
    uint8_t how = oss_fuzz_u8(&bytes);
    bool cut_off = false;
    oss_audio_request request = {
        .rate_hz = 16000, .end_seconds = -1, .cut_off = (how & 2) != 0 ? &cut_off : NULL};
    oss_raw raw = {0};
    oss_pipe pipe;
    char *form = (how & 1) != 0 ? oss_fuzz_line(&bytes) : NULL;
    bool is_known = form == NULL || oss_fuzz_ok(oss_raw_parse(&raw, form, "--raw"));
    read_header(bytes.at, bytes.left);
    (void)oss_wav_pipe_begins(bytes.at, bytes.left);
    if (is_known && oss_fuzz_ok(oss_pipe_open(&pipe, oss_fuzz_file(bytes.at, bytes.left)))) {
        if (form == NULL) {
            run_wav(&pipe, bytes.left, &request, most);
        } else {
            run_raw(&pipe, &raw, bytes.left, &request, most);
        }
        oss_pipe_close(&pipe);
    }
    free(form);
}

/* A header and a few samples: kind of samples, bits of each, channels. */
static void seed_wav(uint8_t how, int format, int bits, int channels, uint32_t declared_bytes) {
    unsigned char wav[64] = "\x03.RIFF....WAVEfmt \x10\0\0\0";
    uint16_t width = (uint16_t)(bits / 8 * channels);
    uint32_t rate = 16000, rest = 36 + declared_bytes;
    wav[1] = how;
    memcpy(wav + 6, &rest, 4);
    wav[22] = (unsigned char)format;
    wav[24] = (unsigned char)channels;
    memcpy(wav + 26, &rate, 4);
    rate *= width;
    memcpy(wav + 30, &rate, 4);
    memcpy(wav + 34, &width, 2);
    wav[36] = (unsigned char)bits;
    memcpy(wav + 38, "data", 4);
    memcpy(wav + 42, &declared_bytes, 4);
    oss_fuzz_seed(wav, sizeof wav);
}

static void seeds(void) {
    static const struct {
        uint8_t how;
        int format, bits, channels;
        uint32_t declared_bytes;
    } wav[] = {{0, 1, 16, 1, 18}, {0, 1, 8, 2, 18}, {2, 3, 32, 1, 40}, {0, 1, 24, 1, UINT32_MAX},
               {0, 3, 64, 1, 16}, {0, 6, 8, 1, 18}, {0, 1, 32, 2, 16}};
    OSS_FUZZ_SEED("\x05\x01s16le:8000:2\nabcdefgh");
    OSS_FUZZ_SEED("\x01\x03mulaw\nabc");
    OSS_FUZZ_SEED("\002\001f64le:48000\n01234567\0\0\0\0\0\0\xf0\x7f");
    OSS_FUZZ_SEED("\xff\x01s24le:16000:3\n0123456789");
    OSS_FUZZ_SEED("\x01\x01u8:1000:1\n\x80\x7f");
    for (size_t i = 0; i < sizeof wav / sizeof *wav; i++) {
        seed_wav(wav[i].how, wav[i].format, wav[i].bits, wav[i].channels, wav[i].declared_bytes);
    }
}

const oss_fuzz_target oss_target_pipe = {.name = "pipe", .run = run, .seeds = seeds};
