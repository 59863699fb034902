/* Forms with a row on each line: what they share. */
#ifndef OSS_DATASET_LINE_SOURCE_H
#define OSS_DATASET_LINE_SOURCE_H

#include "base/strbuf.h"
#include "dataset/row_lines.h"
#include "dataset/row_source.h"

/* Embedded first in a form's own struct. */
typedef struct oss_line_source {
    oss_row_source base;
    oss_row_lines lines;
    const char *folder; /* of the dataset; the caller's */
    /* Takes `line` apart, which may be written to and lives until the next call; out has number, line and file. */
    oss_status (*parse)(struct oss_line_source *source, char *line, oss_source_row *out);
    void (*deinit)(struct oss_line_source *source); /* of what the form adds; NULL: nothing */
} oss_line_source;

/* *out = `bytes` of zeros that begin with a source which reads `path`. The caller sets parse before the first row. */
oss_status oss_line_source_create(oss_line_source **out, size_t bytes, const char *path, const char *folder);
void oss_line_source_free(oss_row_source *source);

#endif
