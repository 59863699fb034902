/* What train and dev have in common. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check/parts.h"
#include "check/report_internal.h"

/* A name or a text, and where it is. */
typedef struct mention {
    const char *text;
    int32_t row;
} mention;

/* How often one of them is in each set, and first where. */
typedef struct mention_count {
    int64_t rows[OSS_CHECK_SETS];
    int32_t first[OSS_CHECK_SETS];
} mention_count;

static int compare_mentions(const void *left, const void *right) {
    const mention *a = left, *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

/* Of the mentions from `begin` on that are the same; returns where the next begins. */
static int32_t count_mentions(mention_count *out, const oss_check_input *input, const mention *list,
                              int32_t begin, int32_t count) {
    *out = (mention_count){.first = {-1, -1}};
    int32_t end = begin;
    for (; end < count && strcmp(list[end].text, list[begin].text) == 0; end++) {
        oss_check_set set = oss_check_set_of(input, list[end].row);
        out->first[set] = out->rows[set] == 0 ? list[end].row : out->first[set];
        out->rows[set]++;
    }
    return end;
}

static bool is_shared(const mention_count *count) {
    return count->rows[OSS_CHECK_TRAIN] > 0 && count->rows[OSS_CHECK_DEV] > 0;
}

static oss_status note_speakers(oss_check_report *report, const oss_check_input *input, mention *list) {
    int32_t count = 0;
    for (int32_t i = 0; i < input->rows; i++) {
        const oss_check_row *row = &input->row[i];
        if (row->usable && row->csv.speaker != NULL && row->csv.speaker[0] != '\0') {
            list[count++] = (mention){row->csv.speaker, i};
        }
    }
    qsort(list, (size_t)count, sizeof *list, compare_mentions);
    oss_status status = OSS_OK;
    for (int32_t begin = 0; begin < count && status == OSS_OK;) {
        mention_count speaker;
        const char *name = list[begin].text;
        begin = count_mentions(&speaker, input, list, begin, count);
        for (int set = 0; set < OSS_CHECK_SETS; set++) {
            report->set[set].speakers += speaker.rows[set] > 0;
        }
        if (is_shared(&speaker)) {
            status = oss_check_note(report, OSS_CHECK_SPEAKER, speaker.first[OSS_CHECK_TRAIN],
                                    speaker.first[OSS_CHECK_DEV], "%.200s: %lld rows of train, %lld of dev",
                                    name, (long long)speaker.rows[OSS_CHECK_TRAIN],
                                    (long long)speaker.rows[OSS_CHECK_DEV]);
        }
    }
    return status;
}

static oss_status note_texts(oss_check_report *report, const oss_check_input *input, mention *list) {
    int32_t count = 0, texts = 0;
    int64_t rows = 0;
    mention_count first = {0};
    for (int32_t i = 0; i < input->rows; i++) {
        if (input->row[i].usable && input->row[i].csv.text[0] != '\0') {
            list[count++] = (mention){input->row[i].csv.text, i};
        }
    }
    qsort(list, (size_t)count, sizeof *list, compare_mentions);
    for (int32_t begin = 0; begin < count;) {
        mention_count text;
        begin = count_mentions(&text, input, list, begin, count);
        if (is_shared(&text)) {
            bool earlier = texts == 0 || text.first[OSS_CHECK_DEV] < first.first[OSS_CHECK_DEV];
            first = earlier ? text : first;
            rows += text.rows[OSS_CHECK_DEV];
            texts++;
        }
    }
    if (texts == 0) {
        return OSS_OK;
    }
    return oss_check_note(report, OSS_CHECK_TEXTS, first.first[OSS_CHECK_DEV], first.first[OSS_CHECK_TRAIN],
                          "%d text%s of %lld dev row%s: what is scored there was trained", texts,
                          texts == 1 ? "" : "s", (long long)rows, rows == 1 ? "" : "s");
}

oss_status oss_check_sets(oss_check_report *report, const oss_check_input *input) {
    mention *list = oss_alloc((size_t)input->rows, sizeof *list);
    if (list == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = note_speakers(report, input, list);
    if (status == OSS_OK) {
        status = note_texts(report, input, list);
    }
    oss_free(list);
    return status;
}
