/* Saves, and what may be there after each. */
#ifndef OSS_TESTS_DISK_CASES_H
#define OSS_TESTS_DISK_CASES_H

#include "support/disk.h"

typedef struct oss_disk_case {
    const char *name;
    void (*before)(const char *folder);
    void (*save)(const char *folder, uint64_t seed); /* what is journalled */
    oss_disk_look look;
} oss_disk_case;

enum { OSS_DISK_RUN_CASES = 8, OSS_DISK_FILE_CASES = 15 };
extern const oss_disk_case oss_disk_run_case[OSS_DISK_RUN_CASES];
extern const oss_disk_case oss_disk_file_case[OSS_DISK_FILE_CASES];

#endif
