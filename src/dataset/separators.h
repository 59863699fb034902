/* Lists whose columns are separated otherwise than by commas: what to say of them. */
#ifndef OSS_DATASET_SEPARATORS_H
#define OSS_DATASET_SEPARATORS_H

#include "base/csv.h"

/* OSS_EINPUT: its columns are separated by `separator` (words: "tabs"), and are to be saved with `columns`. */
oss_status oss_separator_refuse(const char *csv_path, const char *separator, const char *columns);
/* In words; NULL: by commas, as far as one sees. */
const char *oss_separator_find(const oss_csv *csv);
/* The same of a file whose header could not be read. */
const char *oss_separator_find_in_file(const char *csv_path);

#endif
