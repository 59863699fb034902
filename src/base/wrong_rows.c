#include "base/wrong_rows.h"

enum { MOST_ROWS = 10000, MOST_BYTES = 32 << 20 };

bool oss_wrong_rows_add(oss_wrong_rows *wrong, uint64_t bytes, int64_t rows, uint64_t read, uint64_t twice) {
    wrong->rows++;
    wrong->bytes += bytes;
    uint64_t wasted = wrong->bytes + twice;
    return (wrong->rows >= MOST_ROWS && wrong->rows > rows - wrong->rows) ||
           (wasted > MOST_BYTES && wasted > read - wrong->bytes);
}
