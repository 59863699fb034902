/* `ossicle bench`: the beam search alone, over logits that a model gave: what it adds to the encoder's time. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/npy.h"
#include "cli/bench_internal.h"
#include "cli/cli_common.h"
#include "decode/lexicon.h"
#include "decode/symbol_priors.h"
#include "decode/symbol_tokens.h"
#include "infer/decoding_options.h"
#include "model/sizes.h"

enum { MOST_FRAMES = 100000000 };
static const size_t most_bytes = (size_t)1 << 31;

typedef struct search_work {
    oss_beam *beam;
    float *logits; /* [frames, symbols] of all recordings, one behind the other */
    int32_t *end;  /* [recordings] frames up to the end of each */
    int32_t recordings, symbols;
    oss_status status; /* the first failure of a run */
} search_work;

static void search_recording(search_work *work, int32_t begin, int32_t end) {
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    oss_beam_begin(work->beam);
    oss_status status =
        oss_beam_add(work->beam, work->logits + (size_t)begin * (size_t)work->symbols, end - begin);
    if (status == OSS_OK) {
        status = oss_beam_best(work->beam, true, 1, &best, &count);
    }
    if (status == OSS_OK) {
        oss_hypotheses_free(best, count);
    }
    work->status = work->status == OSS_OK ? status : work->status;
}

/* As `ossicle transcribe` searches for the best text alone. */
static void run_search(void *context) {
    search_work *work = context;
    for (int32_t i = 0; i < work->recordings; i++) {
        search_recording(work, i == 0 ? 0 : work->end[i - 1], work->end[i]);
    }
}

static int32_t count_frames(const search_work *work) {
    return work->recordings == 0 ? 0 : work->end[work->recordings - 1];
}

static oss_status add_recording(search_work *work, const char *path) {
    float *value = NULL;
    int64_t rows = 0, columns = 0, before = count_frames(work);
    oss_status status = oss_npy_read(&value, &rows, &columns, path, most_bytes);
    if (status != OSS_OK) {
        return status;
    }
    size_t symbols = (size_t)work->symbols;
    float *all = NULL;
    if (columns != work->symbols || rows < 1) {
        status = oss_fail(OSS_EINPUT,
                          "%s: %lld rows of %lld numbers: logits of this model have %d, see `ossicle embed "
                          "--what logits`",
                          path, (long long)rows, (long long)columns, work->symbols);
    } else if (rows > MOST_FRAMES - before) {
        status = oss_fail(OSS_EINPUT, "%s: more than %d frames in all", path, (int)MOST_FRAMES);
    } else {
        all = oss_resize(work->logits, (size_t)(before + rows) * symbols, sizeof *all);
        status = all == NULL ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        memcpy(all + (size_t)before * symbols, value, (size_t)rows * symbols * sizeof *all);
        work->logits = all;
        work->end[work->recordings++] = (int32_t)(before + rows);
    }
    oss_free(value);
    return status;
}

static oss_status read_logits(search_work *work, const oss_bench_setup *setup) {
    work->symbols = oss_vocab_size(setup->model->vocab);
    work->end = oss_alloc((size_t)setup->logits_count, sizeof *work->end);
    oss_status status = work->end == NULL ? OSS_ENOMEM : OSS_OK;
    for (int32_t i = 0; i < setup->logits_count && status == OSS_OK; i++) {
        status = add_recording(work, setup->logits[i]);
    }
    return status;
}

static oss_status load_words(oss_beam_models *models, const oss_bench_setup *setup) {
    oss_ngram *ngram = NULL;
    oss_lexicon *lexicon = NULL;
    oss_status status = oss_ngram_load(&ngram, setup->lm);
    if (status == OSS_OK && oss_ngram_is_of_symbols(ngram)) {
        models->symbols = ngram;
        return oss_symbol_tokens_check(ngram, setup->model->vocab, setup->lm);
    }
    models->words = ngram;
    status = status == OSS_OK ? oss_lexicon_create(&lexicon, ngram, setup->model->vocab, setup->lm) : status;
    models->lexicon = lexicon;
    return status;
}

static oss_status find_priors(oss_beam_models *models, const oss_bench_setup *setup) {
    const oss_vocab *vocab = setup->model->vocab;
    float *prior = oss_alloc((size_t)oss_vocab_size(vocab), sizeof *prior);
    models->symbol_prior = prior;
    return prior == NULL ? OSS_ENOMEM
                         : oss_symbol_priors_find(
                               prior, models->words != NULL ? models->words : models->symbols, vocab);
}

static oss_status run_width(search_work *work, const oss_beam_models *models, const oss_bench_setup *setup,
                            int32_t width, oss_bench_case *out) {
    const oss_ngram *ngram = models->words != NULL ? models->words : models->symbols;
    const oss_ngram_tuning tuning = ngram == NULL ? (oss_ngram_tuning){0} : oss_ngram_get_tuning(ngram);
    oss_decoding_options options = oss_decoding_options_init();
    options.beam_width = width;
    oss_decoding_fill_in(&options, &tuning);
    const oss_beam_options numbers = oss_decoding_beam_options(&options);
    oss_status status = oss_beam_create(&work->beam, models, &numbers);
    if (status != OSS_OK) {
        return status;
    }
    const oss_model_config *config = &setup->model->config;
    *out = (oss_bench_case){.utterances = work->recordings,
                            .beam = width,
                            .frames = count_frames(work),
                            .audio_seconds =
                                count_frames(work) / (oss_sizes_embedding_hz(config) * config->ctc_subframes),
                            .median_ms = oss_bench_time(setup, run_search, work),
                            .state_mib = (double)oss_beam_bytes(work->beam) / (1 << 20)};
    oss_beam_free(work->beam);
    return work->status;
}

oss_status oss_bench_search(const oss_bench_setup *setup, oss_bench_part *out) {
    static const int32_t usual[] = {16, 64, 100, 256};
    search_work work = {0};
    oss_beam_models models = {.vocab = setup->model->vocab};
    oss_status status = read_logits(&work, setup);
    if (status == OSS_OK && setup->lm != NULL) {
        status = load_words(&models, setup);
        status = status == OSS_OK ? find_priors(&models, setup) : status;
    }
    out->cases = setup->beams > 0 ? setup->beams : (int32_t)(sizeof usual / sizeof *usual);
    for (int32_t i = 0; i < out->cases && status == OSS_OK; i++) {
        status =
            run_width(&work, &models, setup, setup->beams > 0 ? setup->beam[i] : usual[i], &out->item[i]);
    }
    oss_lexicon_free((oss_lexicon *)models.lexicon);
    oss_ngram_free((oss_ngram *)models.words);
    oss_ngram_free((oss_ngram *)models.symbols);
    oss_free((float *)models.symbol_prior);
    oss_free(work.logits);
    oss_free(work.end);
    return status;
}

static double get_us(const oss_bench_case *item) {
    return 1e3 * item->median_ms / item->frames;
}

static double get_realtime(const oss_bench_case *item) {
    return 1e3 * item->audio_seconds / item->median_ms;
}

void oss_bench_print_search(const oss_bench_part *part) {
    const oss_bench_case *first = &part->item[0];
    oss_cli_print("search of %d recording%s, %d frames, %.1f s\n", first->utterances,
                  first->utterances == 1 ? "" : "s", first->frames, first->audio_seconds);
    oss_cli_print("%-7s %10s %12s %10s %10s\n", "beam", "us a frame", "x real time", "median ms",
                  "state MiB");
    for (int32_t i = 0; i < part->cases; i++) {
        const oss_bench_case *item = &part->item[i];
        oss_cli_print("%-7d %10.2f %12.0f %10.3f %10.2f\n", item->beam, get_us(item), get_realtime(item),
                      item->median_ms, item->state_mib);
    }
}

void oss_bench_add_search(oss_json *object, const oss_bench_part *part) {
    oss_json_add_integer(object, "recordings", part->item[0].utterances);
    oss_json_add_number(object, "audio_seconds", part->item[0].audio_seconds);
    oss_json_add_integer(object, "frames", part->item[0].frames);
    oss_json_add_number(object, "peak_rss_mib", part->peak_rss_mib);
    oss_json *cases = oss_json_add_array(object, "cases");
    for (int32_t i = 0; i < part->cases; i++) {
        const oss_bench_case *item = &part->item[i];
        oss_json *one = oss_json_add_object(cases, NULL);
        oss_json_add_integer(one, "beam", item->beam);
        oss_json_add_number(one, "us_per_frame", get_us(item));
        oss_json_add_number(one, "realtime_factor", get_realtime(item));
        oss_json_add_number(one, "median_ms", item->median_ms);
        oss_json_add_number(one, "state_mib", item->state_mib);
    }
}
