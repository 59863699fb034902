/* The beam search over any logits, with models of words and symbols and with phrases, in any order of calls. */
#include "decode/beam_cases.h"
#include "fuzz/logits.h"

/* Characters or units; words, symbols, phrases or not. */
static beam_kit kit[16];

static void prepare(void) {
    for (int i = 0; i < 16; i++) {
        kit[i] = oss_beam_kit((i & 1) != 0 ? oss_beam_pieces() : oss_beam_characters(), (i & 2) != 0,
                              (i & 4) != 0, (i & 8) != 0);
    }
}

static void check_best(oss_beam *beam, bool ended, int32_t most, int32_t v) {
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    if (!oss_fuzz_ok(oss_beam_best(beam, ended, most, &best, &count))) {
        return;
    }
    ck_assert(count >= 1 && count <= most);
    double posteriors = 0.0;
    for (int32_t i = 0; i < count; i++) {
        const oss_hypothesis *one = &best[i];
        ck_assert_msg(
            isfinite(one->total) && isfinite(one->acoustic) && isfinite(one->lm) && isfinite(one->hotwords),
            "total %g, acoustic %g, lm %g, hotwords %g", one->total, one->acoustic, one->lm, one->hotwords);
        ck_assert(one->lm <= 0.0 && one->unknown_words <= one->words);
        ck_assert(i == 0 || best[i - 1].total >= one->total);
        for (int32_t k = 0; k < one->ids; k++) {
            ck_assert(one->id[k] > 0 && one->id[k] < v);
        }
        posteriors += one->posterior;
    }
    ck_assert_msg(posteriors > 0.0 && posteriors < 1.0 + 1e-6, "posteriors sum to %g", posteriors);
    ck_assert_int_ge(oss_beam_settled(beam), 0);
    oss_hypotheses_free(best, count);
}

static oss_beam_options read_options(oss_fuzz_bytes *bytes) {
    oss_beam_options options = oss_beam_defaults();
    uint8_t how = oss_fuzz_u8(bytes);
    options.width = 1 + (int32_t)oss_fuzz_up_to(bytes, 31);
    options.prune_history = (how & 1) != 0;
    options.beam_prune_logp = (how & 2) != 0 ? -1.0 : options.beam_prune_logp;
    options.token_min_logp = (how & 4) != 0 ? -0.5 : options.token_min_logp;
    options.word_bonus = (how & 8) != 0 ? -3.0 : options.word_bonus;
    options.unknown_penalty = (how & 16) != 0 ? 2.0 : options.unknown_penalty;
    options.lm_weight = (how & 32) != 0 ? 0.0 : options.lm_weight;
    return options;
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    const beam_kit *models = &kit[oss_fuzz_u8(&bytes) % 16];
    oss_beam_models with = {.vocab = models->vocab,
                            .lexicon = models->lexicon,
                            .words = models->words,
                            .symbols = models->symbols,
                            .hotwords = models->hotwords};
    oss_beam_options options = read_options(&bytes);
    oss_beam *beam = NULL;
    int32_t v = oss_vocab_size(models->vocab);
    if (!oss_fuzz_ok(oss_beam_create(&beam, &with, &options))) {
        return;
    }
    oss_beam_begin(beam);
    for (int calls = 0; calls < 8 && bytes.left > 0; calls++) {
        uint8_t what = oss_fuzz_u8(&bytes);
        int32_t t = 0;
        float *logits = oss_fuzz_logits(&bytes, v, &t);
        bool is_ok = oss_fuzz_ok(oss_beam_add(beam, logits, t));
        free(logits);
        if (!is_ok) {
            break; /* of no more use until it begins anew */
        }
        check_best(beam, (what & 1) != 0, 1 + what % 5, v);
        if ((what & 8) != 0 && !oss_fuzz_ok(oss_beam_commit(beam))) {
            break;
        }
        if ((what & 16) != 0) {
            oss_beam_begin(beam);
        }
        if ((what & 32) != 0) {
            oss_beam_set_hotwords(beam, NULL);
        }
    }
    oss_beam_free(beam);
}

static void seeds(void) {
    char input[] =
        "\x02\0\x10\x01\x14\x60\x60\0\x64\x64\x60\x61\x61\0\0\x50\x30\x22\x22\x60\x64\0\x60\xf0\0\x60\x09\x04\x60\xfd\xfe\x60\x61";
    for (char models = 0; models < 16; models = (char)(models + 1)) {
        input[0] = models;
        input[1] = (char)(models * 5);
        OSS_FUZZ_SEED(input);
    }
    OSS_FUZZ_SEED(
        "\x0f\x00\x04\x01\x02\xff\0\0\x80\x7f\0\0\xc0\x7f\0\0\x80\xff\x28\x6b\x6e\x4e\0\0\0\0\0\0\0\0\0\0\0\0");
}

const oss_fuzz_target oss_target_beam = {.name = "beam", .prepare = prepare, .run = run, .seeds = seeds};
