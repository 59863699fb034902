#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "score/significance.h"

enum { SYSTEMS = OSS_SCORE_MOST_SYSTEMS };

typedef struct sample_rates {
    double *wer[SYSTEMS], *cer[SYSTEMS], *difference; /* [samples] each */
} sample_rates;

static void draw_sample(oss_score_sums sums[SYSTEMS], const oss_scoreboard *board, uint64_t seed,
                        int32_t sample) {
    for (int32_t k = 0; k < board->systems; k++) {
        sums[k] = (oss_score_sums){0};
    }
    for (int32_t i = 0; i < board->utterances; i++) {
        double u = oss_rng_uniform(seed, OSS_RNG_BOOTSTRAP, (uint64_t)sample, (uint32_t)i);
        const oss_scored_utterance *drawn = &board->utterance[(int32_t)(u * board->utterances)];
        for (int32_t k = 0; k < board->systems; k++) {
            oss_word_counts_add(&sums[k].counts, &drawn->text[k].counts);
            sums[k].characters += drawn->text[k].characters;
            sums[k].character_errors += drawn->text[k].character_errors;
        }
    }
}

static int compare_rates(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* Sorts rate[samples]; the values that 2.5 % are below, and above. */
static void find_interval(double *rate, int32_t samples, double *low, double *high) {
    int32_t outside = samples / 40;
    qsort(rate, (size_t)samples, sizeof *rate, compare_rates);
    *low = rate[outside];
    *high = rate[samples - 1 - outside];
}

static void draw_all(oss_bootstrap *out, const sample_rates *rates, const oss_scoreboard *board,
                     uint64_t seed) {
    int32_t better = 0;
    for (int32_t b = 0; b < out->samples; b++) {
        oss_score_sums sums[SYSTEMS];
        draw_sample(sums, board, seed, b);
        for (int32_t k = 0; k < board->systems; k++) {
            rates->wer[k][b] = oss_word_counts_rate(&sums[k].counts);
            rates->cer[k][b] = oss_score_sums_cer(&sums[k]);
        }
        if (board->systems == 2) {
            rates->difference[b] = rates->wer[1][b] - rates->wer[0][b];
            better += rates->difference[b] < 0.0;
        }
    }
    for (int32_t k = 0; k < board->systems; k++) {
        find_interval(rates->wer[k], out->samples, &out->wer_low[k], &out->wer_high[k]);
        find_interval(rates->cer[k], out->samples, &out->cer_low[k], &out->cer_high[k]);
    }
    if (board->systems == 2) {
        find_interval(rates->difference, out->samples, &out->difference_low, &out->difference_high);
        out->difference =
            oss_word_counts_rate(&board->sum[1].counts) - oss_word_counts_rate(&board->sum[0].counts);
        out->probability_of_improvement = (double)better / out->samples;
    }
}

oss_status oss_bootstrap_run(oss_bootstrap *out, const oss_scoreboard *board, int32_t samples,
                             uint64_t seed) {
    double *block = oss_alloc((2 * SYSTEMS + 1) * (size_t)samples, sizeof *block);
    sample_rates rates = {.difference = block};
    if (block == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t k = 0; k < SYSTEMS; k++) {
        rates.wer[k] = block + (size_t)(1 + 2 * k) * (size_t)samples;
        rates.cer[k] = block + (size_t)(2 + 2 * k) * (size_t)samples;
    }
    *out = (oss_bootstrap){.samples = samples};
    draw_all(out, &rates, board, seed);
    oss_free(block);
    return OSS_OK;
}
