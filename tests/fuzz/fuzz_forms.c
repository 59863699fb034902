/* Rows of datasets in the forms of other toolkits. The first byte says which form the file has.
 */
#include <string.h>

#include "base/utf8.h"
#include "dataset/dataset.h"
#include "fuzz/fuzz.h"

static void check_text(const char *text) {
    size_t length = strlen(text);
    ck_assert_uint_eq(oss_utf8_valid_length(text, length), length);
}

/* Every call takes some of the file, or fails for good. */
static void read_rows(const char *path, size_t size, oss_data_format format) {
    oss_dataset *dataset = NULL;
    if (!oss_fuzz_ok(oss_dataset_open(&dataset, path, format, OSS_CASE_LOWER))) {
        return;
    }
    bool more = true;
    int64_t number = 0;
    for (size_t calls = 0; more && calls <= size + 1; calls++) {
        oss_dataset_row row = {0};
        bool is_there = false;
        oss_status status = oss_dataset_next(dataset, &row, &is_there);
        bool is_ok = oss_fuzz_ok(status);
        more = is_ok ? is_there : status == OSS_EINPUT;
        if (is_there) {
            ck_assert_int_gt(row.number, number);
            ck_assert_int_ge(row.line, row.number);
            ck_assert(row.wav[0] != '\0' && row.start_seconds >= 0);
            ck_assert(row.end_seconds < 0 || row.end_seconds > row.start_seconds);
            check_text(row.text);
            check_text(oss_dataset_source_text(dataset));
            number = row.number;
            oss_dataset_row_deinit(&row);
        }
    }
    ck_assert(!more);
    oss_dataset_free(dataset);
}

static void run(const uint8_t *data, size_t size) {
    static const oss_data_format format[] = {OSS_DATA_NEMO, OSS_DATA_COMMONVOICE, OSS_DATA_LJSPEECH};
    oss_fuzz_bytes bytes = {data, size};
    uint8_t how = oss_fuzz_u8(&bytes);
    const char *path = oss_fuzz_file(bytes.at, bytes.left);
    oss_data_format found = OSS_DATA_AUTO;
    if (oss_fuzz_ok(oss_dataset_find_format(&found, path))) {
        ck_assert_int_ne(found, OSS_DATA_AUTO);
    }
    read_rows(path, bytes.left, format[how % 3]);
}

static void seeds(void) {
    static const char *const text[] = {
        ("{\"audio_filepath\": \"a.wav\", \"text\": \"x\", \"duration\": 1.5, \"offset\": 0.5, \"speaker\": \"s\"}\n"
         "{\"audio_filepath\": \"b.wav\", \"text\": \"\"}\n\n{\"file_name\": \"b.wav\", \"sentence\": null}\n"),
        "client_id\tpath\tsentence\ns\ta.mp3\t\"hola\n\ta.mp3\tb\tc\n\t\t\n",
        "\xef\xbb\xbfLJ1|a \"b|a b\r\nLJ2|c\n|\nx/y|d|\n"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        for (uint8_t how = 0; how < 3; how++) {
            oss_fuzz_seed_after(how, text[i], strlen(text[i]));
        }
    }
}

const oss_fuzz_target oss_target_forms = {.name = "forms", .run = run, .seeds = seeds};
