/* Tables of tab-separated values: a row a line, a tab between cells, whatever the cells hold. */
#ifndef OSS_BASE_TSV_H
#define OSS_BASE_TSV_H

#include "base/strbuf.h"

/* Appends a cell: tab, line feed, carriage return and backslash become \t \n \r \\, everything else stays as it is
 * (PostgreSQL's text format; docs/file-formats.md). */
void oss_tsv_append(oss_strbuf *line, const char *cell);

#endif
