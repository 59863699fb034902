#include "dataset/scan.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "base/file_sample.h"
#include "base/mem.h"

/* What became of one row; a slot of its own, so that threads do not meet. */
typedef struct scan_outcome {
    oss_verdict verdict;
    oss_status status; /* of a failure that is not the row's fault */
    char *message;     /* of it */
} scan_outcome;

typedef struct scan_job {
    oss_manifest *manifest;
    const oss_config *config;
    const oss_scan_hooks *hooks;
    scan_outcome *outcome; /* [rows] */
    _Atomic int64_t cache_bytes;
    _Atomic int32_t done;
    _Atomic bool stopping;
} scan_job;

/* Keeps the clip when the cache has room for it. */
static oss_status cache_clip(scan_job *job, oss_row *row, const float *sample) {
    int64_t bytes = row->sound.samples * (int64_t)sizeof *row->clip.value;
    if (atomic_fetch_sub(&job->cache_bytes, bytes) < bytes) {
        (void)atomic_fetch_add(&job->cache_bytes, bytes);
        return OSS_OK;
    }
    return oss_clip_init(&row->clip, sample, (int32_t)row->sound.samples);
}

static void scan_row(void *context, int32_t task, int32_t worker) {
    scan_job *job = context;
    if (atomic_load(&job->stopping)) {
        return;
    }
    scan_outcome *outcome = &job->outcome[task];
    oss_row *row = &job->manifest->row[task];
    oss_audio audio = {0};
    outcome->status = oss_sound_judge(&outcome->verdict, &row->sound, &audio, &row->csv, job->config);
    if (outcome->status == OSS_OK && outcome->verdict.usable) {
        outcome->status = cache_clip(job, row, audio.sample);
    }
    if (outcome->status == OSS_OK && outcome->verdict.usable) {
        outcome->status = oss_file_sample_hash(&row->file_hash, row->csv.path);
    }
    if (outcome->status != OSS_OK) {
        outcome->message = oss_strdup(oss_last_error());
    }
    oss_audio_deinit(&audio);
    if (outcome->status != OSS_OK) {
        atomic_store(&job->stopping, true);
    }
    int32_t done = atomic_fetch_add(&job->done, 1) + 1;
    const oss_scan_hooks *hooks = job->hooks;
    if (worker == 0 && hooks != NULL) {
        if (hooks->progress != NULL) {
            hooks->progress(hooks->context, done, job->manifest->rows);
        }
        if (hooks->stop != NULL && hooks->stop(hooks->context)) {
            atomic_store(&job->stopping, true);
        }
    }
}

/* Usable rows close up; the others become skipped ones. Stops, with everything still owned once, on failure. */
static oss_status sort_out(scan_job *job) {
    oss_manifest *manifest = job->manifest;
    oss_status status = OSS_OK;
    int32_t kept = 0;
    for (int32_t i = 0; i < manifest->rows; i++) {
        oss_row *row = &manifest->row[i];
        const scan_outcome *outcome = &job->outcome[i];
        if (outcome->verdict.usable || status != OSS_OK) {
            manifest->row[kept++] = *row;
            continue;
        }
        status = oss_manifest_skip(manifest, job->config, row->source, row->csv.number, row->csv.wav,
                                   outcome->verdict.reason, outcome->verdict.message);
        if (status == OSS_OK) {
            oss_row_deinit(row);
        } else {
            manifest->row[kept++] = *row;
        }
    }
    manifest->rows = kept;
    return status;
}

/* A failure of the machine, or a wish to stop, ends the scan. */
static oss_status find_failure(const scan_job *job) {
    for (int32_t i = 0; i < job->manifest->rows; i++) {
        const scan_outcome *outcome = &job->outcome[i];
        if (outcome->status != OSS_OK) {
            const oss_row *row = &job->manifest->row[i];
            return oss_fail(outcome->status, "%s row %lld: %s", oss_source_path(job->config, row->source),
                            (long long)row->csv.number,
                            outcome->message == NULL ? "out of memory" : outcome->message);
        }
    }
    return atomic_load(&job->stopping) ? oss_fail(OSS_ESTOPPED, "stopped while reading the recordings")
                                       : OSS_OK;
}

static oss_status check_rows_left(const oss_manifest *manifest, const oss_config *config) {
    if (manifest->rows > 0) {
        return OSS_OK;
    }
    if (manifest->skippeds == 0) {
        return oss_fail(OSS_EINPUT, "%s has no rows: nothing to train on", oss_source_path(config, 0));
    }
    return oss_fail(OSS_EINPUT, "none of %d rows can be used; the first: %s", manifest->skippeds,
                    manifest->skipped[0].message);
}

oss_status oss_manifest_scan(oss_manifest *manifest, const oss_config *config, oss_pool *pool,
                             int64_t *cache_bytes, const oss_scan_hooks *hooks) {
    scan_job job = {.manifest = manifest, .config = config, .hooks = hooks};
    job.outcome = oss_alloc_zero((size_t)manifest->rows, sizeof *job.outcome);
    if (job.outcome == NULL) {
        return OSS_ENOMEM;
    }
    int32_t rows = manifest->rows;
    atomic_init(&job.cache_bytes, *cache_bytes);
    oss_pool_run(pool, rows, scan_row, &job);
    *cache_bytes = atomic_load(&job.cache_bytes);
    oss_status status = find_failure(&job);
    if (status == OSS_OK) {
        status = sort_out(&job);
    }
    if (status == OSS_OK && config->data.bad_audio == OSS_POLICY_ERROR) {
        status = oss_manifest_refuse_skipped(manifest, 0, "bad_audio");
    }
    if (status == OSS_OK) {
        status = check_rows_left(manifest, config);
    }
    for (int32_t i = 0; i < rows; i++) {
        oss_free(job.outcome[i].verdict.message);
        oss_free(job.outcome[i].message);
    }
    oss_free(job.outcome);
    return status;
}
