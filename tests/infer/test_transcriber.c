/* Transcripts out of logits and audio: whatever way they are cut, whatever they hold. */
#include "infer/transcriber.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/encoder_cases.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

enum { V = 8, ROWS = 500, RATE = 16000 };

typedef struct scene {
    oss_model *model;
    double rows_a_second;
    float *logits; /* [ROWS, V] */
    float *audio;  /* [samples] */
    int64_t samples;
} scene;

/* Logits of words, pauses and doubt; audio that is loud and quiet in turns. */
static scene make(void) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = V;
    scene s = {.model = oss_models_create(&sizes)};
    s.rows_a_second = 12.5 * s.model->config.ctc_subframes;
    s.samples = (int64_t)((double)ROWS / s.rows_a_second * RATE) - 300;
    s.logits = oss_exact_floats((size_t)ROWS * V);
    s.audio = oss_exact_floats((size_t)s.samples);
    oss_fill_f32(s.logits, (size_t)ROWS * V, 11, 4.0);
    for (int32_t row = 0; row < ROWS; row++) {
        s.logits[row * V] += row % 90 > 60 ? 20.0F : 1.0F;
        s.logits[row * V + 2] += row % 9 == 0 ? 5.0F : 0.0F;
    }
    oss_fill_f32(s.audio, (size_t)s.samples, 12, 0.3);
    for (int64_t i = 0; i < s.samples; i++) {
        s.audio[i] *= i / 4000 % 3 == 0 ? 0.001F : 1.0F;
    }
    return s;
}

static void discard(scene *s) {
    free(s->logits);
    free(s->audio);
    oss_model_free(s->model);
}

static oss_transcriber *begin(const scene *s) {
    oss_transcriber *transcriber = NULL;
    ok(oss_transcriber_create(&transcriber, s->model, NULL));
    return transcriber;
}

static void add(oss_transcriber *transcriber, const scene *s, int32_t row, int32_t rows) {
    ok(oss_transcriber_add_logits(transcriber, s->logits + (int64_t)row * V, rows));
}

static oss_transcript *finish(oss_transcriber *transcriber) {
    oss_transcript *transcript = NULL;
    ok(oss_transcriber_get(transcriber, &transcript));
    return transcript;
}

static oss_transcript *whole(const scene *s) {
    oss_transcriber *transcriber = begin(s);
    ok(oss_transcriber_add_audio(transcriber, s->audio, s->samples));
    add(transcriber, s, 0, ROWS);
    oss_transcript *transcript = finish(transcriber);
    oss_transcriber_free(transcriber);
    return transcript;
}

static void check_symbols(const oss_transcript_word *word) {
    double at = word->start_seconds;
    for (int32_t i = 0; i < word->symbols; i++) {
        const oss_transcript_symbol *symbol = &word->symbol[i];
        ck_assert(symbol->start_seconds == at && symbol->end_seconds > at);
        ck_assert(symbol->confidence > 0.0F && symbol->confidence <= 1.0F);
        at = symbol->end_seconds;
    }
    ck_assert(at == word->end_seconds);
}

/* What transcript.h promises. */
static void check_promises(const oss_transcript *t, double from) {
    double at = from;
    int32_t word = 0;
    char *text = oss_alloc_zero(strlen(t->text) + 2, 1);
    for (int32_t k = 0; k < t->segments; k++) {
        const oss_transcript_segment *segment = &t->segment[k];
        ck_assert(segment->word == t->word + word && segment->words >= 1);
        ck_assert(segment->start_seconds == segment->word[0].start_seconds);
        ck_assert(segment->end_seconds == segment->word[segment->words - 1].end_seconds);
        char *rest = text + strlen(text);
        strcat(strcat(text, segment->text), " ");
        for (int32_t i = 0; i < segment->words; i++) {
            const oss_transcript_word *w = &segment->word[i];
            ck_assert(w->start_seconds >= at && w->end_seconds > w->start_seconds);
            ck_assert(w->confidence >= 0.0F && w->confidence <= 1.0F);
            ck_assert(strncmp(rest, w->text, strlen(w->text)) == 0 && rest[strlen(w->text)] == ' ');
            rest += strlen(w->text) + 1;
            check_symbols(w);
            at = w->end_seconds;
        }
        word += segment->words;
    }
    ck_assert_int_eq(word, t->words);
    ck_assert(at <= t->audio_seconds);
    if (text[0] != '\0') {
        text[strlen(text) - 1] = '\0';
    }
    ck_assert_str_eq(text, t->text);
    oss_free(text);
}

static void expect_equal(const oss_transcript *a, const oss_transcript *b) {
    ck_assert_str_eq(a->text, b->text);
    ck_assert(a->audio_seconds == b->audio_seconds && a->confidence == b->confidence);
    ck_assert_int_eq(a->segments, b->segments);
    ck_assert_int_eq(a->words, b->words);
    for (int32_t i = 0; i < a->words; i++) {
        const oss_transcript_word *x = &a->word[i], *y = &b->word[i];
        ck_assert_str_eq(x->text, y->text);
        ck_assert(x->start_seconds == y->start_seconds && x->end_seconds == y->end_seconds &&
                  x->confidence == y->confidence);
        ck_assert_int_eq(x->symbols, y->symbols);
        for (int32_t k = 0; k < x->symbols; k++) {
            ck_assert(x->symbol[k].end_seconds == y->symbol[k].end_seconds);
            ck_assert(x->symbol[k].confidence == y->symbol[k].confidence);
        }
    }
}

START_TEST(promises_are_kept) {
    scene s = make();
    for (int calibrated = 0; calibrated < 2; calibrated++) {
        s.model->calibration.has_edges = s.model->calibration.has_confidence = calibrated == 1;
        s.model->calibration.edges = (oss_edge_offsets){0.07, 0.04};
        s.model->calibration.confidence.bias = 0.2;
        s.model->calibration.confidence.weight[OSS_CONFIDENCE_COST] = -0.3;
        oss_transcript *t = whole(&s);
        ck_assert_int_gt(t->segments, 2);
        ck_assert_int_gt(t->words, 20);
        check_promises(t, 0.0);
        char *text = NULL;
        ok(oss_logits_text(&text, s.model->vocab, s.model->config.text_case, s.logits, ROWS));
        ck_assert_str_eq(text, t->text);
        oss_free(text);
        oss_transcript_free(t);
    }
    discard(&s);
}
END_TEST

START_TEST(pieces_change_nothing) {
    scene s = make();
    oss_transcript *wanted = whole(&s);
    for (int32_t piece = 1; piece < ROWS; piece += 1 + piece / 2) {
        oss_transcriber *transcriber = begin(&s);
        int64_t heard = 0;
        for (int32_t row = 0; row < ROWS; row += piece) {
            add(transcriber, &s, row, ROWS - row < piece ? ROWS - row : piece);
            int64_t more = s.samples - heard < 997 * piece ? s.samples - heard : 997 * piece;
            ok(oss_transcriber_add_audio(transcriber, s.audio + heard, more));
            heard += more;
            if (row % 3 == 0) {
                oss_transcript *partial = finish(transcriber);
                oss_transcript_free(partial);
            }
        }
        ok(oss_transcriber_add_audio(transcriber, s.audio + heard, s.samples - heard));
        oss_transcript *got = finish(transcriber);
        expect_equal(got, wanted);
        oss_transcript_free(got);
        oss_transcriber_free(transcriber);
    }
    oss_transcript_free(wanted);
    discard(&s);
}
END_TEST

/* As a stream does at its endpoints: nothing of one transcript overlaps what was before it. */
START_TEST(forgetting_keeps_the_clock) {
    scene s = make();
    oss_transcriber *transcriber = begin(&s);
    ok(oss_transcriber_add_audio(transcriber, s.audio, s.samples));
    double at = 0.0;
    int32_t words = 0;
    for (int32_t row = 0; row < ROWS; row += 45) {
        add(transcriber, &s, row, ROWS - row < 45 ? ROWS - row : 45);
        oss_transcript *t = finish(transcriber);
        check_promises(t, at);
        at = t->words > 0 ? t->word[t->words - 1].end_seconds : at;
        words += t->words;
        oss_transcript_free(t);
        oss_transcriber_forget(transcriber);
    }
    ck_assert_int_gt(words, 20);
    ck_assert_double_eq(oss_transcriber_seconds(transcriber), (double)s.samples / RATE);
    oss_transcriber_free(transcriber);
    discard(&s);
}
END_TEST

START_TEST(nothing_said_is_a_transcript) {
    scene s = make();
    float blank[3 * V] = {9.0F, 0, 0, 0, 0, 0, 0, 0, 9.0F};
    for (int i = 0; i < V; i++) {
        blank[2 * V + i] = NAN;
    }
    for (int rows = 0; rows <= 3; rows++) {
        oss_transcriber *transcriber = begin(&s);
        ok(oss_transcriber_add_audio(transcriber, s.audio, rows * 640));
        ok(oss_transcriber_add_logits(transcriber, blank, rows));
        oss_transcript *t = finish(transcriber);
        ck_assert_str_eq(t->text, "");
        ck_assert(t->words == 0 && t->segments == 0 && t->confidence == 1.0F);
        oss_transcript_free(t);
        oss_transcriber_free(transcriber);
    }
    discard(&s);
}
END_TEST

/* Logits before any audio, and a vocabulary without a space: one word. */
START_TEST(a_vocabulary_without_space_gives_one_word) {
    static const char *const symbol[] = {"<blank>", "<UNK>", "x", "y", "z", "\xc3\xa4", "q", "r"};
    scene s = make();
    oss_vocab_free(s.model->vocab);
    s.model->vocab = NULL;
    ok(oss_vocab_from_symbols(&s.model->vocab, symbol, V));
    oss_transcriber *transcriber = begin(&s);
    add(transcriber, &s, 0, ROWS);
    oss_transcript *t = finish(transcriber);
    ck_assert_int_eq(t->words, 1);
    ck_assert_int_gt(t->word[0].symbols, 100);
    ck_assert(t->word[0].end_seconds > t->word[0].start_seconds);
    oss_transcript_free(t);
    oss_transcriber_free(transcriber);
    discard(&s);
}
END_TEST

START_TEST(short_memory_is_told) {
    scene s = make();
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_transcriber *transcriber = NULL;
        oss_transcript *t = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_transcriber_create(&transcriber, s.model, NULL);
        if (status == OSS_OK) {
            status = oss_transcriber_add_audio(transcriber, s.audio, s.samples);
        }
        if (status == OSS_OK) {
            status = oss_transcriber_add_logits(transcriber, s.logits, 60);
        }
        if (status == OSS_OK) {
            status = oss_transcriber_get(transcriber, &t);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert((t != NULL) == (status == OSS_OK));
        oss_transcript_free(t);
        oss_transcriber_free(transcriber);
        if (!fired) {
            ck_assert_int_gt(k, 20);
            break;
        }
    }
    ck_assert_int_eq(oss_faults_blocks(), 0);
    oss_faults_remove();
    discard(&s);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/transcriber");
    TCase *tests = tcase_create("transcriber");
    tcase_add_test(tests, promises_are_kept);
    tcase_add_test(tests, pieces_change_nothing);
    tcase_add_test(tests, forgetting_keeps_the_clock);
    tcase_add_test(tests, nothing_said_is_a_transcript);
    tcase_add_test(tests, a_vocabulary_without_space_gives_one_word);
    tcase_add_test(tests, short_memory_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}
