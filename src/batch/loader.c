#include "batch/loader.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/failure.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/thread.h"
#include "dataset/row_audio.h"
#include "batch/views.h"

enum { SLOTS = 2 };

typedef struct loader_slot {
    oss_micro_batch batch;
    const oss_row **row; /* these seven: [max_items] or one more, what batch points to */
    int32_t *first_row;
    uint32_t *key;
    const float **audio;
    int32_t *samples;
    const int32_t **label;
    int32_t *labels;
    const oss_batch_item *item; /* the plan's, of this batch */
    float **place;              /* [max_items] where the audio of each item goes */
    bool *failed;               /* [max_items] */
    float *pcm;                 /* [max_samples] all audio, end to end */
    int32_t *own_label;         /* labels that are not a row's own: of utterances with several rows, and drawn
                                   spellings; NULL when there are none */
    oss_failure failure;        /* of an item that may not be left out */
} loader_slot;

struct oss_loader {
    const oss_manifest *manifest;
    const oss_config *config;
    oss_batcher *batcher;
    oss_pool *pool; /* NULL: the loader's thread alone */
    oss_views views;
    int64_t epoch;
    int32_t index;
    const oss_epoch_plan *plan;
    loader_slot slot[SLOTS];
    loader_slot *filling;
    pthread_t thread;
    bool running; /* the thread is; false: there is none */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t filled, taken, given_back; /* counts of slots; under the lock */
    _Atomic bool stopping;
};

/* ---- The loader's thread ---- */

static void report_item(loader_slot *slot, int32_t index, const oss_config *config, oss_status status) {
    if (config->data.bad_audio == OSS_POLICY_SKIP && oss_row_is_to_blame(status)) {
        oss_log_warn("left out of this batch: %s", oss_last_error());
    } else {
        oss_failure_note(&slot->failure, index, status);
    }
}

static oss_status load_audio(oss_loader *loader, int32_t index, int32_t worker) {
    const loader_slot *slot = loader->filling;
    const oss_batch_item *item = &slot->item[index];
    const oss_row *row = &loader->manifest->row[item->row];
    float *place = slot->place[index];
    memset(place - item->gap_samples, 0, (size_t)item->gap_samples * sizeof *place);
    if (loader->views.work == NULL) {
        return oss_row_load(place, row, loader->config);
    }
    oss_voices voices = oss_voice_set_behind(&loader->views.voices, item->row);
    return oss_row_load_view(place, row, loader->config, &item->view, loader->views.kit, &voices,
                             loader->views.work[worker]);
}

/* Loads item `task` of the slot being filled. */
static void load_item(void *context, int32_t task, int32_t worker) {
    oss_loader *loader = context;
    loader_slot *slot = loader->filling;
    slot->failed[task] = true;
    if (atomic_load(&loader->stopping)) {
        return;
    }
    oss_status status = load_audio(loader, task, worker);
    slot->failed[task] = status != OSS_OK;
    if (status != OSS_OK) {
        report_item(slot, task, loader->config, status);
    }
}

/* Writes the labels of an utterance and returns where they end. */
static int32_t *write_labels(int32_t *to, const oss_loader *loader, const oss_batch_item *item,
                             int32_t items) {
    const oss_manifest *manifest = loader->manifest;
    for (int32_t i = 0; i < items; i++) {
        const oss_row *row = &manifest->row[item[i].row];
        if (i > 0 && manifest->space_label > 0) {
            *to++ = manifest->space_label;
        }
        if (item[i].spelling.drawn) {
            (void)oss_spelling_draw(to, manifest, loader->config, row, item[i].key);
        } else {
            memcpy(to, row->label, (size_t)row->labels * sizeof *to);
        }
        to += item[i].spelling.labels;
    }
    return to;
}

static bool has_failed(const loader_slot *slot, int32_t first, int32_t items) {
    bool failed = false;
    for (int32_t i = first; i < first + items; i++) {
        failed = failed || slot->failed[i];
    }
    return failed;
}

/* Utterances that loaded, one after the other. */
static void finish_batch(loader_slot *slot, const oss_loader *loader, int32_t count) {
    const oss_manifest *manifest = loader->manifest;
    int32_t *label_end = slot->own_label;
    int32_t rows = 0;
    int32_t kept = 0;
    slot->batch.total_samples = 0;
    for (int32_t i = 0, items = 0; i < count; i += items) {
        const oss_batch_item *item = &slot->item[i];
        items = oss_batch_utterance_items(item, count - i);
        if (has_failed(slot, i, items)) {
            continue;
        }
        slot->key[kept] = item->key;
        slot->audio[kept] = slot->place[i];
        slot->samples[kept] = oss_batch_utterance_samples(item, items);
        slot->labels[kept] = oss_batch_utterance_labels(item, items, manifest);
        bool as_is = items == 1 && !item->spelling.drawn;
        slot->label[kept] = as_is ? manifest->row[item->row].label : label_end;
        label_end = as_is ? label_end : write_labels(label_end, loader, item, items);
        slot->first_row[kept] = rows;
        for (int32_t r = 0; r < items; r++) {
            slot->row[rows++] = &manifest->row[item[r].row];
        }
        slot->batch.total_samples += slot->samples[kept++];
    }
    slot->first_row[kept] = rows;
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
    slot->item = plan->item + first;
    for (int32_t i = 0; i < count; i++) {
        slot->place[i] = place + slot->item[i].gap_samples;
        place = slot->place[i] + slot->item[i].samples;
    }
    oss_failure_clear(&slot->failure);
    loader->filling = slot;
    oss_pool_run(loader->pool, count, load_item, loader);
    finish_batch(slot, loader, count);
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
    if (!loader->running) {
        fill_slot(loader, &loader->slot[loader->filled % SLOTS]);
        loader->filled++;
    }
    (void)pthread_mutex_lock(&loader->lock);
    loader->given_back = loader->taken;
    (void)pthread_cond_broadcast(&loader->changed);
    while (loader->filled == loader->taken) {
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    }
    const loader_slot *slot = &loader->slot[loader->taken++ % SLOTS];
    (void)pthread_mutex_unlock(&loader->lock);
    oss_status status = oss_failure_report(&slot->failure);
    if (status == OSS_OK) {
        *out = &slot->batch;
    }
    return status;
}

typedef struct slot_sizes {
    size_t items, samples;
    size_t own_labels; /* 0: all labels are those of the rows */
} slot_sizes;

static oss_status reserve_slot(loader_slot *slot, const slot_sizes *sizes) {
    size_t items = sizes->items;
    slot->row = oss_alloc(items, sizeof *slot->row);
    slot->first_row = oss_alloc(items + 1, sizeof *slot->first_row);
    slot->key = oss_alloc(items, sizeof *slot->key);
    slot->audio = oss_alloc(items, sizeof *slot->audio);
    slot->samples = oss_alloc(items, sizeof *slot->samples);
    slot->label = oss_alloc(items, sizeof *slot->label);
    slot->labels = oss_alloc(items, sizeof *slot->labels);
    slot->place = oss_alloc(items, sizeof *slot->place);
    slot->failed = oss_alloc(items, sizeof *slot->failed);
    slot->pcm = oss_alloc_aligned(sizes->samples, sizeof *slot->pcm);
    if (sizes->own_labels > 0) {
        slot->own_label = oss_alloc(sizes->own_labels, sizeof *slot->own_label);
    }
    if (slot->row == NULL || slot->first_row == NULL || slot->key == NULL || slot->audio == NULL ||
        slot->samples == NULL || slot->label == NULL || slot->labels == NULL || slot->place == NULL ||
        slot->failed == NULL || slot->pcm == NULL || (sizes->own_labels > 0 && slot->own_label == NULL)) {
        return OSS_ENOMEM;
    }
    slot->batch = (oss_micro_batch){.row = slot->row,
                                    .first_row = slot->first_row,
                                    .key = slot->key,
                                    .audio = slot->audio,
                                    .samples = slot->samples,
                                    .label = slot->label,
                                    .labels = slot->labels};
    return OSS_OK;
}

static void free_slot(loader_slot *slot) {
    oss_free(slot->row);
    oss_free(slot->first_row);
    oss_free(slot->key);
    oss_free(slot->audio);
    oss_free(slot->samples);
    oss_free(slot->label);
    oss_free(slot->labels);
    oss_free(slot->place);
    oss_free(slot->failed);
    oss_free(slot->pcm);
    oss_free(slot->own_label);
}

static bool all_cached(const oss_manifest *manifest) {
    for (int32_t i = 0; i < manifest->rows; i++) {
        if (manifest->row[i].clip.value == NULL) {
            return false;
        }
    }
    return true;
}

/* Without a thread of its own the loader works when it is asked. */
static void start_thread(oss_loader *loader) {
    int error_number = oss_thread_start(&loader->thread, serve_batches, loader);
    loader->running = error_number == 0;
    if (!loader->running) {
        (void)oss_fail_errno(error_number, "the thread that loads batches could not be started");
        oss_log_warn("%s: they are loaded between the steps, which takes longer", oss_last_error());
    }
}

/* What no batch of the plan can exceed. */
static slot_sizes measure_slots(const oss_loader *loader) {
    size_t most_labels = 0;
    for (int32_t i = 0; i < loader->manifest->rows; i++) {
        size_t labels = (size_t)oss_spelling_room(&loader->manifest->row[i]);
        most_labels = labels > most_labels ? labels : most_labels;
    }
    slot_sizes sizes = {.items = (size_t)oss_batcher_max_items(loader->batcher),
                        .samples = (size_t)oss_batcher_max_samples(loader->batcher)};
    bool own =
        loader->config->augmentation.concat_prob > 0 || oss_spelling_varies(loader->manifest, loader->config);
    sizes.own_labels = own ? sizes.items * (most_labels + 1) : 0;
    return sizes;
}

static oss_status prepare_loader(oss_loader *loader, const oss_augment_kit *kit, int32_t threads) {
    oss_status status = oss_batcher_create(&loader->batcher, loader->manifest, loader->config);
    if (status == OSS_OK && threads > 1 && !all_cached(loader->manifest)) {
        status = oss_pool_create(&loader->pool, threads);
    }
    if (status == OSS_OK && oss_augment_is_on(&loader->config->augmentation.augment)) {
        status = oss_views_init(&loader->views, loader->manifest, loader->config, kit,
                                oss_pool_threads(loader->pool));
    }
    for (int32_t i = 0; i < SLOTS && status == OSS_OK; i++) {
        const slot_sizes sizes = measure_slots(loader);
        status = reserve_slot(&loader->slot[i], &sizes);
    }
    if (status == OSS_OK) {
        start_thread(loader);
    }
    return status;
}

oss_status oss_loader_create(oss_loader **out, const oss_manifest *manifest, const oss_config *config,
                             const oss_augment_kit *kit, int32_t threads, int64_t epoch, int32_t index) {
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
    oss_status status = prepare_loader(loader, kit, threads);
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
    oss_views_deinit(&loader->views);
    oss_pool_free(loader->pool);
    oss_free(loader);
}
