/* Rows that are there twice: the same sound, by the hash of its samples. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "check/parts.h"
#include "check/report_internal.h"

typedef struct twin {
    uint64_t sound, text; /* hashes */
    int32_t row;
} twin;

static int compare_twins(const void *left, const void *right) {
    const twin *a = left, *b = right;
    if (a->sound != b->sound) {
        return a->sound < b->sound ? -1 : 1;
    }
    if (a->text != b->text) {
        return a->text < b->text ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static int32_t collect_twins(twin *out, const oss_check_input *input) {
    int32_t count = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        const oss_check_row *row = &input->row[i];
        if (row->usable && row->sound.measure.hash != 0) {
            out[count++] = (twin){row->sound.measure.hash, oss_hash(row->csv.text, strlen(row->csv.text)), i};
        }
    }
    qsort(out, (size_t)count, sizeof *out, compare_twins);
    return count;
}

static bool is_listed_twice(const oss_check_input *input, int32_t a, int32_t b) {
    return strcmp(input->row[a].csv.path, input->row[b].csv.path) == 0;
}

static oss_status note_twin(oss_check_report *report, const oss_check_input *input, oss_check_kind kind,
                            int32_t row, int32_t other) {
    const oss_check_row *first = &input->row[other];
    bool same_csv = first->source == input->row[row].source;
    return oss_check_note(report, kind, row, other, "%s%.200s%srow %lld%s%.80s%s",
                          is_listed_twice(input, row, other) ? "listed in " : "the same sound as in ",
                          same_csv ? "" : input->source[first->source].csv, same_csv ? "" : ", ",
                          (long long)first->csv.number, is_listed_twice(input, row, other) ? "" : " (",
                          is_listed_twice(input, row, other) ? " too" : first->csv.wav,
                          is_listed_twice(input, row, other) ? "" : ")");
}

/* Rows with one sound, sorted by text and then by number. */
static oss_status note_group(oss_check_report *report, const oss_check_input *input, const twin *group,
                             int32_t count) {
    int32_t first[OSS_CHECK_SETS] = {-1, -1};    /* the earliest row of each set */
    int32_t original[OSS_CHECK_SETS] = {-1, -1}; /* the earliest one with the text at hand */
    for (int32_t i = 0; i < count; i++) {
        oss_check_set set = oss_check_set_of(input, group[i].row);
        first[set] = first[set] < 0 || group[i].row < first[set] ? group[i].row : first[set];
    }
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < count && status == OSS_OK; i++) {
        int32_t row = group[i].row;
        oss_check_set set = oss_check_set_of(input, row);
        if (i > 0 && group[i].text != group[i - 1].text) {
            original[OSS_CHECK_TRAIN] = original[OSS_CHECK_DEV] = -1;
        }
        if (original[set] >= 0) {
            status = note_twin(report, input, OSS_CHECK_DUPLICATE, row, original[set]);
        } else if (first[set] != row) {
            status = note_twin(report, input, OSS_CHECK_CONFLICT, row, first[set]);
        }
        original[set] = original[set] < 0 ? row : original[set];
        if (status == OSS_OK && set == OSS_CHECK_TRAIN && first[OSS_CHECK_DEV] >= 0) {
            status = note_twin(report, input, OSS_CHECK_LEAK, row, first[OSS_CHECK_DEV]);
        }
    }
    return status;
}

oss_status oss_check_twins(oss_check_report *report, const oss_check_input *input) {
    twin *list = oss_alloc((size_t)input->rows, sizeof *list);
    if (list == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    int32_t count = collect_twins(list, input);
    for (int32_t begin = 0, end; begin < count && status == OSS_OK; begin = end) {
        for (end = begin + 1; end < count && list[end].sound == list[begin].sound; end++) {
        }
        if (end - begin > 1) {
            status = note_group(report, input, list + begin, end - begin);
        }
    }
    oss_free(list);
    return status;
}
