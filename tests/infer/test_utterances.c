/* Recordings through a beam search: where utterances end, and that nothing else depends on it. */
#include "infer/utterances.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "decode/symbol_text.h"
#include "infer/streaming_cases.h"
#include "infer/transcriber.h"
#include "support/faults.h"
#include "support/fill.h"
#include "support/suite.h"

enum { V = 8, ROWS_A_SECOND = 25, SAMPLES_A_ROW = RATE / ROWS_A_SECOND, SPACE = 2 };

typedef struct scene {
    oss_model *model;
    oss_beam *beam;
    oss_search search;
    float *logits; /* [rows, V] */
    int32_t rows;
} scene;

/* Words of single letters, each some rows long: `gain` is how sure the model is of them. */
static scene make(int32_t rows, float gain, int32_t width) {
    oss_network_sizes sizes = oss_network_micro();
    sizes.vocab = V;
    scene s = {.model = oss_models_create(&sizes), .rows = rows};
    const oss_beam_models models = {.vocab = s.model->vocab};
    oss_beam_options options = oss_beam_defaults();
    options.width = width;
    ok(oss_beam_create(&s.beam, &models, &options));
    s.search = (oss_search){.beam = s.beam};
    s.logits = oss_exact_floats((size_t)rows * V);
    oss_fill_f32(s.logits, (size_t)rows * V, 5, 1.0);
    for (int32_t row = 0; row < rows; row++) {
        int32_t letter = 3 + row / 12 * 7 % (V - 3);
        int32_t best = row % 12 < 3 ? 0 : row % 12 < 6 ? letter : row % 12 < 8 ? 0 : SPACE;
        s.logits[(size_t)row * V + (size_t)best] += gain;
    }
    return s;
}

/* From a second on: nothing is said, for certain. */
static void add_pause(scene *s, int32_t second, int32_t rows) {
    for (int32_t row = second * ROWS_A_SECOND; row < second * ROWS_A_SECOND + rows; row++) {
        for (int32_t i = 0; i < V; i++) {
            s->logits[(size_t)row * V + (size_t)i] = i == 0 ? 20.0F : -20.0F;
        }
    }
}

static void discard(scene *s) {
    free(s->logits);
    oss_beam_free(s->beam);
    oss_model_free(s->model);
}

static oss_transcript *hear(const scene *s, int32_t piece, bool partials) {
    oss_transcriber *transcriber = NULL;
    oss_transcript *t = NULL;
    float *audio = oss_exact_floats((size_t)s->rows * SAMPLES_A_ROW + 1);
    memset(audio, 0, (size_t)s->rows * SAMPLES_A_ROW * sizeof *audio);
    ok(oss_transcriber_create(&transcriber, s->model, &s->search));
    ok(oss_transcriber_add_audio(transcriber, audio, (int64_t)s->rows * SAMPLES_A_ROW));
    free(audio);
    for (int32_t row = 0; row < s->rows; row += piece) {
        int32_t rows = s->rows - row < piece ? s->rows - row : piece;
        ok(oss_transcriber_add_logits(transcriber, s->logits + (size_t)row * V, rows));
        if (partials) {
            ok(oss_transcriber_get(transcriber, &t));
            oss_transcript_free(t);
        }
    }
    ok(oss_transcriber_end(transcriber));
    ok(oss_transcriber_get(transcriber, &t));
    oss_transcriber_free(transcriber);
    return t;
}

static void expect_equal(const oss_transcript *a, const oss_transcript *b) {
    ck_assert_str_eq(a->text, b->text);
    ck_assert_int_eq(a->words, b->words);
    ck_assert_int_eq(a->utterances, b->utterances);
    for (int32_t i = 0; i < a->words; i++) {
        const oss_transcript_word *x = &a->word[i], *y = &b->word[i];
        ck_assert(x->start_seconds == y->start_seconds && x->end_seconds == y->end_seconds);
        ck_assert(x->confidence == y->confidence);
    }
    for (int32_t i = 0; i < a->utterances; i++) {
        const oss_transcript_utterance *x = &a->utterance[i], *y = &b->utterance[i];
        ck_assert(x->start_seconds == y->start_seconds && x->end_seconds == y->end_seconds);
        ck_assert_int_eq(x->alternatives, y->alternatives);
        ck_assert(x->alternative[0].score == y->alternative[0].score);
    }
}

static char *greedy(const scene *s) {
    char *text = NULL;
    ok(oss_logits_text(&text, s->model->vocab, s->model->config.text_case, s->logits, s->rows));
    return text;
}

/* Where the model is sure all searches say what it says, whatever the width. */
START_TEST(what_is_sure_is_the_greedy_text) {
    for (int32_t width = 1; width <= 16; width *= 4) {
        scene s = make(3000, 20.0F, width);
        add_pause(&s, 30, 30);
        char *wanted = greedy(&s);
        oss_transcript *t = hear(&s, s.rows, false);
        ck_assert_str_eq(t->text, wanted);
        for (int32_t i = 0; i < t->words; i++) {
            ck_assert_float_gt(t->word[i].confidence, 0.99F);
        }
        oss_transcript_free(t);
        oss_free(wanted);
        discard(&s);
    }
}
END_TEST

START_TEST(pieces_and_partials_change_nothing) {
    scene s = make(2500, 1.5F, 8);
    add_pause(&s, 30, 30);
    add_pause(&s, 50, 45);
    s.search.n_best = 3;
    oss_transcript *wanted = hear(&s, s.rows, false);
    ck_assert_int_gt(wanted->utterances, 1);
    ck_assert_int_gt(wanted->words, 50);
    for (int32_t piece = 1; piece < s.rows; piece = 3 * piece + 4) {
        oss_transcript *got = hear(&s, piece, piece > 100);
        expect_equal(got, wanted);
        oss_transcript_free(got);
    }
    oss_transcript_free(wanted);
    discard(&s);
}
END_TEST

/* In a pause: at once where all agree, after 20 s where not; the words come in order and with times. */
START_TEST(utterances_end_in_pauses) {
    for (int doubt = 0; doubt < 2; doubt++) {
        scene s = make(2500, doubt ? 1.0F : 20.0F, 8);
        add_pause(&s, 10, 25);
        add_pause(&s, 32, 25);
        s.search.n_best = 1;
        oss_transcript *t = hear(&s, 100, false);
        double first = t->utterance[0].end_seconds;
        if (doubt) {
            ck_assert_double_ge(first, 20.0);
        } else {
            ck_assert_double_ge(first, 10.0);
            ck_assert_double_le(first, 11.1);
        }
        for (int32_t i = 1; i < t->utterances; i++) {
            ck_assert(t->utterance[i].start_seconds >= t->utterance[i - 1].end_seconds);
        }
        for (int32_t i = 1; i < t->words; i++) {
            ck_assert(t->word[i].start_seconds >= t->word[i - 1].end_seconds);
        }
        oss_transcript_free(t);
        discard(&s);
    }
}
END_TEST

/* Three hours without a pause: rows are kept of no more than two minutes. */
START_TEST(hours_are_cut) {
    scene s = make(60 * ROWS_A_SECOND, 1.5F, 4);
    oss_utterances *u = NULL;
    const oss_decoded *decoded = NULL;
    s.search.n_best = 1;
    for (int silent = 0; silent < 2; silent++) {
        for (int32_t row = 0; row < s.rows && !silent; row++) {
            s.logits[(size_t)row * V] -= 20.0F; /* not even a blank */
            s.logits[(size_t)row * V + SPACE] -= 20.0F;
        }
        ok(oss_utterances_create(&u, &s.search, s.model));
        for (int minute = 0; minute < 180; minute++) {
            ok(oss_utterances_add(u, s.logits, s.rows));
        }
        ok(oss_utterances_end(u));
        ok(oss_utterances_show(u, &decoded));
        ck_assert_int_eq(decoded->path.frames, 180 * (int64_t)s.rows);
        int64_t at = 0;
        for (int64_t i = 0; i < decoded->utterances; i++) {
            const oss_utterance *utterance = &decoded->utterance[i];
            ck_assert_int_ge(utterance->begin, at);
            ck_assert_int_le(utterance->end - utterance->begin, 120 * ROWS_A_SECOND);
            at = utterance->end;
        }
        ck_assert_int_ge(decoded->utterances, silent ? 100 : 90);
        oss_utterances_free(u);
        for (int32_t row = 0; row < s.rows && !silent; row++) {
            s.logits[(size_t)row * V] += 20.0F;
            s.logits[(size_t)row * V + SPACE] += 20.0F;
        }
    }
    discard(&s);
}
END_TEST

START_TEST(nothing_said_is_a_transcript) {
    scene s = make(100, 1.0F, 8);
    s.search.n_best = 5;
    add_pause(&s, 0, 100);
    for (s.rows = 0; s.rows <= 100; s.rows += 50) {
        oss_transcript *t = hear(&s, 7, true);
        ck_assert_str_eq(t->text, "");
        ck_assert(t->words == 0 && t->utterances == 0 && t->confidence == 1.0F);
        oss_transcript_free(t);
    }
    discard(&s);
}
END_TEST

START_TEST(short_memory_is_told) {
    scene s = make(300, 1.5F, 4);
    add_pause(&s, 4, 30);
    s.search.n_best = 2;
    oss_faults_install();
    for (int64_t k = 1;; k++) {
        oss_transcriber *transcriber = NULL;
        oss_transcript *partial = NULL, *t = NULL;
        oss_faults_fail(OSS_CALL_ANY_HEAP, k, 0);
        oss_status status = oss_transcriber_create(&transcriber, s.model, &s.search);
        if (status == OSS_OK) {
            status = oss_transcriber_add_logits(transcriber, s.logits, s.rows);
        }
        if (status == OSS_OK) {
            status = oss_transcriber_get(transcriber, &partial);
        }
        if (status == OSS_OK) {
            status = oss_transcriber_end(transcriber);
        }
        if (status == OSS_OK) {
            status = oss_transcriber_get(transcriber, &t);
        }
        bool fired = oss_faults_clear();
        ck_assert_int_eq(status, fired ? OSS_ENOMEM : OSS_OK);
        ck_assert((t != NULL) == (status == OSS_OK));
        oss_transcript_free(partial);
        oss_transcript_free(t);
        oss_transcriber_free(transcriber);
        if (!fired) {
            ck_assert_int_gt(k, 50);
            break;
        }
    }
    oss_faults_remove();
    discard(&s);
}
END_TEST

/* ---- Streams ---- */

static oss_stream *open_searching(bool searches) {
    oss_recognizer *recognizer = oss_case_recognizer(oss_case_listener(), NULL);
    oss_decoding_options options = oss_decoding_options_init();
    options.beam_width = searches ? 8 : 0;
    ok(oss_recognizer_set_decoding(recognizer, &options));
    oss_stream *stream = oss_case_open_stream(recognizer, NULL);
    oss_recognizer_free(recognizer);
    return stream;
}

/* Of sounds that are certain: the same words in the same segments as without a search; partials come before finals. */
START_TEST(streams_search_too) {
    int64_t samples = 0;
    float *x = oss_case_make_story(&samples);
    char *story[2], partial[2][STORY_BYTES] = {"", ""};
    for (int searches = 0; searches < 2; searches++) {
        oss_stream *stream = open_searching(searches == 1);
        for (int64_t at = 0; at < samples; at += RATE / 4) {
            oss_transcript *heard = NULL;
            ok(oss_stream_accept(stream, x + at, samples - at < RATE / 4 ? samples - at : RATE / 4, RATE));
            ok(oss_stream_partial(stream, &heard));
            oss_case_append(partial[searches], STORY_BYTES, heard);
            oss_transcript_free(heard);
        }
        ok(oss_stream_reset(stream));
        story[searches] = oss_case_story(stream, x, samples, RATE, 1600);
        oss_stream_free(stream);
    }
    ck_assert_str_eq(story[0], story[1]);
    ck_assert_ptr_nonnull(strstr(partial[0], "a "));
    ck_assert_str_eq(partial[0], partial[1]);
    free(story[0]);
    free(story[1]);
    free(x);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/utterances");
    TCase *tests = tcase_create("utterances");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_is_sure_is_the_greedy_text);
    tcase_add_test(tests, pieces_and_partials_change_nothing);
    tcase_add_test(tests, utterances_end_in_pauses);
    tcase_add_test(tests, hours_are_cut);
    tcase_add_test(tests, nothing_said_is_a_transcript);
    tcase_add_test(tests, short_memory_is_told);
    tcase_add_test(tests, streams_search_too);
    suite_add_tcase(suite, tests);
    return suite;
}
