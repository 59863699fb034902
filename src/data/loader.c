#include "data/loader.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/pool.h"
#include "data/row_audio.h"

enum { SLOTS = 2, MESSAGE_BYTES = 1024 };

typedef struct loader_slot {
    oss_micro_batch batch;
    const oss_row **row; /* these six: [max_items], what batch points to */
    uint32_t *key;
    const float **audio;
    int32_t *samples;
    const int32_t **label;
    int32_t *labels;
    float **place; /* [max_items] where each utterance's audio goes */
    bool *failed;  /* [max_items] */
    float *pcm;    /* [max_samples] all audio, end to end */
    oss_status status;
    char message[MESSAGE_BYTES];
} loader_slot;

struct oss_loader {
    const oss_manifest *manifest;
    const oss_config *config;
    oss_batcher *batcher;
    oss_pool *pool; /* NULL: the loader's thread alone */
    int64_t epoch;
    int32_t index;
    const oss_epoch_plan *plan;
    loader_slot slot[SLOTS];
    loader_slot *filling;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t filled, taken, given_back; /* counts of slots; under the lock */
    _Atomic bool stopping;
};

/* ---- The loader's thread ---- */

static void report_row(loader_slot *slot, const oss_config *config, oss_status status) {
    if (config->bad_audio == OSS_POLICY_SKIP && (status == OSS_EINPUT || status == OSS_EIO)) {
        oss_log_warn("left out of this batch: %s", oss_last_error());
    } else {
        slot->status = status;
        (void)oss_format(slot->message, MESSAGE_BYTES, "%s", oss_last_error());
    }
}

/* Loads utterance `task` of the slot being filled. */
static void load_utterance(void *context, int32_t task, int32_t worker) {
    (void)worker;
    oss_loader *loader = context;
    loader_slot *slot = loader->filling;
    slot->failed[task] = true;
    if (atomic_load(&loader->stopping)) {
        return;
    }
    oss_status status = oss_row_load(slot->place[task], slot->row[task], loader->config);
    slot->failed[task] = status != OSS_OK;
    if (status != OSS_OK) {
        (void)pthread_mutex_lock(&loader->lock);
        report_row(slot, loader->config, status);
        (void)pthread_mutex_unlock(&loader->lock);
    }
}

/* Utterances that loaded close up. */
static void finish_batch(loader_slot *slot, int32_t count) {
    int32_t kept = 0;
    slot->batch.total_samples = 0;
    for (int32_t i = 0; i < count; i++) {
        if (slot->failed[i]) {
            continue;
        }
        const oss_row *row = slot->row[i];
        slot->row[kept] = row;
        slot->key[kept] = slot->key[i];
        slot->audio[kept] = slot->place[i];
        slot->samples[kept] = (int32_t)row->samples;
        slot->label[kept] = row->label;
        slot->labels[kept] = row->labels;
        slot->batch.total_samples += row->samples;
        kept++;
    }
    slot->batch.utterances = kept;
}

static const oss_epoch_plan *find_plan(oss_loader *loader) {
    if (loader->plan == NULL) {
        loader->plan = oss_batcher_plan(loader->batcher, loader->epoch);
    }
    if (loader->index >= loader->plan->batches) {
        loader->index = 0;
        loader->plan = oss_batcher_plan(loader->batcher, ++loader->epoch);
    }
    return loader->plan;
}

static void fill_slot(oss_loader *loader, loader_slot *slot) {
    const oss_epoch_plan *plan = find_plan(loader);
    int32_t first = plan->first[loader->index];
    int32_t count = plan->first[loader->index + 1] - first;
    float *place = slot->pcm;
    for (int32_t i = 0; i < count; i++) {
        slot->row[i] = &loader->manifest->row[plan->item[first + i].row];
        slot->key[i] = plan->item[first + i].key;
        slot->place[i] = place;
        place += slot->row[i]->samples;
    }
    slot->status = OSS_OK;
    loader->filling = slot;
    oss_pool_run(loader->pool, count, load_utterance, loader);
    finish_batch(slot, count);
    slot->batch.epoch = loader->epoch;
    slot->batch.index = loader->index++;
    slot->batch.epoch_batches = plan->batches;
}

static void *serve_batches(void *argument) {
    oss_loader *loader = argument;
    for (;;) {
        (void)pthread_mutex_lock(&loader->lock);
        while (loader->filled - loader->given_back == SLOTS && !atomic_load(&loader->stopping)) {
            (void)pthread_cond_wait(&loader->changed, &loader->lock);
        }
        bool stopping = atomic_load(&loader->stopping);
        loader_slot *slot = &loader->slot[loader->filled % SLOTS];
        (void)pthread_mutex_unlock(&loader->lock);
        if (stopping) {
            return NULL;
        }
        fill_slot(loader, slot);
        (void)pthread_mutex_lock(&loader->lock);
        loader->filled++;
        (void)pthread_cond_broadcast(&loader->changed);
        (void)pthread_mutex_unlock(&loader->lock);
    }
}

/* ---- The caller's side ---- */

oss_status oss_loader_next(oss_loader *loader, const oss_micro_batch **out) {
    (void)pthread_mutex_lock(&loader->lock);
    loader->given_back = loader->taken;
    (void)pthread_cond_broadcast(&loader->changed);
    while (loader->filled == loader->taken) {
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    }
    const loader_slot *slot = &loader->slot[loader->taken++ % SLOTS];
    (void)pthread_mutex_unlock(&loader->lock);
    if (slot->status != OSS_OK) {
        return oss_fail(slot->status, "%s", slot->message);
    }
    *out = &slot->batch;
    return OSS_OK;
}

static oss_status reserve_slot(loader_slot *slot, size_t items, size_t samples) {
    slot->row = oss_alloc(items, sizeof *slot->row);
    slot->key = oss_alloc(items, sizeof *slot->key);
    slot->audio = oss_alloc(items, sizeof *slot->audio);
    slot->samples = oss_alloc(items, sizeof *slot->samples);
    slot->label = oss_alloc(items, sizeof *slot->label);
    slot->labels = oss_alloc(items, sizeof *slot->labels);
    slot->place = oss_alloc(items, sizeof *slot->place);
    slot->failed = oss_alloc(items, sizeof *slot->failed);
    slot->pcm = oss_alloc_aligned(samples, sizeof *slot->pcm);
    if (slot->row == NULL || slot->key == NULL || slot->audio == NULL || slot->samples == NULL ||
        slot->label == NULL || slot->labels == NULL || slot->place == NULL || slot->failed == NULL ||
        slot->pcm == NULL) {
        return OSS_ENOMEM;
    }
    slot->batch = (oss_micro_batch){.row = slot->row,
                                    .key = slot->key,
                                    .audio = slot->audio,
                                    .samples = slot->samples,
                                    .label = slot->label,
                                    .labels = slot->labels};
    return OSS_OK;
}

static void free_slot(loader_slot *slot) {
    oss_free(slot->row);
    oss_free(slot->key);
    oss_free(slot->audio);
    oss_free(slot->samples);
    oss_free(slot->label);
    oss_free(slot->labels);
    oss_free(slot->place);
    oss_free(slot->failed);
    oss_free(slot->pcm);
}

static bool all_cached(const oss_manifest *manifest) {
    for (int32_t i = 0; i < manifest->rows; i++) {
        if (manifest->row[i].clip.value == NULL) {
            return false;
        }
    }
    return true;
}

/* Signals are for the program's own threads. */
static oss_status start_thread(oss_loader *loader) {
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error_number = pthread_create(&loader->thread, NULL, serve_batches, loader);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    loader->running = error_number == 0;
    return loader->running
               ? OSS_OK
               : oss_fail_errno(error_number, "the thread that loads batches could not be started");
}

static oss_status prepare_loader(oss_loader *loader, int32_t threads) {
    oss_status status = oss_batcher_create(&loader->batcher, loader->manifest, loader->config);
    if (status == OSS_OK && threads > 1 && !all_cached(loader->manifest)) {
        status = oss_pool_create(&loader->pool, threads);
    }
    for (int32_t i = 0; i < SLOTS && status == OSS_OK; i++) {
        status = reserve_slot(&loader->slot[i], (size_t)oss_batcher_max_items(loader->batcher),
                              (size_t)oss_batcher_max_samples(loader->batcher));
    }
    return status == OSS_OK ? start_thread(loader) : status;
}

oss_status oss_loader_create(oss_loader **out, const oss_manifest *manifest, const oss_config *config,
                             int32_t threads, int64_t epoch, int32_t index) {
    oss_loader *loader = oss_alloc_zero(1, sizeof *loader);
    if (loader == NULL) {
        return OSS_ENOMEM;
    }
    loader->manifest = manifest;
    loader->config = config;
    loader->epoch = epoch;
    loader->index = index;
    (void)pthread_mutex_init(&loader->lock, NULL); /* default attributes: cannot fail on Linux */
    (void)pthread_cond_init(&loader->changed, NULL);
    oss_status status = prepare_loader(loader, threads);
    if (status != OSS_OK) {
        oss_loader_free(loader);
        return status;
    }
    *out = loader;
    return OSS_OK;
}

void oss_loader_free(oss_loader *loader) {
    if (loader == NULL) {
        return;
    }
    if (loader->running) {
        (void)pthread_mutex_lock(&loader->lock);
        atomic_store(&loader->stopping, true);
        (void)pthread_cond_broadcast(&loader->changed);
        (void)pthread_mutex_unlock(&loader->lock);
        (void)pthread_join(loader->thread, NULL);
    }
    (void)pthread_cond_destroy(&loader->changed);
    (void)pthread_mutex_destroy(&loader->lock);
    for (int32_t i = 0; i < SLOTS; i++) {
        free_slot(&loader->slot[i]);
    }
    oss_batcher_free(loader->batcher);
    oss_pool_free(loader->pool);
    oss_free(loader);
}
