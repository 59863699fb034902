/* What Ossicle writes, on a disk that lies (support/disk.h): the old state or the new one, never neither. */
#include <stdio.h>
#include <stdlib.h>

#include "base/sys.h"
#include "support/tempdir.h"
#include "torture/disk_cases.h"
#include "torture/torture.h"

static const oss_disk_case *get_case(int32_t index) {
    return index < OSS_DISK_RUN_CASES ? &oss_disk_run_case[index]
                                      : &oss_disk_file_case[index - OSS_DISK_RUN_CASES];
}

int32_t oss_torture_disks(void) {
    return OSS_DISK_RUN_CASES + OSS_DISK_FILE_CASES;
}

const char *oss_torture_disk_name(int32_t index) {
    return get_case(index)->name;
}

/* ---- The planted fault ---- */

static int (*true_fsync)(int fd);
static int32_t syncs, skipped;

static int skip_one_sync(int fd) {
    return ++syncs == skipped ? 0 : true_fsync(fd);
}

/* ---- One save ---- */

oss_torture_disk_outcome oss_torture_disk(int32_t index, uint64_t seed, int32_t draws, int32_t skip_sync) {
    const oss_disk_case *each = get_case(index);
    char *folder = oss_tempdir_make();
    each->before(folder);
    oss_disk *disk = oss_disk_begin(folder);
    true_fsync = oss_file.fsync;
    syncs = 0;
    skipped = skip_sync;
    oss_file.fsync = skip_one_sync;
    each->save(folder, seed);
    oss_disk_end(disk);
    oss_torture_disk_outcome outcome = {
        .result = oss_disk_replay(disk, &(oss_disk_plan){.look = each->look, .seed = seed, .draws = draws}),
        .syncs = syncs};
    oss_disk_free(disk);
    oss_tempdir_remove(folder);
    return outcome;
}
