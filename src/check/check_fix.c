#include "check/check_fix.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"

enum { COPY_BYTES = 1 << 14 };

typedef struct fix_job {
    const oss_check_data *data;
    const oss_check_report *report;
    const char *csv;
    oss_source source;
    uint64_t position_bytes; /* of the next byte to be copied or skipped */
    oss_writer writer;
    char *folder; /* of the CSV, as its rows name it */
    char *prefix; /* for paths, with a slash at its end; NULL: they stay as they are */
} fix_job;

/* ---- Paths ---- */

/* The folder of a file that is, or will be, there. */
static oss_status find_folder(char **out, const char *path) {
    char here[PATH_MAX];
    char *folder = oss_path_folder(path);
    if (folder == NULL) {
        return OSS_ENOMEM;
    }
    if (oss_path_is_absolute(folder)) {
        *out = folder;
        return OSS_OK;
    }
    oss_status status = OSS_OK;
    if (getcwd(here, sizeof here) == NULL) {
        status = oss_fail_errno(errno, "cannot name the working directory");
    } else if (strcmp(folder, ".") == 0) {
        *out = oss_strdup(here);
    } else {
        *out = oss_path_join(here, folder);
    }
    oss_free(folder);
    return status == OSS_OK && *out == NULL ? OSS_ENOMEM : status;
}

static oss_status plan_prefix(fix_job *job, const char *out_path) {
    char *from = NULL, *to = NULL;
    oss_strbuf prefix = {0};
    job->folder = oss_path_folder(job->csv);
    oss_status status = job->folder == NULL ? OSS_ENOMEM : find_folder(&from, job->csv);
    if (status == OSS_OK) {
        status = find_folder(&to, out_path);
    }
    if (status == OSS_OK && strcmp(from, to) != 0 && !oss_file_is_same(from, to)) {
        if (strpbrk(from, ",\"\r\n") != NULL) {
            status = oss_fail(OSS_EUSAGE,
                              "%s: paths are relative to %s, whose name cannot be put before them: write the "
                              "new CSV into that folder",
                              out_path, from);
        }
        oss_strbuf_printf(&prefix, "%s/", from);
        job->prefix = oss_strbuf_take(&prefix);
        status = status == OSS_OK && job->prefix == NULL ? OSS_ENOMEM : status;
    }
    oss_free(from);
    oss_free(to);
    return status;
}

static oss_status was_beside(const fix_job *job, const oss_check_row *row, bool *out) {
    *out = false;
    if (job->prefix == NULL || oss_path_is_absolute(row->csv.wav)) {
        return OSS_OK;
    }
    char *beside = oss_path_join(job->folder, row->csv.wav);
    if (beside == NULL) {
        return OSS_ENOMEM;
    }
    *out = strcmp(beside, row->csv.path) == 0;
    oss_free(beside);
    return OSS_OK;
}

/* ---- Bytes ---- */

static oss_status read_bytes(fix_job *job, char *buffer, size_t bytes) {
    if (oss_source_read(&job->source, (int64_t)job->position_bytes, buffer, bytes) == bytes) {
        job->position_bytes += bytes;
        return OSS_OK;
    }
    oss_status status = oss_source_status(&job->source, job->csv);
    return status != OSS_OK ? status
                            : oss_fail(OSS_EINPUT, "%s: was cut while it was being checked", job->csv);
}

static oss_status copy_to(fix_job *job, uint64_t end) {
    char buffer[COPY_BYTES];
    oss_status status = OSS_OK;
    while (status == OSS_OK && job->position_bytes < end) {
        uint64_t left = end - job->position_bytes;
        size_t bytes = left < sizeof buffer ? (size_t)left : sizeof buffer;
        status = read_bytes(job, buffer, bytes);
        if (status == OSS_OK) {
            oss_writer_put(&job->writer, buffer, bytes);
        }
    }
    return status;
}

/* Copies up to the row's path, and puts the folder inside its quote. */
static oss_status put_prefix(fix_job *job, uint64_t wav_offset) {
    char first;
    oss_status status = copy_to(job, wav_offset);
    if (status == OSS_OK) {
        status = read_bytes(job, &first, 1);
    }
    if (status != OSS_OK) {
        return status;
    }
    if (first == '"') {
        oss_writer_put(&job->writer, &first, 1);
        oss_writer_put(&job->writer, job->prefix, strlen(job->prefix));
    } else {
        oss_writer_put(&job->writer, job->prefix, strlen(job->prefix));
        oss_writer_put(&job->writer, &first, 1);
    }
    return OSS_OK;
}

/* ---- Rows ---- */

static oss_status copy_rows(fix_job *job, oss_check_fixed *fixed) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < job->data->rows && status == OSS_OK; i++) {
        const oss_check_place *place = &job->data->place[i];
        if (job->data->row[i].source != 0) {
            continue;
        }
        if (job->report->unfit[i]) {
            status = copy_to(job, place->place.begin);
            job->position_bytes = place->place.end;
            continue;
        }
        bool beside;
        status = was_beside(job, &job->data->row[i], &beside);
        if (status == OSS_OK && beside) {
            status = put_prefix(job, place->wav_offset);
            fixed->moved = true;
        }
        fixed->kept++;
    }
    return status == OSS_OK ? copy_to(job, (uint64_t)job->source.size_bytes) : status;
}

/* Findings are sorted by kind, so a row's first one gives the reason. */
static oss_status count_left_out(oss_check_fixed *fixed, const oss_check_data *data,
                                 const oss_check_report *report) {
    bool *counted = oss_alloc_zero((size_t)data->rows, sizeof *counted);
    if (counted == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < report->findings; i++) {
        const oss_check_finding *finding = &report->finding[i];
        if (oss_check_is_unfit(finding->kind) && finding->kind != OSS_CHECK_INFEASIBLE &&
            data->row[finding->row].source == 0 && !counted[finding->row]) {
            fixed->left_out[finding->kind]++;
            counted[finding->row] = true;
        }
    }
    for (int32_t i = 0; i < data->rows; i++) {
        fixed->left_out[OSS_CHECK_INFEASIBLE] += report->unfit[i] && !counted[i] && data->row[i].source == 0;
    }
    oss_free(counted);
    return OSS_OK;
}

oss_status oss_check_fix(oss_check_fixed *out, const char *out_path, const oss_check_data *data,
                         const oss_check_report *report, const char *csv) {
    fix_job job = {.data = data, .report = report, .csv = csv, .source = {.fd = -1}};
    oss_check_fixed fixed = {0};
    oss_status status = plan_prefix(&job, out_path);
    if (status == OSS_OK) {
        status = oss_source_open(&job.source, job.csv);
    }
    if (status == OSS_OK) {
        status = oss_writer_open(&job.writer, out_path);
    }
    if (status == OSS_OK) {
        status = copy_rows(&job, &fixed);
    }
    if (status == OSS_OK) {
        status = count_left_out(&fixed, data, report);
    }
    if (status == OSS_OK) {
        status = oss_writer_commit(&job.writer);
    }
    oss_writer_abort(&job.writer);
    oss_source_close(&job.source);
    oss_free(job.folder);
    oss_free(job.prefix);
    if (status == OSS_OK) {
        *out = fixed;
    }
    return status;
}
