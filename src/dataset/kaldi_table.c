#include "dataset/kaldi_table.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

static const char blanks[] = " \t";

oss_status oss_kaldi_table_open(oss_kaldi_table *table, const char *folder, const char *name,
                                bool is_needed) {
    table->path = oss_path_join(folder, name);
    if (table->path == NULL) {
        return OSS_ENOMEM;
    }
    if (!is_needed && !oss_file_exists(table->path)) {
        return OSS_OK;
    }
    oss_status status = oss_row_lines_open(&table->lines, table->path);
    table->is_open = status == OSS_OK;
    return status;
}

void oss_kaldi_table_close(oss_kaldi_table *table) {
    oss_row_lines_close(&table->lines);
    oss_free(table->path);
    oss_free(table->last_id);
    *table = (oss_kaldi_table){0};
}

static oss_status keep_id(oss_kaldi_table *table) {
    size_t bytes = strlen(table->id) + 1;
    if (bytes > table->last_capacity) {
        char *grown = oss_resize(table->last_id, 2 * bytes, 1);
        if (grown == NULL) {
            return OSS_ENOMEM;
        }
        table->last_id = grown;
        table->last_capacity = 2 * bytes;
    }
    memcpy(table->last_id, table->id, bytes);
    return OSS_OK;
}

static oss_status refuse_order(oss_kaldi_table *table) {
    bool is_twice = strcmp(table->id, table->last_id) == 0;
    (void)oss_row_lines_fail(&table->lines,
                             is_twice ? "%s is there twice: take one line out"
                                      : "%s stands behind an id that comes after it: sort the files "
                                        "of the folder by id (LC_ALL=C sort -k1,1)",
                             table->id);
    return is_twice ? OSS_EINPUT : OSS_EIO;
}

oss_status oss_kaldi_table_next(oss_kaldi_table *table) {
    char *line = NULL;
    table->id = table->value = NULL;
    oss_status status = oss_row_lines_next(&table->lines, &line);
    if (status != OSS_OK || line == NULL) {
        return status;
    }
    table->id = line + strspn(line, blanks);
    char *end = table->id + strcspn(table->id, blanks);
    table->value = end + strspn(end, blanks);
    *end = '\0';
    size_t length = strlen(table->value);
    while (length > 0 && strchr(blanks, table->value[length - 1]) != NULL) {
        table->value[--length] = '\0';
    }
    if (table->last_id != NULL && strcmp(table->id, table->last_id) <= 0) {
        status = refuse_order(table);
        table->id = table->value = NULL;
        return status;
    }
    return keep_id(table);
}

oss_status oss_kaldi_table_find(oss_kaldi_table *table, const char *id, const char **out) {
    oss_status status = OSS_OK;
    while (status == OSS_OK && !table->lines.is_at_end && (table->id == NULL || strcmp(table->id, id) < 0)) {
        status = oss_kaldi_table_next(table);
    }
    if (status == OSS_OK) {
        *out = table->id != NULL && strcmp(table->id, id) == 0 ? table->value : NULL;
    }
    return status;
}
