/* A CSV without the rows that are not fit to train. */
#ifndef OSS_CHECK_CHECK_FIX_H
#define OSS_CHECK_CHECK_FIX_H

#include "check/check_read.h"

typedef struct oss_check_fixed {
    int64_t kept;
    int64_t left_out[OSS_CHECK_KINDS]; /* each row once, by its first reason */
    bool moved;                        /* paths got the folder of the CSV before them */
} oss_check_fixed;

/* Copies `csv`, the first source of the report, byte by byte to a new file (columns, quotes, line breaks, order), but
 * for the rows that the report calls unfit. When out_path, which is no file that was read, is in another folder,
 * relative paths that were found beside the CSV get its absolute folder before them. The file appears whole or not at
 * all. OSS_EUSAGE when that folder's name would need quotes. */
oss_status oss_check_fix(oss_check_fixed *out, const char *out_path, const oss_check_data *data,
                         const oss_check_report *report, const char *csv);

#endif
