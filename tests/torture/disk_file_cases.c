/* Single files on a disk that lies. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment/wav_file.h"
#include "base/file.h"
#include "base/npy.h"
#include "model/vocab_file.h"
#include "ngram/pack.h"
#include "support/tempdir.h"
#include "support/training.h"
#include "torture/disk_cases.h"

static void save_model(const char *path, int32_t variant) {
    oss_training *training = oss_training_make(variant);
    ck_assert_msg(oss_model_save(training->model, path) == OSS_OK, "%s", oss_last_error());
    oss_training_free(training);
}

static void save_vocab(const char *path, int32_t variant) {
    const char *const symbol[] = {"<blank>", "<UNK>", variant == 1 ? "a" : "b"};
    oss_vocab *vocab = NULL;
    oss_config *config = NULL;
    ck_assert_int_eq(oss_vocab_from_symbols(&vocab, symbol, 3), OSS_OK);
    ck_assert_int_eq(oss_config_create(&config), OSS_OK);
    ck_assert_msg(oss_vocab_save(vocab, config, path) == OSS_OK, "%s", oss_last_error());
    oss_vocab_free(vocab);
    oss_config_free(config);
}

static oss_ngram *make_ngram(int32_t variant) {
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "a", "b"};
    const float ln_p[] = {-3.0F, -9.0F, -1.5F, -(float)variant, -2.0F}, backoff[] = {0, -0.5F, 0, 0, 0};
    static const uint32_t two[] = {1, 3, 3, 2};
    static const float ln_p2[] = {-0.5F, -0.75F};
    const oss_ngram_parts parts = {.order = 2,
                                   .token = tokens,
                                   .list = {{.count = 5, .ln_p = ln_p, .ln_backoff = backoff},
                                            {.count = 2, .token = two, .ln_p = ln_p2}}};
    oss_ngram *ngram = NULL;
    ck_assert_msg(oss_ngram_pack(&ngram, &parts) == OSS_OK, "%s", oss_last_error());
    return ngram;
}

static void save_lm(const char *path, int32_t variant) {
    oss_ngram *ngram = make_ngram(variant);
    ck_assert_msg(oss_ngram_save(ngram, path) == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
}

static void save_arpa(const char *path, int32_t variant) {
    oss_ngram *ngram = make_ngram(variant);
    ck_assert_msg(oss_ngram_write_arpa(ngram, path) == OSS_OK, "%s", oss_last_error());
    oss_ngram_free(ngram);
}

static void save_tuning(const char *path, int32_t variant) {
    if (!oss_file_exists(path)) {
        save_lm(path, 1);
    }
    const oss_ngram_tuning tuning = {.tuned = true,
                                     .has_penalty = true,
                                     .lm_weight = 0.25 * variant,
                                     .word_bonus = 1,
                                     .unknown_penalty = -8};
    ck_assert_msg(oss_ngram_save_tuning(path, &tuning) == OSS_OK, "%s", oss_last_error());
}

static void save_npy(const char *path, int32_t variant) {
    float x[600];
    for (int i = 0; i < 600; i++) {
        x[i] = (float)(i * variant);
    }
    ck_assert_msg(oss_npy_write(path, x, 60, 10) == OSS_OK, "%s", oss_last_error());
}

static void save_wav(const char *path, int32_t variant) {
    float x[4000];
    for (int i = 0; i < 4000; i++) {
        x[i] = (float)(i % (10 * variant)) / 100.0F;
    }
    ck_assert_msg(oss_wav_save(path, x, 4000, 16000, false) == OSS_OK, "%s", oss_last_error());
}

/* More than the writer's buffer, and a header that is set right at the end, as results are written. */
static void save_in_parts(const char *path, int32_t variant) {
    enum { PART = 50000 };
    static char part[PART];
    oss_writer writer = {0};
    memset(part, 'a' + variant, sizeof part);
    ck_assert_int_eq(oss_writer_open(&writer, path), OSS_OK);
    oss_writer_put(&writer, "0000", 4);
    for (int i = 0; i < 3; i++) {
        oss_writer_put(&writer, part, PART);
    }
    oss_writer_put_over(&writer, 0, "1234", 4);
    ck_assert_msg(oss_writer_commit(&writer) == OSS_OK, "%s", oss_last_error());
}

/* Of the kind of file that is being tried. */
static struct {
    void (*save)(const char *path, int32_t variant);
    char *content[3]; /* of variant 1 and 2 */
    long bytes[3];
} file;

static void save_file(const char *folder, int32_t variant) {
    char *path = oss_tempdir_path(folder, "file");
    file.save(path, variant);
    free(path);
}

static void choose(void (*save)(const char *path, int32_t variant)) {
    file.save = save;
    for (int32_t variant = 1; variant <= 2; variant++) {
        char *folder = oss_tempdir_make(), *path = oss_tempdir_path(folder, "file");
        save_file(folder, variant);
        free(file.content[variant]);
        file.content[variant] = oss_tempdir_read(path, &file.bytes[variant]);
        free(path);
        oss_tempdir_remove(folder);
    }
    ck_assert(file.bytes[1] != file.bytes[2] ||
              memcmp(file.content[1], file.content[2], (size_t)file.bytes[1]) != 0);
}

static void save_new_file(const char *folder, uint64_t seed) {
    (void)seed;
    save_file(folder, 2);
}

static int32_t find_variant(const char *folder) {
    char *path = oss_tempdir_path(folder, "file");
    long bytes = 0;
    char *text = oss_tempdir_read(path, &bytes);
    int32_t found = text == NULL ? 0 : -1;
    for (int32_t i = 1; i <= 2 && text != NULL; i++) {
        found = bytes == file.bytes[i] && memcmp(text, file.content[i], (size_t)bytes) == 0 ? i : found;
    }
    free(text);
    free(path);
    return found;
}

static bool look_file(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int32_t found = find_variant(folder);
    return found == 2 || (found == 1 && !crash->done);
}

static bool look_new_file(void *context, const char *folder, const oss_disk_crash *crash) {
    (void)context;
    int32_t found = find_variant(folder);
    return found == 2 || (found == 0 && !crash->done);
}

/* Over an old one, or where none was. */
#define BEFORE(kind)                                                                                         \
    static void before_##kind(const char *folder) {                                                          \
        choose(save_##kind);                                                                                 \
        save_file(folder, 1);                                                                                \
    }                                                                                                        \
    static void before_new_##kind(const char *folder) {                                                      \
        (void)folder;                                                                                        \
        choose(save_##kind);                                                                                 \
    }
BEFORE(model)
BEFORE(vocab)
BEFORE(lm)
BEFORE(arpa)
BEFORE(npy)
BEFORE(wav)
BEFORE(in_parts)

static void before_tuning(const char *folder) {
    choose(save_tuning);
    save_file(folder, 1);
}

const oss_disk_case oss_disk_file_case[OSS_DISK_FILE_CASES] = {
    {"a model file", before_model, save_new_file, look_file},
    {"a model file, new", before_new_model, save_new_file, look_new_file},
    {"a vocabulary", before_vocab, save_new_file, look_file},
    {"a vocabulary, new", before_new_vocab, save_new_file, look_new_file},
    {"a language model", before_lm, save_new_file, look_file},
    {"a language model, new", before_new_lm, save_new_file, look_new_file},
    {"what was tuned, into a language model", before_tuning, save_new_file, look_file},
    {"an ARPA file", before_arpa, save_new_file, look_file},
    {"an ARPA file, new", before_new_arpa, save_new_file, look_new_file},
    {"a .npy file", before_npy, save_new_file, look_file},
    {"a .npy file, new", before_new_npy, save_new_file, look_new_file},
    {"a .wav file", before_wav, save_new_file, look_file},
    {"a .wav file, new", before_new_wav, save_new_file, look_new_file},
    {"a file of several writes", before_in_parts, save_new_file, look_file},
    {"a file of several writes, new", before_new_in_parts, save_new_file, look_new_file},
};
