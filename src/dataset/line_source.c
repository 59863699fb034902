#include "dataset/line_source.h"

#include "base/mem.h"

static oss_status next_row(oss_row_source *base, oss_source_row *out, bool *out_is_there) {
    oss_line_source *source = (oss_line_source *)base;
    char *line = NULL;
    oss_status status = oss_row_lines_next(&source->lines, &line);
    if (status == OSS_OK && line != NULL) {
        oss_source_row row = {.number = source->lines.rows,
                              .line = source->lines.lines.number,
                              .file = source->lines.path,
                              .end_seconds = -1};
        status = source->parse(source, line, &row);
        if (status == OSS_OK) {
            *out = row;
        }
    }
    if (status == OSS_OK) {
        *out_is_there = line != NULL;
    }
    return status == OSS_EINPUT ? oss_row_lines_refuse(&source->lines) : status;
}

static oss_status refuse_row(oss_row_source *base) {
    return oss_row_lines_refuse(&((oss_line_source *)base)->lines);
}

static oss_csv_place get_place(const oss_row_source *base) {
    const oss_line_source *source = (const oss_line_source *)base;
    return (oss_csv_place){.number = source->lines.rows, .line = source->lines.lines.number};
}

void oss_line_source_free(oss_row_source *base) {
    oss_line_source *source = (oss_line_source *)base;
    if (source->deinit != NULL) {
        source->deinit(source);
    }
    oss_row_lines_tell(&source->lines);
    oss_row_lines_close(&source->lines);
    oss_free(source);
}

static const oss_row_source_type line_type = {next_row, get_place, NULL, refuse_row, oss_line_source_free};

oss_status oss_line_source_create(oss_line_source **out, size_t bytes, const char *path, const char *folder) {
    oss_line_source *source = oss_alloc_zero(1, bytes);
    if (source == NULL) {
        return OSS_ENOMEM;
    }
    source->base.type = &line_type;
    source->folder = folder;
    oss_status status = oss_row_lines_open(&source->lines, path);
    if (status != OSS_OK) {
        oss_free(source);
        return status;
    }
    *out = source;
    return OSS_OK;
}
