/* Text while somebody speaks: 16-bit samples at 16 kHz on standard input, a line for each segment once it has ended; what is
 * being said goes to standard error as it grows.
 *
 *     cc -std=c11 stream.c -o stream $(pkg-config --cflags --libs ossicle)
 *     arecord -q -f S16_LE -r 16000 -c 1 -t raw | ./stream model.safetensors
 */
#include <ossicle/ossicle.h>
#include <stdint.h>
#include <stdio.h>

enum { RATE_HZ = 16000, PIECE = RATE_HZ / 20 /* as often as a partial may come */ };

static oss_status print_finals(oss_stream *stream) {
    oss_status status = OSS_OK;
    while (status == OSS_OK && oss_stream_endpoint(stream) > 0) {
        oss_transcript *heard = NULL;
        status = oss_stream_final(stream, &heard);
        if (status == OSS_OK && heard->words > 0) {
            printf("%.2f %.2f %s\n", heard->word[0].start_seconds, heard->word[heard->words - 1].end_seconds,
                   heard->text);
            fflush(stdout);
        }
        oss_transcript_free(heard);
    }
    return status;
}

static oss_status show_partial(const oss_stream *stream) {
    oss_transcript *heard = NULL;
    oss_status status = oss_stream_partial(stream, &heard);
    if (status == OSS_OK) {
        fprintf(stderr, "\r%s", heard->text);
    }
    oss_transcript_free(heard);
    return status;
}

static oss_status listen_to_input(oss_stream *stream) {
    int16_t pcm[PIECE];
    float sample[PIECE];
    oss_status status = OSS_OK;
    for (size_t count; status == OSS_OK && (count = fread(pcm, sizeof *pcm, PIECE, stdin)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            sample[i] = (float)pcm[i] / 32768.0F;
        }
        status = oss_stream_accept(stream, sample, (int64_t)count, RATE_HZ);
        if (status == OSS_OK) {
            status = print_finals(stream);
        }
        if (status == OSS_OK) {
            status = show_partial(stream);
        }
    }
    if (status == OSS_OK) {
        status = oss_stream_finish(stream); /* the last word too */
    }
    return status == OSS_OK ? print_finals(stream) : status;
}

int main(int argc, char **argv) {
    oss_recognizer *recognizer = NULL;
    oss_stream *stream = NULL;
    oss_stream_options options = oss_stream_options_init();
    options.latency_seconds = 1.0;
    if (argc != 2) {
        fprintf(stderr, "usage: stream MODEL < SAMPLES\n");
        return 2;
    }
    oss_status status = oss_recognizer_create(&recognizer, argv[1], NULL);
    if (status == OSS_OK) {
        status = oss_stream_create(&stream, recognizer, &options);
    }
    oss_recognizer_free(recognizer); /* the stream keeps the model */
    if (status == OSS_OK) {
        status = listen_to_input(stream);
    }
    if (status != OSS_OK) {
        fprintf(stderr, "stream: %s\n", oss_last_error());
    }
    oss_stream_free(stream);
    return status == OSS_OK ? 0 : 1;
}
