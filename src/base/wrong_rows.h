/* When rows that are wrong are no mistakes any more: that is another kind of file, or one made to cost time. */
#ifndef OSS_BASE_WRONG_ROWS_H
#define OSS_BASE_WRONG_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise. */
typedef struct oss_wrong_rows {
    int64_t rows;
    uint64_t bytes; /* of these */
} oss_wrong_rows;

/* Adds one of so many bytes. Of `rows` rows and `read` bytes so far, it included; `twice`: bytes that were read again.
 * Whether they are too many to read on: 10,000 rows and more than are right, or with what was read twice 32 MiB and more
 * than the right ones. */
bool oss_wrong_rows_add(oss_wrong_rows *wrong, uint64_t bytes, int64_t rows, uint64_t read, uint64_t twice);

#endif
