/* metrics.jsonl of a run: every line counts, or is skipped and counted. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "report/run_metrics.h"

static void run(const uint8_t *data, size_t size) {
    oss_run_metrics metrics = {0};
    int64_t from_step = size == 0 ? 0 : data[0] % 4;
    if (oss_fuzz_ok(oss_run_metrics_parse(&metrics, (const char *)data, size, from_step))) {
        int64_t breaks = 0;
        for (size_t i = 0; i < size; i++) {
            breaks += data[i] == '\n';
        }
        ck_assert(metrics.lines >= 0 && metrics.lines_skipped >= 0);
        ck_assert_int_le(metrics.lines + metrics.lines_skipped, breaks + 1);
        ck_assert((metrics.lines_skipped > 0) == (metrics.first_skipped > 0));
        ck_assert(metrics.evals <= metrics.lines && metrics.skipped_steps <= metrics.lines);
        ck_assert_ptr_nonnull(memchr(metrics.course, '\0', sizeof metrics.course));
    }
}

static void seeds(void) {
    oss_fuzz_seed_text(
        "{\"kind\":\"train\",\"step\":1,\"epoch\":0,\"loss\":2.5,\"audio_seconds\":10,\"seconds\":0.5,\"wait_seconds\":0}\n"
        "{\"kind\":\"skip\",\"step\":2,\"epoch\":0,\"loss\":null,\"audio_seconds\":10,\"seconds\":0.5}\n"
        "{\"kind\":\"eval\",\"step\":2,\"cer\":0.5,\"wer\":0.75,\"loss\":1.5,\"best\":true,\"seconds\":1}\n"
        "{\"kind\":\"course\",\"step\":2,\"course\":\"learning\"}\n");
    oss_fuzz_seed_text(
        "\n{\"kind\":\"train\"\n{}\nnot json\n{\"kind\":\"eval\",\"step\":-1}\n{\"kind\":\"train\",\"step\":3");
}

const oss_fuzz_target oss_target_metrics = {.name = "metrics", .run = run, .seeds = seeds};
