/* Greedy decoding and forced alignment of any logits: symbols, words, confidences and times. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/align.h"
#include "decode/confidence.h"
#include "decode/greedy.h"
#include "decode/segments.h"
#include "decode/symbol_text.h"
#include "decode/word_edges.h"
#include "fuzz/logits.h"

static oss_vocab *vocab;

static void prepare(void) {
    static const char *const symbol[] = {"<blank>", "<UNK>", " ", "a", "b", "\xcc\x81"};
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 6), OSS_OK);
}

static void check_times(const oss_path_word *word, int64_t words, double end) {
    double now = 0.0;
    for (int64_t i = 0; i < words; i++) {
        ck_assert_msg(word[i].start_seconds >= now - 1e-9 && word[i].end_seconds >= word[i].start_seconds &&
                          word[i].end_seconds <= end + 1e-9,
                      "word %d: %g to %g", (int)i, word[i].start_seconds, word[i].end_seconds);
        now = word[i].end_seconds;
    }
    for (int64_t begin = 0; begin < words;) {
        int64_t next = oss_segment_end(word, words, begin);
        ck_assert(next > begin && next <= words);
        begin = next;
    }
}

/* envelope: of the same recording, 4 frames of it to one of the path. */
static void check_words(const oss_best_path *path, const oss_envelope *envelope) {
    const oss_edge_offsets offsets = {0.05, 0.08};
    const oss_path_clock clock = {.frames_a_second = 25.0, .to_seconds = (double)path->frames / 25.0};
    oss_path_word *word = NULL;
    int64_t words = 0;
    if (!oss_fuzz_ok(oss_path_words(&word, &words, path, vocab, OSS_CASE_LOWER))) {
        return;
    }
    for (int64_t i = 0; i < words; i++) {
        double feature[OSS_CONFIDENCE_FEATURES];
        const oss_confidence_weights weights = {.bias = 1.0, .weight = {-1, -1, 1, 1, 1, 1, 1, 1}};
        ck_assert(word[i].symbols >= 1 && word[i].text[0] != '\0');
        oss_confidence_features(feature, path, vocab, &word[i]);
        double sure = oss_confidence(&weights, feature);
        ck_assert_msg(sure >= 0.0 && sure <= 1.0, "confidence %g", sure);
        float plain = oss_confidence_plain(path, &word[i]);
        ck_assert_msg(plain >= 0.0F && plain <= 1.0F, "confidence %g", (double)plain);
    }
    oss_word_edges(word, words, path, envelope, &offsets, &clock);
    check_times(word, words, clock.to_seconds);
    oss_path_words_free(word, words);
}

static bool add_loudness(oss_envelope *envelope, oss_fuzz_bytes *bytes, int32_t frames) {
    float x[160];
    bool is_ok = oss_fuzz_ok(oss_envelope_init(envelope, 4000));
    for (int32_t i = 0; i < frames && is_ok; i++) {
        float loud = (float)oss_fuzz_u8(bytes) / 255.0F;
        for (int k = 0; k < 160; k++) {
            x[k] = k % 2 == 0 ? loud * loud : -loud * loud;
        }
        is_ok = oss_fuzz_ok(oss_envelope_add(envelope, x, 160));
    }
    return is_ok;
}

static void check_greedy(const float *logits, int32_t t, int32_t v, const oss_envelope *envelope) {
    oss_best_path path = {0};
    char *text = NULL;
    int32_t *ids = malloc((size_t)t * sizeof *ids), count = oss_ctc_greedy(ids, logits, t, v);
    if (oss_fuzz_ok(oss_best_path_add(&path, logits, t / 2, v)) &&
        oss_fuzz_ok(oss_best_path_add(&path, logits + t / 2 * v, t - t / 2, v))) {
        ck_assert_int_eq(path.symbols, count);
        for (int32_t i = 0; i < count; i++) {
            ck_assert_int_eq(path.symbol[i].id, ids[i]);
            ck_assert(isfinite(oss_best_path_center(&path.symbol[i])));
        }
        check_words(&path, envelope);
    }
    if (oss_fuzz_ok(oss_logits_text(&text, vocab, OSS_CASE_LOWER, logits, t))) {
        oss_fuzz_read_all(text, strlen(text));
    }
    oss_free(text);
    oss_best_path_deinit(&path);
    free(ids);
}

static void check_aligned(const float *logits, int32_t t, int32_t v, oss_fuzz_bytes *bytes,
                          const oss_envelope *envelope) {
    enum { SYMBOLS_MAX = 20 };
    int32_t id[SYMBOLS_MAX];
    int64_t symbols = 1 + oss_fuzz_up_to(bytes, SYMBOLS_MAX - 1), cuts = 0, cut[3];
    float skip_price[3] = {1.0F, 1.0F, 1.0F};
    oss_aligned aligned[SYMBOLS_MAX];
    oss_align_wild wild[3];
    for (int64_t i = 0; i < symbols; i++) {
        id[i] = 1 + oss_fuzz_u8(bytes) % (v - 1);
    }
    for (int64_t at = 0; cuts < 3 && at <= symbols; at += 1 + oss_fuzz_u8(bytes) % 16, cuts++) {
        cut[cuts] = at;
        skip_price[cuts] = 0.5F + (float)oss_fuzz_u8(bytes);
    }
    const oss_align_text text = {
        .id = id, .symbols = symbols, .cut = cut, .cuts = cuts, .wild_price = 2.5F, .skip_price = skip_price};
    if (oss_fuzz_ok(oss_align(aligned, wild, &text, logits, t, v))) {
        oss_best_path path = {0};
        int64_t now = 0;
        for (int64_t i = 0; i < symbols; i++) {
            ck_assert(aligned[i].begin >= now && aligned[i].end >= aligned[i].begin && aligned[i].end <= t);
            now = aligned[i].end;
        }
        if (oss_fuzz_ok(oss_aligned_path(&path, aligned, id, symbols, logits, t, v))) {
            check_words(&path, envelope);
        }
        oss_best_path_deinit(&path);
    }
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    int32_t t = 0, v = oss_vocab_size(vocab);
    float *logits = oss_fuzz_logits(&bytes, v, &t);
    oss_envelope envelope = {0};
    if (add_loudness(&envelope, &bytes, t)) {
        check_greedy(logits, t, v, &envelope);
        check_aligned(logits, t, v, &bytes, &envelope);
    }
    oss_envelope_deinit(&envelope);
    free(logits);
}

static void seeds(void) {
    OSS_FUZZ_SEED(
        "\x13\0\x63\x63\0\x64\x62\x62\x63\0\0\0\x62\x65\x63\x61\0\0\x64\0\x60\x80\xa0\xff\x90\x20\0\0\0\x10\x70\xf0\x30\0\0\0\x80\x90\0\0\x04\x02\x03\x01\x02\x03\x08");
    OSS_FUZZ_SEED(
        "\x07\xff\0\0\x80\x7f\0\0\xc0\x7f\0\0\x80\xff\x28\x6b\x6e\x4e\0\0\0\0\0\0\0\0\xfe\xfd\x63\x63\0\x63\x62");
    OSS_FUZZ_SEED("\x00\xfe");
}

const oss_fuzz_target oss_target_path = {.name = "path", .prepare = prepare, .run = run, .seeds = seeds};
