#include "train/mel_stats.h"

#include <math.h>
#include <string.h>

#include "audio/mel.h"
#include "base/failure.h"
#include "base/mem.h"
#include "dataset/row_audio.h"

enum { CHUNK_ROWS = 64 };

/* Moments of some frames: mean and m2 = sum (y - mean)^2, [bins] each. */
typedef struct moments {
    double *mean, *m2;
    int64_t frames;
} moments;

typedef struct stats_job {
    const oss_manifest *train;
    const oss_config *config;
    oss_mel_plan *plan;
    int32_t bins, first;     /* first row of the chunk */
    moments row[CHUNK_ROWS]; /* of each row of the chunk */
    moments all;
    double *block;  /* behind all of these */
    float **audio;  /* [threads] */
    void **scratch; /* [threads] */
    int32_t threads;
    oss_failure failure;
} stats_job;

static void measure_row(void *context, int32_t task, int32_t worker) {
    stats_job *job = context;
    const oss_row *row = &job->train->row[job->first + task];
    moments *out = &job->row[task];
    oss_status status = oss_row_load(job->audio[worker], row, job->config);
    if (status != OSS_OK) {
        oss_failure_note(&job->failure, task, status);
        return;
    }
    memset(out->mean, 0, (size_t)job->bins * sizeof *out->mean);
    memset(out->m2, 0, (size_t)job->bins * sizeof *out->m2);
    out->frames = 0;
    oss_mel_stats_add(job->plan, out->mean, out->m2, &out->frames, job->audio[worker], row->sound.samples,
                      job->scratch[worker]);
}

static oss_status reserve_job(stats_job *job) {
    size_t bins = (size_t)job->bins;
    int64_t longest = 1;
    for (int32_t i = 0; i < job->train->rows; i++) {
        longest = job->train->row[i].sound.samples > longest ? job->train->row[i].sound.samples : longest;
    }
    job->block = oss_alloc_zero(2 * bins * (CHUNK_ROWS + 1), sizeof *job->block);
    job->audio = oss_alloc_zero((size_t)job->threads, sizeof *job->audio);
    job->scratch = oss_alloc_zero((size_t)job->threads, sizeof *job->scratch);
    bool complete = job->block != NULL && job->audio != NULL && job->scratch != NULL;
    for (int32_t i = 0; i < job->threads && complete; i++) {
        job->audio[i] = oss_alloc_aligned((size_t)longest, sizeof *job->audio[i]);
        job->scratch[i] = oss_alloc_aligned(oss_mel_scratch_bytes(job->plan), 1);
        complete = job->audio[i] != NULL && job->scratch[i] != NULL;
    }
    if (!complete) {
        return OSS_ENOMEM;
    }
    for (size_t i = 0; i <= CHUNK_ROWS; i++) {
        moments *place = i < CHUNK_ROWS ? &job->row[i] : &job->all;
        place->mean = job->block + 2 * bins * i;
        place->m2 = place->mean + bins;
    }
    return OSS_OK;
}

static void free_job(stats_job *job) {
    for (int32_t i = 0; i < job->threads; i++) {
        oss_free(job->audio == NULL ? NULL : job->audio[i]);
        oss_free(job->scratch == NULL ? NULL : job->scratch[i]);
    }
    oss_free((void *)job->audio);
    oss_free((void *)job->scratch);
    oss_free(job->block);
    oss_mel_plan_free(job->plan);
}

static oss_status measure_rows(stats_job *job, oss_pool *pool) {
    for (job->first = 0; job->first < job->train->rows; job->first += CHUNK_ROWS) {
        int32_t left = job->train->rows - job->first;
        int32_t rows = left < CHUNK_ROWS ? left : CHUNK_ROWS;
        oss_pool_run(pool, rows, measure_row, job);
        oss_status status = oss_failure_report(&job->failure);
        if (status != OSS_OK) {
            return status;
        }
        for (int32_t i = 0; i < rows; i++) {
            const moments *row = &job->row[i];
            oss_mel_stats_merge(job->bins, job->all.mean, job->all.m2, &job->all.frames, row->mean, row->m2,
                                row->frames);
        }
    }
    return OSS_OK;
}

oss_status oss_mel_stats_measure(float *mean, float *std, const oss_manifest *train, const oss_config *config,
                                 oss_pool *pool) {
    stats_job job = {
        .train = train, .config = config, .bins = config->model.mel.bins, .threads = oss_pool_threads(pool)};
    oss_status status = oss_mel_plan_create(&job.plan, &config->model.mel);
    if (status == OSS_OK) {
        status = reserve_job(&job);
    }
    if (status == OSS_OK) {
        status = measure_rows(&job, pool);
    }
    for (int32_t f = 0; f < job.bins && status == OSS_OK; f++) {
        mean[f] = (float)job.all.mean[f];
        std[f] = (float)sqrt(job.all.m2[f] / (double)job.all.frames);
    }
    free_job(&job);
    return status;
}
