#include "batch/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/hash.h"
#include "base/mem.h"

enum { MIN_SPEAKERS = 5 };

typedef struct group_member {
    uint64_t group;
    int32_t row;
    bool held_out;
} group_member;

static int compare_members(const void *left, const void *right) {
    const group_member *a = left, *b = right;
    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* The recording without its text: mending a transcript moves no row, and a recording with two transcripts is
 * not in both sets. */
static uint64_t hash_recording(const oss_row *row) {
    const struct {
        uint64_t wav;
        double start_seconds, end_seconds;
    } place = {oss_hash(row->csv.wav, strlen(row->csv.wav)), row->csv.start_seconds, row->csv.end_seconds};
    return oss_hash(&place, sizeof place);
}

static oss_status find_group(const oss_row *row, const oss_config *config, uint64_t *out) {
    switch (config->data.split_by) {
    case OSS_SPLIT_TEXT:
        *out = oss_hash(row->csv.text, strlen(row->csv.text));
        return OSS_OK;
    case OSS_SPLIT_ROW:
        *out = hash_recording(row);
        return OSS_OK;
    case OSS_SPLIT_SPEAKER:
        break;
    }
    if (row->csv.speaker == NULL || row->csv.speaker[0] == '\0') {
        return oss_fail(OSS_EINPUT,
                        "%s row %lld (%s) names no speaker: split_by \"speaker\" needs a filled column "
                        "\"speaker\"; or set split_by to text or row",
                        oss_source_path(config, row->source), (long long)row->csv.number, row->csv.wav);
    }
    *out = oss_hash(row->csv.speaker, strlen(row->csv.speaker));
    return OSS_OK;
}

static oss_status check_groups(int32_t groups, int32_t rows, const oss_config *config) {
    if (config->data.split_by == OSS_SPLIT_SPEAKER && groups < MIN_SPEAKERS) {
        return oss_fail(
            OSS_EINPUT,
            "%d speaker%s: split_by \"speaker\" needs at least %d, or the held-out ones say little. "
            "Set split_by to text or row, or give a dev_csv",
            groups, groups == 1 ? "" : "s", MIN_SPEAKERS);
    }
    if (groups < 2) {
        return oss_fail(
            OSS_EINPUT,
            "%d row%s with %s: nothing can be held out. %s, give a dev_csv, or set dev_fraction=0 "
            "to train without validation",
            rows, rows == 1 ? "" : "s",
            config->data.split_by == OSS_SPLIT_TEXT ? "one and the same text" : "one and the same recording",
            config->data.split_by == OSS_SPLIT_TEXT ? "Set split_by to row" : "Add rows");
    }
    return OSS_OK;
}

static int32_t group_size(const group_member *member, int32_t first, int32_t rows) {
    int32_t size = 1;
    while (first + size < rows && member[first + size].group == member[first].group) {
        size++;
    }
    return size;
}

static void take_group(group_member *member, int32_t first, int32_t size) {
    for (int32_t i = first; i < first + size; i++) {
        member[i].held_out = true;
    }
}

/* Takes groups in order, each that brings the number of rows nearer to the target. When every one is too
 * large for that, the first of the smallest. */
static void hold_out(group_member *member, int32_t rows, int32_t groups, double fraction) {
    double target = fmax(1.0, round(fraction * rows));
    int32_t taken_rows = 0, taken_groups = 0;
    int32_t smallest = 0, smallest_size = rows;
    for (int32_t first = 0, size; first < rows && taken_groups < groups - 1; first += size) {
        size = group_size(member, first, rows);
        if (size < smallest_size) {
            smallest = first;
            smallest_size = size;
        }
        double lacking = target - taken_rows;
        if (size - lacking < lacking) {
            take_group(member, first, size);
            taken_rows += size;
            taken_groups++;
        }
    }
    if (taken_groups == 0) {
        take_group(member, smallest, smallest_size);
    }
}

/* Moves the rows marked in held_out[rows], keeping the order in both. */
static oss_status move_rows(oss_manifest *train, oss_manifest *dev, const bool *held_out) {
    oss_status status = OSS_OK;
    int32_t kept = 0;
    for (int32_t i = 0; i < train->rows; i++) {
        if (held_out[i] && status == OSS_OK) {
            status = oss_manifest_add(dev, &train->row[i]);
        }
        if (!held_out[i] || status != OSS_OK) {
            train->row[kept++] = train->row[i];
        }
    }
    train->rows = kept;
    return status;
}

static oss_status mark_rows(group_member *member, bool *held_out, const oss_manifest *train,
                            const oss_config *config, int32_t *out_groups) {
    int32_t rows = train->rows;
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < rows && status == OSS_OK; i++) {
        member[i].row = i;
        status = find_group(&train->row[i], config, &member[i].group);
    }
    if (status != OSS_OK) {
        return status;
    }
    qsort(member, (size_t)rows, sizeof *member, compare_members);
    int32_t groups = 0;
    for (int32_t first = 0; first < rows; first += group_size(member, first, rows)) {
        groups++;
    }
    *out_groups = groups;
    status = check_groups(groups, rows, config);
    if (status == OSS_OK) {
        hold_out(member, rows, groups, config->data.dev_fraction);
        for (int32_t i = 0; i < rows; i++) {
            held_out[member[i].row] = member[i].held_out;
        }
    }
    return status;
}

oss_status oss_split(oss_manifest *train, oss_manifest *dev, const oss_config *config, int32_t *out_groups) {
    *out_groups = 0;
    if (config->data.dev_fraction <= 0) {
        return OSS_OK;
    }
    group_member *member = oss_alloc_zero((size_t)train->rows, sizeof *member);
    bool *held_out = oss_alloc_zero((size_t)train->rows, sizeof *held_out);
    oss_status status = member == NULL || held_out == NULL
                            ? OSS_ENOMEM
                            : mark_rows(member, held_out, train, config, out_groups);
    if (status == OSS_OK) {
        status = move_rows(train, dev, held_out);
    }
    oss_free(member);
    oss_free(held_out);
    return status;
}
