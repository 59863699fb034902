/* What a command wrote, to be compared with what it wrote when nothing was in its way. */
#ifndef OSS_TESTS_PLACE_STATE_H
#define OSS_TESTS_PLACE_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* A number for the file or folder FOLDER/name, with everything in it; 0: nothing is there. Of a run folder the
 * checkpoints that latest and best name, and which lines the log has: not the times in them. */
uint64_t oss_place_hash(const char *folder, const char *name);
bool oss_place_is_run(const char *folder, const char *name); /* it has a config.json */

void oss_place_remove(const char *folder, const char *name); /* file or folder; or nothing is there */
void oss_place_copy(const char *folder, const char *from, const char *to);
/* Temporaries beside the outputs; removed. */
int32_t oss_place_sweep(const char *folder);

#endif
