/* Recordings of which only a part is there. */
#include <stdlib.h>

#include "infer/encoder_cases.h"
#include "ossicle/ossicle.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/wav.h"

enum { SAMPLES = 5003 };

/* A file that breaks off: refused, or taken as far as it goes, by choice. */
START_TEST(test_truncated) {
    char *folder = oss_tempdir_make();
    char *path = oss_tempdir_path(folder, "model.safetensors");
    char *wav = oss_tempdir_path(folder, "sound.wav");
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    float *x = oss_case_audio(SAMPLES, 3);
    oss_recognizer *strict = NULL, *lenient = NULL;
    oss_wav_write_f32(wav, x, SAMPLES, 1, 16000);
    ok(oss_model_save(model, path));
    oss_model_free(model);
    ok(oss_recognizer_create(&strict, path, NULL));
    ok(oss_recognizer_create(
        &lenient, path,
        &(oss_recognizer_options){.size = sizeof(oss_recognizer_options), .allow_truncated = 1}));
    char *text = NULL;
    double seconds = 0.0;
    ok(oss_recognizer_transcribe_file(lenient, wav, &text, &seconds));
    ck_assert_int_eq(oss_recognizer_was_cut_off(lenient), 0);
    oss_string_free(text);
    long bytes = 0;
    char *all = oss_tempdir_read(wav, &bytes);
    oss_tempdir_write(wav, all, bytes - 4 * 1003);
    free(all);
    text = NULL;
    ck_assert_int_eq(oss_recognizer_transcribe_file(strict, wav, &text, NULL), OSS_EINPUT);
    ck_assert_int_eq(oss_recognizer_was_cut_off(strict), 0);
    ck_assert_ptr_null(text);
    ok(oss_recognizer_transcribe_file(lenient, wav, &text, &seconds));
    ck_assert_int_eq(oss_recognizer_was_cut_off(lenient), 1);
    ck_assert_double_eq_tol(seconds, (SAMPLES - 1003) / 16000.0, 1e-9);
    char *want = NULL;
    ok(oss_recognizer_transcribe_samples(strict, x, SAMPLES - 1003, 16000, &want));
    ck_assert_str_eq(text, want);
    oss_string_free(want);
    oss_string_free(text);
    oss_recognizer_free(strict);
    oss_recognizer_free(lenient);
    free(x);
    free(wav);
    free(path);
    oss_tempdir_remove(folder);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("infer/input");
    TCase *tests = tcase_create("input");
    tcase_add_test(tests, test_truncated);
    suite_add_tcase(suite, tests);
    return suite;
}
