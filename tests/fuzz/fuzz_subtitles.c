/* Subtitles that are to be aligned: a line of text for each cue. */
#include <string.h>

#include "base/mem.h"
#include "cli/align_cues.h"
#include "fuzz/fuzz.h"

static void check_text(const oss_align_cues *cues) {
    char *text = oss_align_cues_text(cues);
    int64_t lines = 0;
    ck_assert(text != NULL || oss_fuzz_has_faults());
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        lines += *at == '\n';
    }
    ck_assert_msg(text == NULL || lines == cues->cues || lines == cues->cues - 1, "%d lines of %d cues",
                  (int)lines, (int)cues->cues);
    oss_free(text);
}

static void run(const uint8_t *data, size_t size) {
    oss_align_cues cues = {0};
    if (oss_fuzz_ok(oss_align_cues_read(&cues, oss_fuzz_file(data, size)))) {
        for (int64_t i = 0; i < cues.cues; i++) {
            oss_fuzz_read_all(cues.settings[i], strlen(cues.settings[i]));
            (void)oss_align_cues_has_times(cues.text[i]);
        }
        check_text(&cues);
    }
    oss_align_cues_deinit(&cues);
}

static void seeds(void) {
    oss_fuzz_seed_text(
        "1\n00:00:00,500 --> 00:00:01,250\nHello <i>there</i>.\n\n2\n00:00:01,300 --> 00:00:02,000\n"
        "{\\an8}two\nlines\n\n");
    oss_fuzz_seed_text("\xef\xbb\xbf"
                       "1\r\n0:00:00.500 --> 00:00:01.250 X1:40 X2:600\r\nna\xc3\xafve <b\r\n\r\n\r\n3\r\n"
                       "99:59:59,999 --> 100:00:00,000\r\n</i>");
}

const oss_fuzz_target oss_target_subtitles = {.name = "subtitles", .run = run, .seeds = seeds};
