/* Transcripts that are to be scored, in each of the forms that are read. The first byte says which, the second how. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "score/transcripts.h"

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    oss_transcripts_options options = {
        .form = (oss_transcripts_form)oss_fuzz_up_to(&bytes, OSS_TRANSCRIPTS_FORMS - 1)};
    uint8_t how = oss_fuzz_u8(&bytes);
    options.is_reference = (how & 1) != 0;
    options.by_line = (how & 2) != 0;
    options.letters = (oss_score_case)((how >> 2 & 3) % 3);
    oss_transcripts transcripts = {0};
    const char *path = oss_fuzz_file(bytes.at, bytes.left);
    if (oss_fuzz_ok(oss_transcripts_load(&transcripts, path, "input", &options))) {
        /* Of a ctm, nothing was said. */
        ck_assert(transcripts.count > 0 || options.form == OSS_TRANSCRIPTS_CTM);
        for (int32_t i = 0; i < transcripts.count; i++) {
            const oss_transcript_line *item = &transcripts.item[i];
            oss_fuzz_read_all(item->id, strlen(item->id));
            oss_fuzz_read_all(item->text, strlen(item->text));
            ck_assert(item->start == item->start && item->end == item->end && item->line > 0);
        }
        int32_t before = transcripts.count;
        if (oss_fuzz_ok(oss_transcripts_join(&transcripts))) {
            ck_assert(transcripts.count <= before && (transcripts.count > 0) == (before > 0));
        }
    }
    oss_transcripts_deinit(&transcripts);
}

static void seeds(void) {
    static const char *const text[OSS_TRANSCRIPTS_FORMS] = {
        "hello {there / their / @} (spk-utt1)\n(%hesitation) so-called (spk-utt2)\n",
        ";; a comment\ntalk 1 spk 0.00 1.50 <o,f0,male> hello there\ntalk 1 spk 1.50 3.25 IGNORE_TIME_SEGMENT_IN_SCORING\n",
        "talk 1 0.10 0.25 hello 0.98\ntalk 1 0.40 0.10 there\n;; end\n",
        "file,text,start,end\na.wav,\"hello, there\",0,1\nb.wav,x,1,2\n",
        "start\tend\ttext\tconfidence\tfile\n0\t1000\thello\t0.9\ta.wav\n",
        "{\"file\":\"a.wav\",\"text\":\"hello\"}\n{\"id\":\"b\",\"text\":\"\"}\n",
        "[{\"file\":\"a.wav\",\"text\":\"hello\"},{\"id\":\"b\",\"text\":\"x\"}]",
        "hello there\n\nna\xc3\xafve\n"};
    char all[256];
    for (uint8_t form = 0; form < OSS_TRANSCRIPTS_FORMS; form++) {
        for (uint8_t how = 0; how < 2; how++) {
            size_t length = strlen(text[form]);
            all[0] = (char)(how * 5);
            memcpy(all + 1, text[form], length);
            oss_fuzz_seed_after(form, all, length + 1);
        }
    }
}

const oss_fuzz_target oss_target_score = {.name = "score", .run = run, .seeds = seeds};
