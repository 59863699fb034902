/* Transcripts with any text, in every form: what has a strict reader in the tests is read by it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "ossicle/format.h"
#include "ossicle/recognizer.h"
#include "support/form_readers.h"
#include "support/transcripts.h"
#include "text/unicode.h"

enum { WORDS_MAX = 24 };

static bool has_visible(const char *text) {
    while (*text != '\0') {
        uint32_t c = oss_text_next(&text);
        if (c >= 0x20 && (c < 0x7f || c > 0x9f)) {
            return true;
        }
    }
    return false;
}

/* A word as the library makes them: normalised, without spaces, with something to be seen: forms leave out words that are control
 * characters alone. NULL: the text has none. For free(). */
static char *make_word(const char *text) {
    char *normal = NULL, *word = NULL;
    size_t length = 0;
    if (oss_text_normalize(&normal, text, OSS_CASE_KEEP) == OSS_OK) {
        length = strcspn(normal, " ");
        word = oss_fuzz_text(normal, length);
    }
    if (word != NULL && !has_visible(word)) {
        free(word);
        word = NULL;
    }
    oss_free(normal);
    return word;
}

static bool is_read_whole(oss_transcript_format format) {
    return format == OSS_FORMAT_SRT || format == OSS_FORMAT_VTT || format == OSS_FORMAT_LRC ||
           format == OSS_FORMAT_CTM || format == OSS_FORMAT_STM || format == OSS_FORMAT_TRN ||
           format == OSS_FORMAT_TSV || format == OSS_FORMAT_TEXTGRID;
}

static oss_form_items read_form(oss_transcript_format format, const char *text) {
    switch (format) {
    case OSS_FORMAT_SRT:
        return oss_read_srt(text);
    case OSS_FORMAT_VTT:
        return oss_read_vtt(text);
    case OSS_FORMAT_LRC:
        return oss_read_lrc(text);
    case OSS_FORMAT_CTM:
        return oss_read_ctm(text);
    case OSS_FORMAT_STM:
        return oss_read_stm(text);
    case OSS_FORMAT_TRN:
        return oss_read_trn(text);
    case OSS_FORMAT_TSV:
        return oss_read_tsv(text);
    default:
        return oss_read_textgrid(text, 1);
    }
}

static void check_form(const oss_transcript *transcript, oss_transcript_format format,
                       const oss_format_options *options) {
    char *text = NULL;
    if (!oss_fuzz_ok(oss_transcript_print(transcript, format, options, &text))) {
        return;
    }
    size_t length = strlen(text);
    ck_assert(format == OSS_FORMAT_TSV || oss_utf8_valid_length(text, length) == length);
    ck_assert(length == 0 || text[length - 1] == '\n');
    bool is_usual = options->channel == NULL && options->labels == NULL &&
                    options->ctm_level == OSS_CTM_WORD && options->continued == 0;
    if (is_read_whole(format) && is_usual) {
        oss_form_items items = read_form(format, text);
        if (format == OSS_FORMAT_CTM || format == OSS_FORMAT_TEXTGRID) {
            ck_assert_int_eq(items.count, transcript->words);
        }
        oss_form_items_free(items);
    }
    oss_string_free(text);
}

/* Times in order, as transcripts promise, in steps that the input says: none, a millisecond, seconds, hours. */
static double step(oss_fuzz_bytes *bytes) {
    uint8_t how = oss_fuzz_u8(bytes);
    return how < 64 ? 0.0 : how < 128 ? how * 1e-4 : how < 250 ? (how - 128) * 0.37 : (how - 249) * 3601.0;
}

static double make_words(oss_test_word *word, int32_t *words, oss_fuzz_bytes *bytes) {
    double now = 0.0;
    while (*words < WORDS_MAX && bytes->left > 0) {
        double pause = step(bytes), lasts = step(bytes);
        uint8_t how = oss_fuzz_u8(bytes);
        char *line = oss_fuzz_line(bytes), *text = make_word(line);
        free(line);
        if (text != NULL) {
            now += pause;
            word[*words] = (oss_test_word){.text = text,
                                           .start = now,
                                           .end = now + lasts + 1e-3,
                                           .confidence = (float)how / 255.0F,
                                           .ends_segment = how & 1};
            now = word[(*words)++].end;
        }
    }
    return now;
}

static void run(const uint8_t *data, size_t size) {
    static const char *const labels[] = {NULL, "<o,f0,male>"};
    oss_test_word word[WORDS_MAX];
    int32_t words = 0;
    oss_fuzz_bytes bytes = {data, size};
    uint8_t how = oss_fuzz_u8(&bytes);
    oss_format_options options = {.size = sizeof options,
                                  .labels = labels[how & 1],
                                  .continued = how & 2,
                                  .symbols = how & 4,
                                  .textgrid = (oss_textgrid_form)((how >> 3 & 3) % 3),
                                  .ctm_level = (oss_ctm_level)((how >> 5 & 3) % 3),
                                  .line_length = oss_fuzz_u8(&bytes),
                                  .lines = oss_fuzz_u8(&bytes) % 10,
                                  .maximum_duration_ms = oss_fuzz_u8(&bytes) * 100};
    char *name = oss_fuzz_line(&bytes);
    options.name = name[0] == '\0' ? NULL : name;
    options.id = (how & 128) != 0 ? name : NULL;
    double end = make_words(word, &words, &bytes);
    oss_transcript *transcript = oss_test_transcript(word, words, end + 0.25);
    for (int format = 0; format < OSS_FORMATS; format++) {
        check_form(transcript, (oss_transcript_format)format, &options);
    }
    oss_test_transcript_free(transcript);
    for (int32_t i = 0; i < words; i++) {
        free((void *)(uintptr_t)word[i].text);
    }
    free(name);
}

static void seeds(void) {
    static const char words[] =
        "\0\0\0\0talk 1.wav\nd\x90\xffhello\n@\x80\x80there--> <b>\n\x20\xa0\x33&amp;\n\x90\xf9\x80(x) = \"y\"\n";
    static const char wide[] =
        "\x98\x0a\x01\x01\nd\x90\xff\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\n\x80\x80\x01\xf0\x9f\x98\x80\n";
    static const char odd[] =
        "\x05\xff\x09\x46"
        "a/b\xff.wav\n\xff\xff\x01[x]\n\0\0\0;;\\\n\0\0\x01{a / b}\n\xf9\xf9\0\xe2\x80\xa8NOTE\n";
    OSS_FUZZ_SEED(words);
    OSS_FUZZ_SEED(wide);
    OSS_FUZZ_SEED(odd);
    OSS_FUZZ_SEED("\0\0\0\0\n");
}

const oss_fuzz_target oss_target_transcript = {.name = "transcript", .run = run, .seeds = seeds};
