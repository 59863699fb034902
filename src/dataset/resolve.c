#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "dataset/row_source.h"

char *oss_rows_resolve(const char *folder, const char *wav) {
    char *beside = oss_path_join(folder, wav);
    if (beside == NULL || oss_file_exists(beside) || !oss_file_exists(wav)) {
        return beside;
    }
    oss_free(beside);
    return oss_strdup(wav);
}
