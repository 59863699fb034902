/* A disk that lies. What a save does to a folder is journalled, call by call; then, for every moment of it at which
 * the power may fail, the folders are made that a disk may hold afterwards, and each is looked at.
 *
 *     oss_disk *disk = oss_disk_begin(folder);      what is in the folder now is on the disk for good
 *     thing_under_test(folder);
 *     oss_disk_end(disk);
 *     oss_disk_result result = oss_disk_replay(disk, &plan);
 *     ck_assert_msg(result.lost == 0, "%s", result.first);
 *     oss_disk_free(disk);
 *
 * The rules are those of POSIX and of nothing kinder: what a file holds is there for certain once the file was synced,
 * a name (new, moved or taken away) once its folder was. Until then a write may be there, or not, or in part, in
 * sectors of 512 bytes in any order, or its length without its bytes (zeros, or what the sectors held before); names
 * come in their order, as a journal has them, or in any other. A rename is seen whole or not at all. */
#ifndef OSS_TESTS_DISK_H
#define OSS_TESTS_DISK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct oss_disk oss_disk;

/* Puts journalling calls into oss_file, before (nearer to the disk than) those of faults.h; one disk at a time. */
oss_disk *oss_disk_begin(const char *folder);
void oss_disk_end(oss_disk *disk);
void oss_disk_free(oss_disk *disk);

/* One moment. */
typedef struct oss_disk_crash {
    int32_t operation; /* how many were begun */
    bool done;         /* all of them were: what reported success must be there */
    const char *what;  /* "after operation 12 of 40 (rename x): names in order, 3 of 4; writes torn" */
} oss_disk_crash;

/* Whether what is in `folder` is what was there before or what was to be there, whole. It may change the folder. */
typedef bool (*oss_disk_look)(void *context, const char *folder, const oss_disk_crash *crash);

typedef struct oss_disk_plan {
    oss_disk_look look;
    void *context;
    uint64_t seed;
    int32_t draws; /* of names and of writes, for each moment, where there is more than can all be tried */
} oss_disk_plan;

typedef struct oss_disk_result {
    int64_t moments, states; /* operations + 1; folders that differ, each looked at */
    int64_t lost;            /* states that were neither */
    char first[600];         /* of them: what */
} oss_disk_result;

oss_disk_result oss_disk_replay(const oss_disk *disk, const oss_disk_plan *plan);

#endif
