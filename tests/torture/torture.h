/* The campaign of docs/reliability.md: each part in a small form in a suite beside this file, and whole in the program
 * torture.c (`make torture`). */
#ifndef OSS_TESTS_TORTURE_H
#define OSS_TESTS_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/disk.h"

/* What one unit of work found. */
typedef struct oss_tally {
    int64_t tried;    /* moments at which something was made to go wrong, each looked at afterwards */
    int64_t lost;     /* after which something was lost, or wrong in another way */
    char first[1200]; /* of them: what; "" when none */
} oss_tally;

void oss_tally_lose(oss_tally *tally, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- A disk that lies (disk_campaign.c) ---- */

int32_t oss_torture_disks(void);
const char *oss_torture_disk_name(int32_t index);
typedef struct oss_torture_disk_outcome {
    oss_disk_result result;
    int32_t syncs; /* of the save */
} oss_torture_disk_outcome;

/* One save, every moment of it. skip_sync (from 1; 0: none): that fsync is never made, which is a planted fault. */
oss_torture_disk_outcome oss_torture_disk(int32_t index, uint64_t seed, int32_t draws, int32_t skip_sync);

#endif
