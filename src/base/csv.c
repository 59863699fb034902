#include "base/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/csv_scan.h"
#include "base/fail.h"
#include "base/mem.h"

enum { MAX_COLUMNS = 4096 };

struct oss_csv {
    csv_scan scan;
    char **name; /* [columns] */
    int32_t columns;
    char **field; /* [columns], into scan.text */
    oss_csv_row row;
};

void oss_csv_free(oss_csv *csv) {
    if (csv == NULL) {
        return;
    }
    for (int32_t i = 0; csv->name != NULL && i < csv->columns; i++) {
        oss_free(csv->name[i]);
    }
    oss_free(csv->name);
    oss_free(csv->field);
    oss_csv_scan_deinit(&csv->scan);
    oss_free(csv);
}

/* ---- Header ---- */

static char *copy_name(const char *text) {
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    return oss_strndup(text, length);
}

static int32_t find_name(const oss_csv *csv, const char *name, size_t length, int32_t columns) {
    for (int32_t i = 0; i < columns; i++) {
        if (strlen(csv->name[i]) == length && memcmp(csv->name[i], name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static oss_status keep_names(oss_csv *csv) {
    int32_t columns = csv->scan.fields;
    csv->name = oss_alloc_zero((size_t)columns, sizeof *csv->name);
    csv->field = oss_alloc_zero((size_t)columns, sizeof *csv->field);
    if (csv->name == NULL || csv->field == NULL) {
        return OSS_ENOMEM;
    }
    csv->columns = columns;
    for (int32_t i = 0; i < columns; i++) {
        csv->name[i] = copy_name(csv->scan.text + csv->scan.start[i]);
        if (csv->name[i] == NULL) {
            return OSS_ENOMEM;
        }
        if (csv->name[i][0] != '\0' && find_name(csv, csv->name[i], strlen(csv->name[i]), i) >= 0) {
            return oss_fail(OSS_EINPUT, "%s:%lld: two columns are named \"%s\"; rename one", csv->scan.path,
                            (long long)csv->scan.record_line, csv->name[i]);
        }
    }
    return OSS_OK;
}

static oss_status read_header(oss_csv *csv) {
    bool is_there = false;
    oss_status status = oss_csv_scan_record(&csv->scan, MAX_COLUMNS, &is_there);
    if (status != OSS_OK) {
        return status;
    }
    if (!is_there) {
        return oss_fail(OSS_EINPUT, "%s: is empty; its first line must name the columns", csv->scan.path);
    }
    if (csv->scan.complaint[0] != '\0') {
        return oss_fail(OSS_EINPUT, "%s:%lld: header: %s", csv->scan.path, (long long)csv->scan.record_line,
                        csv->scan.complaint);
    }
    if (csv->scan.fields > MAX_COLUMNS) {
        return oss_fail(OSS_EINPUT, "%s:%lld: %d columns are more than the %d that can be read",
                        csv->scan.path, (long long)csv->scan.record_line, csv->scan.fields, MAX_COLUMNS);
    }
    return keep_names(csv);
}

oss_status oss_csv_open(oss_csv **out, const char *path) {
    oss_csv *csv = oss_alloc_zero(1, sizeof *csv);
    if (csv == NULL) {
        return OSS_ENOMEM;
    }
    oss_status status = oss_csv_scan_init(&csv->scan, path);
    if (status == OSS_OK) {
        status = read_header(csv);
    }
    if (status != OSS_OK) {
        oss_csv_free(csv);
        return status;
    }
    *out = csv;
    return OSS_OK;
}

int32_t oss_csv_column(const oss_csv *csv, const char *names) {
    while (*names != '\0') {
        size_t length = strcspn(names, "|");
        int32_t found = find_name(csv, names, length, csv->columns);
        if (found >= 0) {
            return found;
        }
        names += length + (names[length] == '|');
    }
    return -1;
}

int32_t oss_csv_columns(const oss_csv *csv) {
    return csv->columns;
}

const char *oss_csv_column_name(const oss_csv *csv, int32_t index) {
    return csv->name[index];
}

/* ---- Rows ---- */

static oss_status refuse_row(const oss_csv *csv, const char *complaint) {
    return oss_fail(OSS_EINPUT, "%s:%lld: row %lld: %s", csv->scan.path, (long long)csv->scan.record_line,
                    (long long)csv->row.number, complaint);
}

static oss_status fill_row(oss_csv *csv) {
    csv->row.number++;
    csv->row.line = csv->scan.record_line;
    if (csv->scan.complaint[0] != '\0') {
        return refuse_row(csv, csv->scan.complaint);
    }
    if (csv->scan.fields != csv->columns) {
        char complaint[96];
        oss_csv_format_count(complaint, sizeof complaint, csv->scan.fields, csv->columns);
        return refuse_row(csv, complaint);
    }
    for (int32_t i = 0; i < csv->columns; i++) {
        csv->field[i] = csv->scan.text + csv->scan.start[i];
    }
    csv->row.fields = csv->columns;
    csv->row.field = csv->field;
    return OSS_OK;
}

oss_status oss_csv_next(oss_csv *csv, const oss_csv_row **out_row) {
    bool is_there = false;
    oss_status status = oss_csv_scan_record(&csv->scan, csv->columns, &is_there);
    if (status != OSS_OK) {
        return status;
    }
    if (!is_there) {
        *out_row = NULL;
        return OSS_OK;
    }
    status = fill_row(csv);
    if (status == OSS_OK) {
        *out_row = &csv->row;
    }
    return status;
}

oss_csv_place oss_csv_place_of_record(const oss_csv *csv) {
    return (oss_csv_place){csv->scan.record_line, csv->scan.record_begin, csv->scan.record_end};
}

uint64_t oss_csv_field_offset(const oss_csv *csv, int32_t column) {
    return csv->scan.offset[column];
}
