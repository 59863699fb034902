/* The text of a recording, and when each word was said and how sure that is.
 *
 *     cc -std=c11 file.c -o file $(pkg-config --cflags --libs ossicle)
 *     ./file model.safetensors hello.wav
 */
#include <ossicle/ossicle.h>
#include <stdio.h>

/* Warnings: a recording that is close to silence, one that broke off, and so on. */
static void log_line(void *context, oss_log_level level, const char *line) {
    (void)context;
    fprintf(stderr, "%s%s\n", level == OSS_LOG_WARN ? "warning: " : "", line);
}

static void print_words(const oss_transcript *transcript) {
    printf("%s\n", transcript->text);
    for (int32_t i = 0; i < transcript->words; i++) {
        const oss_transcript_word *word = &transcript->word[i];
        printf("%8.2f %8.2f  %3.0f %%  %s\n", word->start_seconds, word->end_seconds,
               100.0 * (double)word->confidence, word->text);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL RECORDING\n", argv[0]);
        return 2;
    }
    oss_log_set(log_line, NULL);
    oss_recognizer_options options = oss_recognizer_options_init();
    options.allow_truncated = 1; /* a file that breaks off is heard as far as it goes */
    oss_recognizer *recognizer = NULL;
    oss_transcript *transcript = NULL;
    oss_status status = oss_recognizer_create(&recognizer, argv[1], &options);
    if (status == OSS_OK) {
        status = oss_recognizer_recognize_file(recognizer, argv[2], &transcript);
    }
    if (status == OSS_OK) {
        print_words(transcript);
    } else {
        fprintf(stderr, "%s\n", oss_last_error());
    }
    oss_transcript_free(transcript);
    oss_recognizer_free(recognizer);
    return status == OSS_OK ? 0 : 1;
}
