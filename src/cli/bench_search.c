/* `ossicle bench`: the beam search alone, over logits that a model gave: what it adds to the encoder's time. */
#include "base/fail.h"
#include "base/mem.h"
#include "base/npy.h"
#include "cli/bench_internal.h"
#include "cli/cli_common.h"
#include "decode/lexicon.h"
#include "infer/decoding_options.h"
#include "model/sizes.h"

static const size_t most_bytes = (size_t)1 << 31;

typedef struct search_work {
    oss_beam *beam;
    float *logits; /* [frames, symbols] */
    int32_t frames;
    oss_status status; /* the first failure of a run */
} search_work;

/* A recording, as `ossicle transcribe` searches for the best text alone. */
static void run_search(void *context) {
    search_work *work = context;
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    oss_beam_begin(work->beam);
    oss_status status = oss_beam_add(work->beam, work->logits, work->frames);
    if (status == OSS_OK) {
        status = oss_beam_best(work->beam, true, 1, &best, &count);
    }
    if (status == OSS_OK) {
        oss_hypotheses_free(best, count);
    }
    work->status = work->status == OSS_OK ? status : work->status;
}

static oss_status read_logits(search_work *work, const oss_bench_setup *setup) {
    int64_t rows = 0, columns = 0;
    int32_t symbols = oss_vocab_size(setup->model->vocab);
    oss_status status = oss_npy_read(&work->logits, &rows, &columns, setup->logits, most_bytes);
    if (status == OSS_OK && (columns != symbols || rows < 1 || rows > INT32_MAX)) {
        status = oss_fail(OSS_EINPUT,
                          "%s: %lld rows of %lld numbers: logits of this model have %d, see `ossicle embed "
                          "--what logits`",
                          setup->logits, (long long)rows, (long long)columns, symbols);
    }
    work->frames = (int32_t)rows;
    return status;
}

static oss_status load_words(oss_beam_models *models, const oss_bench_setup *setup) {
    oss_ngram *ngram = NULL;
    oss_lexicon *lexicon = NULL;
    oss_status status = oss_ngram_load(&ngram, setup->lm);
    if (status == OSS_OK && oss_ngram_is_of_symbols(ngram)) {
        models->symbols = ngram;
        return OSS_OK;
    }
    models->words = ngram;
    status = status == OSS_OK ? oss_lexicon_create(&lexicon, ngram, setup->model->vocab, setup->lm) : status;
    models->lexicon = lexicon;
    return status;
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
    *out = (oss_bench_case){.utterances = 1,
                            .beam = width,
                            .frames = work->frames,
                            .audio_seconds =
                                work->frames / (oss_sizes_embedding_hz(config) * config->ctc_subframes),
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
    }
    out->cases = setup->beams > 0 ? setup->beams : (int32_t)(sizeof usual / sizeof *usual);
    for (int32_t i = 0; i < out->cases && status == OSS_OK; i++) {
        status =
            run_width(&work, &models, setup, setup->beams > 0 ? setup->beam[i] : usual[i], &out->item[i]);
    }
    oss_lexicon_free((oss_lexicon *)models.lexicon);
    oss_ngram_free((oss_ngram *)models.words);
    oss_ngram_free((oss_ngram *)models.symbols);
    oss_free(work.logits);
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
    oss_cli_print("search of %d frames, %.1f s\n", first->frames, first->audio_seconds);
    oss_cli_print("%-7s %10s %12s %10s %10s\n", "beam", "us a frame", "x real time", "median ms",
                  "state MiB");
    for (int32_t i = 0; i < part->cases; i++) {
        const oss_bench_case *item = &part->item[i];
        oss_cli_print("%-7d %10.2f %12.0f %10.3f %10.2f\n", item->beam, get_us(item), get_realtime(item),
                      item->median_ms, item->state_mib);
    }
}

void oss_bench_add_search(oss_json *object, const oss_bench_part *part) {
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
