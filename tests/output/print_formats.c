/* Writes the samples of support/transcript_samples.h and some at random in every form for the programs that own the
 * forms:
 *     print_formats FOLDER
 * FOLDER/NAME.EXTENSION is a form, FOLDER/NAME.words what it holds: a word a line, start and end in milliseconds, tabs
 * between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "support/transcript_samples.h"

static int write_text(const char *folder, const char *name, const char *extension, const char *text) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.%s", folder, name, extension);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

static int write_words(const char *folder, const char *name, const oss_transcript *transcript) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.words", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    for (int32_t i = 0; i < transcript->words; i++) {
        const oss_transcript_word *word = &transcript->word[i];
        fprintf(file, "%.0f\t%.0f\t%s\n", word->start_seconds * 1000.0, word->end_seconds * 1000.0,
                word->text);
    }
    return fclose(file) != 0;
}

static int write_all(const char *folder, const char *name, oss_transcript *transcript) {
    int failed = write_words(folder, name, transcript);
    for (int32_t f = 0; f < OSS_FORMATS; f++) {
        oss_format_options options = {.size = sizeof options, .name = name};
        for (int32_t is_short = 0; is_short <= (f == OSS_FORMAT_TEXTGRID); is_short++) {
            char *text = NULL;
            options.textgrid = is_short != 0 ? OSS_TEXTGRID_SHORT : OSS_TEXTGRID_LONG;
            if (oss_transcript_print(transcript, (oss_transcript_format)f, &options, &text) != OSS_OK) {
                fprintf(stderr, "%s\n", oss_last_error());
                failed = 1;
            } else {
                failed |= write_text(
                    folder, name,
                    is_short != 0 ? "short.TextGrid" : oss_format_extension((oss_transcript_format)f), text);
                oss_string_free(text);
            }
        }
    }
    oss_test_transcript_free(transcript);
    return failed;
}

int main(int count, char **argument) {
    if (count != 2) {
        fprintf(stderr, "usage: print_formats FOLDER\n");
        return 2;
    }
    int failed = 0;
    for (int32_t i = 0; i < OSS_TEST_SAMPLES; i++) {
        failed |= write_all(argument[1], oss_test_sample_name(i), oss_test_sample(i));
    }
    for (uint64_t seed = 1; seed <= 12; seed++) {
        char name[32];
        (void)snprintf(name, sizeof name, "random-%02d", (int)seed);
        failed |=
            write_all(argument[1], name,
                      oss_test_random_transcript(seed * 100, seed < 12 ? (int32_t)(seed * seed) : 2000));
    }
    return failed;
}
