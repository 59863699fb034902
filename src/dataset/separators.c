#include "dataset/separators.h"

#include <string.h>

#include "base/fail.h"
#include "base/source.h"

/* Lists made for spreadsheets and databases are often separated otherwise. */
static const char *const other_separator[][2] = {{"\t", "tabs"}, {";", "semicolons"}, {"|", "vertical bars"}};
enum { OTHER_SEPARATORS = sizeof other_separator / sizeof *other_separator };

oss_status oss_separator_refuse(const char *csv_path, const char *separator, const char *columns) {
    return oss_fail(OSS_EINPUT,
                    "%s: its columns are separated by %s, and a CSV's by commas: save it as CSV (texts with "
                    "commas in double quotes) with %s",
                    csv_path, separator, columns);
}

/* NULL: by commas, as far as one sees. */
const char *oss_separator_find(const oss_csv *csv) {
    for (int i = 0; i < OTHER_SEPARATORS && oss_csv_columns(csv) == 1; i++) {
        if (strstr(oss_csv_column_name(csv, 0), other_separator[i][0]) != NULL) {
            return other_separator[i][1];
        }
    }
    return NULL;
}

/* What stands behind the first closing quote of a header that could not be read: a separator other than a comma, in
 * words, or NULL. */
static const char *find_separator_behind_quote(const char *header) {
    for (const char *at = strchr(header, '"'); at != NULL; at = strchr(at + 1, '"')) {
        const char *behind = at + 1 + strspn(at + 1, " ");
        if (behind[0] == ',') {
            return NULL;
        }
        for (int i = 0; i < OTHER_SEPARATORS; i++) {
            if (behind[0] == other_separator[i][0][0]) {
                return other_separator[i][1];
            }
        }
    }
    return NULL;
}

const char *oss_separator_find_in_file(const char *csv_path) {
    char header[1024] = ""; /* the first line, as far as it fits */
    oss_source source;
    if (oss_source_open(&source, csv_path) == OSS_OK) {
        header[oss_source_read(&source, 0, header, sizeof header - 1)] = '\0';
        header[strcspn(header, "\r\n")] = '\0';
        oss_source_close(&source);
    }
    return find_separator_behind_quote(header);
}
