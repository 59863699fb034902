/* Files that were made to cost memory or time: each is an error, 64 MiB and a second at most. */
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "cli/cli_cases.h"
#include "model/safetensors.h"
#include "support/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
enum { SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { SANITIZED = 0 };
#endif

enum { MOST_KIB = 64 << 10, GIBIBYTE = 1 << 30 };
static const double MOST_SECONDS = 1.0;

static oss_cli_case c;
static char *path, *out;
static size_t most_told = 600; /* bytes of messages */

static void set_up(void) {
    c = oss_cli_case_make();
    path = oss_tempdir_path(c.folder, "hostile");
    out = oss_tempdir_path(c.folder, "out");
}

static void tear_down(void) {
    free(path);
    free(out);
    oss_cli_case_free(&c);
}

/* ---- Files ---- */

/* `begin`, `piece` some times, `end`; then zeros, which take no room on the disk, up to `size`. With the length of it all in
 * front when it is to be a header. */
static void write_pieces(bool is_header, const char *begin, const char *piece, long pieces, const char *end,
                         off_t size) {
    enum { PIECES_A_BLOCK = 4096 };
    const size_t length = strlen(piece);
    const uint64_t bytes = strlen(begin) + length * (size_t)pieces + strlen(end);
    char *block = malloc(length * PIECES_A_BLOCK + 1);
    FILE *file = fopen(path, "wb");
    ck_assert(block != NULL && file != NULL);
    for (size_t i = 0; i < PIECES_A_BLOCK; i++) {
        memcpy(block + i * length, piece, length);
    }
    bool ok = !is_header || fwrite(&bytes, 1, sizeof bytes, file) == sizeof bytes;
    ok = fputs(begin, file) >= 0 && ok;
    for (long left = pieces; left > 0 && ok; left -= PIECES_A_BLOCK) {
        size_t count = length * (size_t)(left < PIECES_A_BLOCK ? left : PIECES_A_BLOCK);
        ok = fwrite(block, 1, count, file) == count;
    }
    ok = fputs(end, file) >= 0 && ok;
    ck_assert(fclose(file) == 0 && ok);
    ck_assert(size == 0 || truncate(path, size) == 0);
    free(block);
}

static char *repeat(const char *begin, const char *piece, size_t bytes, const char *end) {
    char *text = malloc(bytes + strlen(begin) + strlen(piece) + strlen(end) + 1);
    ck_assert_ptr_nonnull(text);
    size_t at = strlen(strcpy(text, begin));
    while (at < bytes) {
        strcpy(text + at, piece);
        at += strlen(piece);
    }
    strcpy(text + at, end);
    return text;
}

/* A model whose sum is right: what its metadata say is looked at. */
static void write_model(const char *config, const char *vocab) {
    const oss_st_meta meta[] = {{"ossicle_format", "1"}, {"config", config}, {"vocab", vocab}};
    ck_assert_msg(oss_safetensors_save(path, NULL, 0, meta, 3, NULL) == OSS_OK, "%s", oss_last_error());
}

/* ---- What it costs ---- */

#define assert_cheap(message, ...)                                                                           \
    assert_cheap_words(__LINE__, message, (const char *const[]){__VA_ARGS__, NULL})
static void assert_cheap_words(int line, const char *message, const char *const word[]) {
    oss_program_run run = oss_program_run_words(OSS_STDOUT_KEEP, word);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, message);
    ck_assert_msg(SANITIZED || run.peak_kib <= MOST_KIB, "line %d: %ld KiB: %s", line, run.peak_kib, run.err);
    ck_assert_msg(SANITIZED || run.cpu_seconds <= MOST_SECONDS, "line %d: %.2f s: %s", line, run.cpu_seconds,
                  run.err);
    ck_assert_msg(strlen(run.err) < most_told, "%s", run.err);
    oss_program_run_deinit(&run);
}

START_TEST(test_headers) {
    static const struct {
        const char *begin, *piece, *end, *message;
        long pieces;
    } header[] = {
        {"{\"x\":[", "0,", "0]}", "8388608 are the most", 10000000},
        {"{\"x\":[", "0,", "0]}", "all the memory", 4000000},
        {"{\"__metadata__\":{\"x\":[", "0,", "0]}}", "must be a string", 250000},
        {"{\"\":0", ",\"\":0", "}", "there twice", 170000},
        {"{\"x\":[", "[],", "0]}", "must have \"dtype\"", 250000},
        {"{\"x\":\"", "\\u1234", "\"}", "must have \"dtype\"", 1390000},
        {"", "[", "", "does not begin with '{'", 8000000},
    };
    for (size_t i = 0; i < sizeof header / sizeof *header; i++) {
        write_pieces(true, header[i].begin, header[i].piece, header[i].pieces, header[i].end, 0);
        assert_cheap(header[i].message, "info", path);
    }
}
END_TEST

static const char large[] = "{\"__metadata__\":{\"ossicle_format\":\"1\",\"config\":\"{}\",\"ossicle_sum\":"
                            "\"0123456789abcdef\"},\"x\":{\"dtype\":\"U8\",\"shape\":[1073741824],"
                            "\"data_offsets\":[0,1073741824]}}";

START_TEST(test_large_files) {
    char *config = oss_tempdir_path(c.folder, "config.json");
    oss_cli_case_write(&c, "config.json", "{}");
    write_pieces(false, "", "", 0, "", GIBIBYTE);
    assert_cheap("no safetensors file", "info", path);
    assert_cheap("no safetensors file", "transcribe", "--model", path, c.three);
    assert_cheap("no safetensors file", "import", "--config", config, "-o", out, path);
    assert_cheap("neither a language model", "transcribe", "--model", c.model, "--lm", path, c.three);
    assert_cheap("larger than", "features", "--config", path, "-o", out, c.three);
    assert_cheap("larger than", "import", "--config", config, "--vocab", path, "-o", out, c.model);
    write_pieces(true, large, "", 0, "", 8 + (off_t)strlen(large) + GIBIBYTE);
    assert_cheap("is missing", "info", path);
    assert_cheap("is missing", "transcribe", "--model", path, c.three);
    assert_cheap("is not part of the network", "import", "--config", config, "-o", out, path);
    free(config);
}
END_TEST

START_TEST(test_metadata) {
    char *numbers = repeat("[0", ",0", 4000000, "]"), *keys = repeat("{\"\":0", ",\"\":0", 900000, "}"),
         *text = repeat("\"", "\\\\", 4000000, "\""), *symbols = repeat("[\"\"", ",\"\"", 450000, "]");
    const char *hostile[] = {numbers, keys, text, symbols};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        write_model(hostile[i], "[]");
        assert_cheap("config: ", "info", path);
        write_model("{}", hostile[i]);
        assert_cheap("vocab: ", "info", path);
        free((char *)(uintptr_t)hostile[i]);
    }
}
END_TEST

START_TEST(test_configs_and_vocabularies) {
    static const struct {
        const char *begin, *piece, *end;
        long pieces;
    } file[] = {{"{\"x\":[", "0,", "0]}", 500000},
                {"{\"lr\":\"", "x", "\"}", 1000000},
                {"{\"a\":0", ",\"a\":0", "}", 160000},
                {"[\"<blank>\",\"<UNK>\"", ",\"a\"", "]", 4000000},
                {"[\"<blank>\",\"<UNK>\"", ",\"a\"", "]", 170000},
                {"[\"<blank>\",\"", "a", "\"]", 16000000}};
    char *config = oss_tempdir_path(c.folder, "config.json");
    oss_cli_case_write(&c, "config.json", "{}");
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        write_pieces(false, file[i].begin, file[i].piece, file[i].pieces, file[i].end, 0);
        assert_cheap("hostile", "features", "--config", path, "-o", out, c.three);
        assert_cheap("hostile", "import", "--config", config, "--vocab", path, "-o", out, c.model);
    }
    free(config);
}
END_TEST

START_TEST(test_language_models) {
    static const struct {
        const char *begin, *piece, *message;
    } file[] = {{"", "\n", "empty lines"},
                {"", "x\n", "no line \\data\\"},
                {"", "x", "no line \\data\\"},
                {"\\data\\\nngram 1=3\n", "\n", "empty lines"},
                {"\\data\\\nngram 1=3\n\\1-grams:\n", "-1 a\n", "one more n-gram"},
                {"\\data\\\nngram 1=3000000000\n\\1-grams:\n-1 a\n", "\n", "empty lines"}};
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        write_pieces(false, file[i].begin, file[i].piece, 4000000, "", 0);
        assert_cheap(file[i].message, "transcribe", "--model", c.model, "--lm", path, c.three);
    }
    /* Our own form: its magic, and the size that it says; counts of no model. */
    char header[128] = "OSSLM\r\n";
    const uint32_t version = 1, order = 0x01020304;
    const uint64_t bytes = GIBIBYTE;
    memcpy(header + 8, &version, sizeof version);
    memcpy(header + 12, &order, sizeof order);
    memcpy(header + 24, &bytes, sizeof bytes);
    oss_tempdir_write(path, header, sizeof header);
    ck_assert_int_eq(truncate(path, GIBIBYTE), 0);
    assert_cheap("counts", "transcribe", "--model", c.model, "--lm", path, c.three);
}
END_TEST

START_TEST(test_csvs) {
    static const struct {
        const char *begin, *piece;
    } file[] = {{"wav,text\n", ","}, {"wav,text\na.wav,", "x"}, {"", "x,"}};
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        write_pieces(false, file[i].begin, file[i].piece, 4000000, "", 0);
        assert_cheap("hostile", "eval", "--model", c.model, "--csv", path);
    }
}
END_TEST

/* By all that read a CSV; those that name each row that failed say how many more there are. */
static void assert_csv_is_cheap(const char *message, const char *summary) {
    char setting[300], *config = oss_tempdir_path(c.folder, "config.json");
    snprintf(setting, sizeof setting, "train_csv=%s", path);
    oss_cli_case_write(&c, "config.json", "{}");
    most_told = 8000;
    assert_cheap(message, "check", "--csv", path);
    assert_cheap(message, "check", "--json", "--csv", path);
    assert_cheap(message, "train", "--config", config, "--run", out, "--set", setting);
    assert_cheap(message, "lm", "build", "--order", "2", "-o", out, "--csv", path);
    assert_cheap(message, "eval", "--model", c.model, "--csv", path);
    assert_cheap(summary, "eval", "--model", c.model, "--csv", path);
    assert_cheap(message, "align", "--model", c.model, "--csv", path);
    assert_cheap(summary, "vocab", "--units", "char", "--csv", path);
    most_told = 600;
    free(config);
}

START_TEST(test_csvs_of_a_gibibyte) {
    write_pieces(false, "", "", 0, "", GIBIBYTE);
    assert_csv_is_cheap("NUL byte", "NUL byte");
    write_pieces(false, "wav,text\n", "", 0, "", GIBIBYTE);
    assert_csv_is_cheap("NUL byte", "NUL byte");
}
END_TEST

/* Each row is wrong: some are named, and how many there are. */
START_TEST(test_csvs_of_wrong_rows) {
    write_pieces(false, "wav,text\n", "\"x\n", 4000000, "", 0);
    assert_csv_is_cheap("10000 of the first 10000 rows are wrong", "and 9979 more failed");
    write_pieces(false, "wav,text\nx,\"y\n", "x\n", 4000000, "", 0);
    assert_csv_is_cheap("10000 of the first 10000 rows are wrong", "and 9979 more failed");
}
END_TEST

/* A model of ours that is damaged gets no new sum, unless whoever imports it says that it shall. */
START_TEST(test_import_of_a_damaged_model) {
    long bytes = 0;
    char *model = oss_tempdir_read(c.model, &bytes), *config = oss_tempdir_path(c.folder, "config.json");
    oss_cli_case_write(&c, "config.json", "{\"mel_norm\":\"none\"}");
    model[bytes - 1] ^= 1;
    oss_tempdir_write(path, model, bytes);
    oss_program_run run = oss_run_ossicle("import", "--config", config, "-o", out, path);
    oss_program_expect(&run, 3);
    oss_program_expect_err(&run, "does not fit its ossicle_sum");
    oss_program_expect_err(&run, "import --force");
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("import", "--force", "--config", config, "-o", out, path);
    oss_program_expect_err(&run, "warning: ");
    oss_program_expect_err(&run, "are missing, under these names"); /* the sum stands in the way no more */
    oss_program_run_deinit(&run);
    free(config);
    free(model);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("cli/hostile files");
    TCase *all = tcase_create("hostile");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, test_headers);
    tcase_add_test(all, test_large_files);
    tcase_add_test(all, test_metadata);
    tcase_add_test(all, test_configs_and_vocabularies);
    tcase_add_test(all, test_language_models);
    tcase_add_test(all, test_csvs);
    tcase_add_test(all, test_csvs_of_a_gibibyte);
    tcase_add_test(all, test_csvs_of_wrong_rows);
    tcase_add_test(all, test_import_of_a_damaged_model);
    suite_add_tcase(suite, all);
    return suite;
}
