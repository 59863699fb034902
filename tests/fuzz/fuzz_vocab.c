/* Vocabulary files, texts in their symbols, and phrases that are to be heard more easily. The first byte says of which kind; the
 * file ends at a zero byte, and a text follows. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "decode/hotwords.h"
#include "fuzz/fuzz.h"
#include "model/vocab_file.h"

enum { TEXT_MAX_BYTES = 400 };

/* What has no unknown symbol is spelt as it is. */
static void check_text(const oss_vocab *vocab, const char *text) {
    char *normal = NULL, *decoded = NULL;
    int32_t *id = NULL, count = 0, unknown = 0;
    if (oss_fuzz_ok(oss_text_normalize(&normal, text, OSS_CASE_KEEP)) &&
        oss_fuzz_ok(oss_vocab_encode(vocab, &id, &count, &unknown, normal)) &&
        oss_fuzz_ok(oss_vocab_decode(vocab, &decoded, id, count))) {
        ck_assert_msg(unknown > 0 || strcmp(decoded, normal) == 0, "\"%s\" became \"%s\"", normal, decoded);
    }
    oss_free(decoded);
    oss_free(id);
    oss_free(normal);
}

static void check_draws(const oss_vocab *vocab, const char *text) {
    int32_t *id = NULL, count = 0;
    if (oss_fuzz_ok(oss_vocab_spell(vocab, &id, &count, text))) {
        int32_t left = oss_vocab_draw(vocab, id, count, 0.3, 7, 1);
        ck_assert(left >= 0 && left <= count);
        for (int32_t i = 0; i < left; i++) {
            ck_assert(id[i] > 0 && id[i] < oss_vocab_size(vocab));
        }
    }
    oss_free(id);
}

static void check_phrases(const oss_vocab *vocab, const char *text) {
    oss_hotwords *hotwords = NULL;
    if (oss_fuzz_ok(
            oss_hotwords_load(&hotwords, oss_fuzz_file(text, strlen(text)), 8.0, vocab, OSS_CASE_LOWER))) {
        oss_hotwords_state state = 0;
        for (int32_t i = 0; i < 40; i++) {
            float gained =
                oss_hotwords_step(hotwords, state, 1 + i * 7 % (oss_vocab_size(vocab) - 1), &state);
            ck_assert(gained == gained);
        }
        (void)oss_hotwords_end(hotwords, state);
    }
    oss_hotwords_free(hotwords);
}

static void check_vocab(const oss_vocab *vocab, const oss_config *config, const char *text) {
    oss_vocab *again = NULL;
    const char *path = oss_fuzz_scratch();
    for (int32_t id = 0; id < oss_vocab_size(vocab); id++) {
        ck_assert_int_eq(oss_vocab_find(vocab, oss_vocab_symbol(vocab, id)), id);
    }
    if (oss_fuzz_ok(oss_vocab_save(vocab, config, path)) &&
        oss_fuzz_ok(oss_vocab_load(&again, path, config))) {
        ck_assert(oss_vocab_equal(vocab, again));
    } else {
        ck_assert_msg(oss_fuzz_has_faults(), "%s", oss_last_error());
    }
    oss_vocab_free(again);
    check_text(vocab, text);
    check_draws(vocab, text);
    check_phrases(vocab, text);
}

static oss_config *config;

static void prepare(void) {
    ck_assert_int_eq(oss_config_create(&config), OSS_OK);
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    config->model.units = oss_fuzz_u8(&bytes) % 2 == 0 ? OSS_UNITS_CHAR : OSS_UNITS_BPE;
    const uint8_t *zero = bytes.left == 0 ? NULL : memchr(bytes.at, 0, bytes.left);
    size_t length = zero == NULL ? bytes.left : (size_t)(zero - bytes.at),
           rest = zero == NULL ? 0 : bytes.left - length - 1;
    oss_vocab *vocab = NULL;
    if (oss_fuzz_ok(oss_vocab_load(&vocab, oss_fuzz_file(bytes.at, length), config))) {
        char *text = oss_fuzz_text(bytes.at + length + 1, rest < TEXT_MAX_BYTES ? rest : TEXT_MAX_BYTES);
        check_vocab(vocab, config, zero == NULL ? "" : text);
        free(text);
        oss_vocab_free(vocab);
    } else {
        ck_assert_ptr_null(vocab);
    }
}

static void seeds(void) {
    static const char characters[] =
        "{\"case\":\"lower\",\"units\":\"char\",\"vocab\":[\"<blank>\",\"<UNK>\",\" \",\"a\",\"b\",\"\xc3\xa9\"]}\0"
        "a b\t3\nab\n# no\nb\xc3\xa9\t-2.5\n";
    static const char bare[] = "[\"<blank>\",\"<UNK>\",\"a\",\"b\"]\0a ba\n";
    static const char units[] =
        "{\"case\":\"lower\",\"units\":\"bpe\",\"vocab\":[\"<blank>\",\"<UNK>\",\" \",\"a\",\"b\",\" a\",\"ab\",\" ab\"]}\0"
        "ab abab a b\n";
    oss_fuzz_seed_after(0, characters, sizeof characters - 1);
    oss_fuzz_seed_after(0, bare, sizeof bare - 1);
    oss_fuzz_seed_after(1, units, sizeof units - 1);
}

const oss_fuzz_target oss_target_vocab = {.name = "vocab", .prepare = prepare, .run = run, .seeds = seeds};
