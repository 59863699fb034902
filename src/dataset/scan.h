/* Every recording is decoded once before training: what cannot train is found and named, lengths become
 * known, the cache is filled. */
#ifndef OSS_DATASET_SCAN_H
#define OSS_DATASET_SCAN_H

#include "base/pool.h"
#include "dataset/manifest.h"

typedef struct oss_scan_hooks {
    void *context; /* called in the thread that called oss_manifest_scan; entries may be NULL */
    void (*progress)(void *context, int32_t done, int32_t total);
    bool (*stop)(void *context); /* true: give up with OSS_ESTOPPED */
} oss_scan_hooks;

/* Fills `sound` of every row, and `clip` while *cache_bytes (reduced by what is used) lasts. Rows that
 * verdict.h finds unusable are moved to the skipped ones; with bad_audio "error", rows that were skipped for these
 * reasons or by the reader are OSS_EINPUT (the first ones named). No row left is OSS_EINPUT. Which thread decodes what
 * changes nothing but which clips are cached. */
oss_status oss_manifest_scan(oss_manifest *manifest, const oss_config *config, oss_pool *pool,
                             int64_t *cache_bytes, const oss_scan_hooks *hooks);

#endif
