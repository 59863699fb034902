/* CSV rows, and the rows of datasets. The first byte says how the file is read. */
#include <string.h>

#include "base/csv.h"
#include "base/utf8.h"
#include "dataset/dataset.h"
#include "fuzz/fuzz.h"

enum { TOGETHER = 3 }; /* ways to read */

/* A cell that begins with "w" is a row by itself. */
static oss_status witness(void *context, const char *cell, const char *own, bool *out) {
    (void)context;
    oss_fuzz_read_all(cell, strlen(cell));
    *out = cell[0] == 'w' && (own == NULL || strcmp(own, cell) != 0);
    return OSS_OK;
}

static void check_row(const oss_csv *csv, const oss_csv_row *row, int64_t before) {
    ck_assert_int_eq(row->fields, oss_csv_columns(csv));
    ck_assert_int_gt(row->number, before);
    for (int32_t i = 0; i < row->fields; i++) {
        size_t length = strlen(row->field[i]);
        ck_assert_uint_eq(oss_utf8_valid_length(row->field[i], length), length);
    }
    oss_csv_place place = oss_csv_place_of_record(csv);
    ck_assert(place.begin < place.end && place.number == row->number);
    for (int32_t i = 0; i < row->fields; i++) {
        uint64_t at = oss_csv_field_offset(csv, i);
        ck_assert(at >= place.begin && at <= place.end);
    }
}

/* Every call takes some of the file, or fails for good. */
static void read_rows(oss_csv *csv, size_t size) {
    const oss_csv_row *row = NULL;
    int64_t number = 0;
    for (size_t calls = 0; calls <= size + 1; calls++) {
        bool is_ok = oss_fuzz_ok(oss_csv_next(csv, &row));
        if (is_ok && row == NULL) {
            return;
        }
        if (is_ok) {
            check_row(csv, row, number);
            number = row->number;
        } else if (oss_fuzz_has_faults()) {
            return;
        }
    }
    ck_abort_msg("%zu bytes were read without an end", size);
}

static void read_csv(const char *path, size_t size, bool with_witness) {
    oss_csv *csv = NULL;
    if (!oss_fuzz_ok(oss_csv_open(&csv, path))) {
        return;
    }
    for (int32_t i = 0; i < oss_csv_columns(csv); i++) {
        oss_fuzz_read_all(oss_csv_column_name(csv, i), strlen(oss_csv_column_name(csv, i)));
    }
    if (with_witness) {
        int32_t column = oss_csv_column(csv, "wav|audio");
        oss_csv_set_witness(csv, column < 0 ? 0 : column, witness, NULL);
    }
    read_rows(csv, size);
    oss_csv_free(csv);
}

/* What is no dataset is looked at as a recording, to say so, by libsndfile: that gets nothing of ours. */
static bool is_dataset(const char *path) {
    oss_csv *csv = NULL;
    bool is_one = oss_fuzz_ok(oss_csv_open(&csv, path)) &&
                  oss_csv_column(csv, "wav|audio|path|wav_filename") >= 0 &&
                  oss_csv_column(csv, "text|transcript|sentence") >= 0;
    oss_csv_free(csv);
    return is_one;
}

static void read_dataset(const char *path, size_t size, oss_case policy) {
    oss_dataset *dataset = NULL;
    if (!is_dataset(path) || !oss_fuzz_ok(oss_dataset_open(&dataset, path, OSS_DATA_CSV, policy))) {
        return;
    }
    bool more = true;
    for (size_t calls = 0; more && calls <= size + 1; calls++) {
        oss_dataset_row row = {0};
        bool is_there = false;
        if (!oss_fuzz_ok(oss_dataset_next(dataset, &row, &is_there))) {
            more = !oss_fuzz_has_faults();
        } else {
            more = is_there;
        }
        if (is_there) {
            oss_fuzz_read_all(oss_dataset_source_text(dataset), strlen(oss_dataset_source_text(dataset)));
            oss_dataset_row_deinit(&row);
        }
    }
    ck_assert(!more);
    oss_dataset_free(dataset);
}

static void run(const uint8_t *data, size_t size) {
    oss_fuzz_bytes bytes = {data, size};
    uint8_t how = oss_fuzz_u8(&bytes);
    const char *path = oss_fuzz_file(bytes.at, bytes.left);
    if (how % TOGETHER == 2) {
        read_dataset(path, bytes.left, (oss_case)(how / TOGETHER % 3));
    } else {
        read_csv(path, bytes.left, how % TOGETHER == 1);
    }
}

static void seeds(void) {
    static const char *const text[] = {
        "wav,text\na.wav,hello there\nb.wav,\"so, \"\"it\"\" is\"\n",
        "\xef\xbb\xbf wav , text ,speaker,start,end\r\nw1.wav,na\xc3\xafve,s,0.5,1.25\r\n\r\nw2.wav,x,t,,\r\n",
        "audio,sentence\nw1,\"open\nw2,and closed\"\nw3,\"never\nw4,x\n",
        "path|transcript\nx|y\n",
        "wav,text,\nw1,a\"b,\nw2,\"a\"b,\nw3,,,\n",
        "wav,text\nw1,\"two\nlines\"\nw2,\xff\nw3,ok\n"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        for (uint8_t how = 0; how < TOGETHER; how++) {
            oss_fuzz_seed_after(how, text[i], strlen(text[i]));
        }
    }
}

const oss_fuzz_target oss_target_csv = {.name = "csv", .run = run, .seeds = seeds};
