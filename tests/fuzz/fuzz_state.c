/* state.json of a checkpoint, with a sum that is right: what is loaded is saved and loaded as the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint/checkpoint_internal.h"
#include "fuzz/fuzz.h"
#include "support/rewrite.h"

static void run(const uint8_t *data, size_t size) {
    char *text = oss_fuzz_text(data, size);
    oss_train_state state = {0}, again = {0};
    oss_checkpoint_sums sums = {0}, sums_again = {0};
    (void)oss_rewrite_sum(text, size);
    if (oss_fuzz_ok(oss_checkpoint_state_load(&state, &sums, oss_fuzz_file(text, size)))) {
        const char *path = oss_fuzz_scratch();
        ck_assert(state.step >= 0 && isfinite(state.loss_mean) && isfinite(state.best_cer));
        ck_assert(memchr(state.fingerprint, '\0', sizeof state.fingerprint) != NULL);
        ck_assert(memchr(state.audio_libraries, '\0', sizeof state.audio_libraries) != NULL);
        if (oss_fuzz_ok(oss_checkpoint_state_save(path, &state, &sums)) &&
            oss_fuzz_ok(oss_checkpoint_state_load(&again, &sums_again, path))) {
            ck_assert_mem_eq(&state, &again, sizeof state);
            ck_assert_mem_eq(&sums, &sums_again, sizeof sums);
        } else {
            ck_assert_msg(oss_fuzz_has_faults(), "%s", oss_last_error());
        }
    }
    free(text);
}

static void seeds(void) {
    const oss_checkpoint_sums sums = {"0123456789abcdef", "fedcba9876543210"};
    oss_train_state state = {.step = 250,
                             .best_cer = -1.0,
                             .best_loss = -1.0,
                             .grad_shards = 16,
                             .seed = UINT64_MAX,
                             .data_hash = 0x123456789abcdef0,
                             .fingerprint = "0.1.0 avx2",
                             .audio_libraries = "libsndfile-1.2.0"};
    for (int i = 0; i < 2; i++) {
        const char *path = oss_fuzz_scratch();
        ck_assert_msg(oss_checkpoint_state_save(path, &state, &sums) == OSS_OK, "%s", oss_last_error());
        oss_fuzz_seed_file(path, -1);
        state.loss_mean = 0.1 + 0.2;
        state.fine_tuned = 1;
        state.audio_seconds = 1e15;
    }
}

const oss_fuzz_target oss_target_state = {.name = "state", .run = run, .seeds = seeds};
