/* Which rows are held out for validation. */
#ifndef OSS_BATCH_SPLIT_H
#define OSS_BATCH_SPLIT_H

#include "dataset/manifest.h"

/* Moves about dev_fraction of `train` (at least one row, never all) to the end of `dev`. Rows fall into
 * groups: the same text, the same speaker, or the same recording (`split_by`); a group is never
 * divided. Groups are taken in the order of a hash of what they share, so neither the order of the rows nor
 * the seed changes the choice, and one row more or less changes it little. OSS_EINPUT when there are too few
 * groups, or a row without a speaker. dev_fraction 0 moves nothing. */
oss_status oss_split(oss_manifest *train, oss_manifest *dev, const oss_config *config, int32_t *out_groups);

#endif
