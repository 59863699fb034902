/* The campaign of docs/reliability.md: each part in a small form in a suite beside this file, and whole in the program
 * torture.c (`make torture`). */
#ifndef OSS_TESTS_TORTURE_H
#define OSS_TESTS_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/disk.h"
#include "support/faults.h"

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

/* ---- Every call of every command (command_campaign.c) ---- */

typedef struct oss_torture_kind {
    const char *name; /* "malloc fails" */
    oss_call kind;
    int error_number; /* 0: the process ends there */
    bool lasts;
} oss_torture_kind;

enum { OSS_TORTURE_KINDS = 9 };
extern const oss_torture_kind oss_torture_kind_list[OSS_TORTURE_KINDS];

/* How commands go when nothing goes wrong; `folder` is of oss_command_place_make. */
void oss_torture_prepare(const char *folder);

/* Which calls: first, first + stride, ... up to last; or until a call is past the last one that the command makes. */
typedef struct oss_torture_range {
    int64_t first, last, stride;
} oss_torture_range;

/* Some `tries` of the calls that the command makes when nothing goes wrong, others for each command and kind. */
oss_torture_range oss_torture_some(int32_t index, const oss_torture_kind *kind, int64_t tries);

/* Makes calls of command `index` (command_place.h) go wrong, one after the other; true when one was past the last.
 * After each: no hang, nothing leaked, a message and the right exit code, what was written before is intact, and
 * what is done again gives the same bytes. */
bool oss_torture_command(oss_tally *tally, const char *folder, int32_t index, const oss_torture_kind *kind,
                         const oss_torture_range *range);

/* Every call is interrupted (EINTR), and no read and no write moves more than `bytes`: all goes as ever. */
void oss_torture_interrupted(oss_tally *tally, const char *folder, int32_t index, size_t bytes);

/* ---- A storm of kill -9 (storm_campaign.c) ---- */

enum { OSS_STORM_WORDS = 12 };

typedef struct oss_torture_storm_case {
    const char *name;
    const char *word[OSS_STORM_WORDS];
    const char *output;
} oss_torture_storm_case;

int32_t oss_torture_storms(void);
const oss_torture_storm_case *oss_torture_storm_get(int32_t index);
/* The built program, killed so many times at random instants, gone on with (training) or done again, until it ends:
 * what it wrote is then the same to the bit. */
void oss_torture_storm(oss_tally *tally, const char *folder, int32_t index, uint64_t seed, int32_t kills);

#endif
