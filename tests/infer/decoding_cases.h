/* What the tests of decoding share: a model that is of two minds, and language models that are not. */
#ifndef OSS_TESTS_INFER_DECODING_CASES_H
#define OSS_TESTS_INFER_DECODING_CASES_H

#include "infer/recognizer_cases.h"

/* Every frame is "a" with a logit of 6 or, nearly as likely, "b", and a space. */
static inline void oss_case_doubt(oss_model *model) {
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    float *bias = oss_models_value(model, "head.bias", NULL);
    bias[oss_vocab_find(model->vocab, "b")] = 5.5F;
}

/* What says "a a a a" of it. */
static inline place oss_case_doubtful_place(void) {
    oss_network_sizes sizes = oss_network_micro();
    place p = make_place(&sizes);
    oss_model *model = oss_models_create(&sizes);
    oss_case_doubt(model);
    ok(oss_model_save(model, p.model));
    oss_model_free(model);
    return p;
}

#define OSS_CASE_ARPA_PREFERS_B                                                                              \
    "\\data\\\nngram 1=5\nngram 2=1\n\n\\1-grams:\n-99\t<s>\t0\n-1\t</s>\n-4\t<unk>\n-3\ta\n-0.1\tb\t0\n\n"  \
    "\\2-grams:\n-0.05\tb b\n\n\\end\\\n"
/* The model's symbols, of which "a" is the least likely. */
#define OSS_CASE_ARPA_OF_SYMBOLS                                                                             \
    "\\data\\\nngram 1=12\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-0.3\t_\n-9\ta\n-0.3\tb\n-3\tc\n"    \
    "-3\td\n-3\te\n-3\tf\n-3\tg\n-3\th\n\n\\end\\\n"
#define OSS_CASE_ARPA_IN_CAPITALS                                                                            \
    "\\data\\\nngram 1=6\n\n\\1-grams:\n-99\t<s>\n-1\t</s>\n-4\t<unk>\n-1\tA\n-1\tB\n-1\tAB\n\n\\end\\\n"

/* A file in the place's folder; free the path. */
static inline char *oss_case_write(const place *p, const char *name, const char *text) {
    char *path = oss_tempdir_path(p->folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    return path;
}

static inline oss_recognizer *oss_case_open(const place *p) {
    oss_recognizer *recognizer = NULL;
    ok(oss_recognizer_create(&recognizer, p->model, &(oss_recognizer_options){OSS_SIZE, .threads = 1}));
    return recognizer;
}

static inline void oss_case_expect_text(oss_recognizer *recognizer, const place *p, const char *wanted) {
    char *text = NULL;
    ok(oss_recognizer_transcribe_file(recognizer, p->wav, &text, NULL));
    ck_assert_str_eq(text, wanted);
    oss_string_free(text);
}

#endif
