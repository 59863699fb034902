#include "batch/batcher.h"

#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/rng.h"
#include "batch/sort_keys.h"
#include "model/sizes.h"

/* Batches' worth of audio that is sorted together: enough that neighbours in the order are of like length,
 * few enough that what comes together differs from epoch to epoch. */
enum { WINDOW_BATCHES = 16 };
static const double JITTER = 0.2;
/* Silence between joined utterances. */
enum { GAP_MIN_MS = 50, GAP_MAX_MS = 200 };
static const uint64_t JITTER_PLACE = UINT64_C(1) << 63; /* apart from the draws of oss_rng_shuffle */

struct oss_batcher {
    const oss_manifest *manifest;
    const oss_config *config;
    int64_t batch_samples;
    int32_t capacity; /* items at most */
    oss_epoch_plan plan;
    oss_batch_item *drawn; /* [capacity] shuffled, before they are sorted into batches */
    int32_t utterances;    /* of this epoch */
    int32_t *start;        /* [capacity + 1] item in drawn with which an utterance begins */
    int32_t *length;       /* [capacity] its samples */
    int32_t *order;        /* [capacity] of the utterances */
    int32_t *cut;          /* [capacity + 1] */
    uint64_t *rank;        /* [capacity] sort keys */
    uint64_t *rank_work;   /* [capacity] */
    int32_t *label;        /* room for any spelling; NULL: spellings are not drawn */
};

static double row_weight(const oss_batcher *batcher, const oss_row *row) {
    return row->source < 0 ? 1.0 : batcher->config->data.train_csv[row->source].weight;
}

static oss_status count_capacity(oss_batcher *batcher) {
    double items = 0;
    for (int32_t i = 0; i < batcher->manifest->rows; i++) {
        items += ceil(row_weight(batcher, &batcher->manifest->row[i]));
    }
    if (items > INT32_MAX / 2) {
        return oss_fail(OSS_EINPUT, "the weights of train_csv draw %.3g rows an epoch: lower them", items);
    }
    batcher->capacity = (int32_t)items;
    return OSS_OK;
}

static oss_status reserve_arrays(oss_batcher *batcher) {
    size_t capacity = (size_t)batcher->capacity;
    batcher->plan.item = oss_alloc(capacity, sizeof *batcher->plan.item);
    batcher->plan.first = oss_alloc(capacity + 1, sizeof *batcher->plan.first);
    batcher->drawn = oss_alloc(capacity, sizeof *batcher->drawn);
    batcher->start = oss_alloc(capacity + 1, sizeof *batcher->start);
    batcher->length = oss_alloc(capacity, sizeof *batcher->length);
    batcher->order = oss_alloc(capacity, sizeof *batcher->order);
    batcher->cut = oss_alloc(capacity + 1, sizeof *batcher->cut);
    batcher->rank = oss_alloc(capacity, sizeof *batcher->rank);
    batcher->rank_work = oss_alloc(capacity, sizeof *batcher->rank_work);
    bool complete = batcher->plan.item != NULL && batcher->plan.first != NULL && batcher->drawn != NULL &&
                    batcher->start != NULL && batcher->length != NULL && batcher->order != NULL &&
                    batcher->cut != NULL && batcher->rank != NULL && batcher->rank_work != NULL;
    return complete ? OSS_OK : OSS_ENOMEM;
}

static oss_status reserve_labels(oss_batcher *batcher) {
    int32_t most = 0;
    for (int32_t i = 0; i < batcher->manifest->rows; i++) {
        int32_t room = oss_spelling_room(&batcher->manifest->row[i]);
        most = room > most ? room : most;
    }
    batcher->label = oss_alloc((size_t)most, sizeof *batcher->label);
    return batcher->label == NULL ? OSS_ENOMEM : OSS_OK;
}

oss_status oss_batcher_create(oss_batcher **out, const oss_manifest *manifest, const oss_config *config) {
    oss_batcher *batcher = oss_alloc_zero(1, sizeof *batcher);
    if (batcher == NULL) {
        return OSS_ENOMEM;
    }
    batcher->manifest = manifest;
    batcher->config = config;
    batcher->batch_samples =
        (int64_t)llround(config->training.batch_seconds * config->model.mel.sample_rate_hz);
    oss_status status = count_capacity(batcher);
    if (status == OSS_OK) {
        status = reserve_arrays(batcher);
    }
    if (status == OSS_OK && oss_spelling_varies(manifest, config)) {
        status = reserve_labels(batcher);
    }
    if (status != OSS_OK) {
        oss_batcher_free(batcher);
        return status;
    }
    *out = batcher;
    return OSS_OK;
}

void oss_batcher_free(oss_batcher *batcher) {
    if (batcher == NULL) {
        return;
    }
    oss_free(batcher->plan.item);
    oss_free(batcher->plan.first);
    oss_free(batcher->drawn);
    oss_free(batcher->start);
    oss_free(batcher->length);
    oss_free(batcher->order);
    oss_free(batcher->cut);
    oss_free(batcher->rank);
    oss_free(batcher->rank_work);
    oss_free(batcher->label);
    oss_free(batcher);
}

/* ---- Utterances of joined items ---- */

int32_t oss_batch_utterance_items(const oss_batch_item *item, int32_t count) {
    int32_t items = 1;
    while (items < count && item[items].joined) {
        items++;
    }
    return items;
}

int32_t oss_batch_utterance_samples(const oss_batch_item *item, int32_t items) {
    int32_t samples = 0;
    for (int32_t i = 0; i < items; i++) {
        samples += item[i].gap_samples + item[i].samples;
    }
    return samples;
}

int32_t oss_batch_utterance_labels(const oss_batch_item *item, int32_t items, const oss_manifest *manifest) {
    int32_t labels = manifest->space_label > 0 ? items - 1 : 0;
    for (int32_t i = 0; i < items; i++) {
        labels += item[i].spelling.labels;
    }
    return labels;
}

/* ---- Drawing ---- */

static bool fits_alone(const oss_batcher *batcher, const oss_batch_item *item) {
    int64_t samples = oss_augment_length(&item->view, batcher->manifest->row[item->row].sound.samples);
    return item->spelling.needed <= oss_sizes_ctc_frames(&batcher->config->model, samples);
}

/* What does not fit is first spelled as without dropout, then heard at its own speed. */
static oss_batch_item draw_item(const oss_batcher *batcher, int32_t index, uint32_t key) {
    const oss_config *config = batcher->config;
    const oss_row *row = &batcher->manifest->row[index];
    oss_batch_item item = {.row = index, .key = key};
    item.view = oss_augment_draw(&config->augmentation.augment, config->model.mel.sample_rate_hz,
                                 config->training.seed, key);
    if (batcher->label != NULL) {
        item.spelling = oss_spelling_draw(batcher->label, batcher->manifest, config, row, key);
    }
    if (batcher->label == NULL || !fits_alone(batcher, &item)) {
        item.spelling = oss_spelling_plain(row);
    }
    if (item.view.speed > 1.0 && !fits_alone(batcher, &item)) {
        item.view.speed = 1.0;
    }
    item.samples = (int32_t)oss_augment_length(&item.view, row->sound.samples);
    return item;
}

static void add_draws(oss_batcher *batcher, int32_t index, int64_t epoch, int32_t draws) {
    for (int32_t repeat = 0; repeat < draws; repeat++) {
        uint32_t key = oss_augment_key(batcher->manifest->row[index].key, epoch, repeat);
        batcher->plan.item[batcher->plan.items++] = draw_item(batcher, index, key);
    }
}

/* Draws every row as often as its weight says; when weights below one draw nothing at all, the likeliest row. */
static void draw_rows(oss_batcher *batcher, int64_t epoch) {
    double luckiest_chance = 2.0;
    int32_t luckiest = 0;
    batcher->plan.items = 0;
    for (int32_t i = 0; i < batcher->manifest->rows; i++) {
        double weight = row_weight(batcher, &batcher->manifest->row[i]);
        double whole = floor(weight);
        double chance =
            oss_rng_uniform(batcher->config->training.seed, OSS_RNG_SAMPLING, (uint64_t)epoch, (uint32_t)i);
        add_draws(batcher, i, epoch, (int32_t)whole + (chance < weight - whole));
        if (chance < luckiest_chance) {
            luckiest_chance = chance;
            luckiest = i;
        }
    }
    if (batcher->plan.items == 0) {
        add_draws(batcher, luckiest, epoch, 1);
    }
}

/* Moves the draws from the plan, where draw_rows left them, into a shuffled order. */
static void shuffle_draws(oss_batcher *batcher, int64_t epoch) {
    for (int32_t i = 0; i < batcher->plan.items; i++) {
        batcher->order[i] = i;
    }
    oss_rng_shuffle(batcher->order, batcher->plan.items, batcher->config->training.seed, OSS_RNG_SHUFFLE,
                    2 * (uint64_t)epoch);
    for (int32_t i = 0; i < batcher->plan.items; i++) {
        batcher->drawn[i] = batcher->plan.item[batcher->order[i]];
    }
}

/* ---- Joining ---- */

static bool wants_join(const oss_batcher *batcher, const oss_batch_item *item) {
    const oss_config *config = batcher->config;
    double prob = config->augmentation.concat_prob;
    return prob > 0 && oss_rng_uniform(config->training.seed, OSS_RNG_JOIN, item->key, 0) < prob;
}

static int32_t draw_gap(const oss_batcher *batcher, const oss_batch_item *item) {
    double place = oss_rng_uniform(batcher->config->training.seed, OSS_RNG_JOIN, item->key, 1);
    double ms = (double)GAP_MIN_MS + (GAP_MAX_MS - GAP_MIN_MS) * place;
    return (int32_t)(ms * 1e-3 * batcher->config->model.mel.sample_rate_hz);
}

/* Frames for the label between two rows, or, when there is none, for the blank between equal ones. */
static int32_t count_between(const oss_manifest *manifest, const oss_batch_item *left,
                             const oss_batch_item *right) {
    return manifest->space_label > 0 || left->spelling.last == right->spelling.first;
}

/* Whether `item` may follow on `last`, the end of an utterance of `samples` whose labels need `needed`
 * frames. Empty transcripts stay alone: there is nothing for a space to part. */
static bool fits_join(const oss_batcher *batcher, const oss_batch_item *last, const oss_batch_item *item,
                      int64_t samples, int32_t needed) {
    const oss_config *config = batcher->config;
    double most = config->data.max_seconds * config->model.mel.sample_rate_hz;
    if ((double)samples > most || samples > batcher->batch_samples || last->spelling.labels == 0 ||
        item->spelling.labels == 0) {
        return false;
    }
    return needed + count_between(batcher->manifest, last, item) <=
           oss_sizes_ctc_frames(&config->model, samples);
}

/* Makes utterances of the draws: mostly one of each. */
static void join_draws(oss_batcher *batcher) {
    const oss_manifest *manifest = batcher->manifest;
    int32_t needed = 0;
    batcher->utterances = 0;
    for (int32_t i = 0; i < batcher->plan.items; i++) {
        oss_batch_item *item = &batcher->drawn[i];
        int32_t own = item->spelling.needed;
        int32_t gap = draw_gap(batcher, item);
        int32_t u = batcher->utterances - 1;
        if (u >= 0 && wants_join(batcher, item) &&
            fits_join(batcher, item - 1, item, (int64_t)batcher->length[u] + gap + item->samples,
                      needed + own)) {
            item->joined = true;
            item->gap_samples = gap;
            batcher->length[u] += gap + item->samples;
            needed += own + count_between(manifest, item - 1, item);
        } else {
            batcher->start[++u] = i;
            batcher->length[u] = item->samples;
            batcher->utterances++;
            needed = own;
        }
    }
    batcher->start[batcher->utterances] = batcher->plan.items;
}

/* ---- Batches ---- */

/* The length that sorting sees: within JITTER of the true one, so that a small set, which fits one window, is
 * not cut into the same batches in every epoch. */
static uint32_t jitter_length(const oss_batcher *batcher, int64_t epoch, int32_t place) {
    double samples = (double)batcher->length[batcher->order[place]];
    double draw = oss_rng_uniform(batcher->config->training.seed, OSS_RNG_SHUFFLE,
                                  JITTER_PLACE | (uint64_t)epoch, (uint32_t)place);
    return (uint32_t)(samples * (1.0 - JITTER + 2.0 * JITTER * draw));
}

/* Sorts order[first..end) by length, roughly. */
static void sort_window(oss_batcher *batcher, int64_t epoch, int32_t first, int32_t end) {
    int32_t count = end - first;
    for (int32_t i = 0; i < count; i++) {
        batcher->rank[i] = (uint64_t)jitter_length(batcher, epoch, first + i) << 32 | (uint32_t)i;
        batcher->cut[i] = batcher->order[first + i]; /* cut is free until cut_batches */
    }
    oss_sort_keys(batcher->rank, batcher->rank_work, count);
    for (int32_t i = 0; i < count; i++) {
        batcher->order[first + i] = batcher->cut[(uint32_t)batcher->rank[i]];
    }
}

static bool goes_from_short_to_long(const oss_batcher *batcher, int64_t epoch) {
    return epoch < batcher->config->training.curriculum_epochs;
}

/* A curriculum is one window. */
static void sort_windows(oss_batcher *batcher, int64_t epoch) {
    int64_t window_samples =
        goes_from_short_to_long(batcher, epoch) ? INT64_MAX : WINDOW_BATCHES * batcher->batch_samples;
    int32_t first = 0;
    int64_t samples = 0;
    for (int32_t i = 0; i < batcher->utterances; i++) {
        samples += batcher->length[batcher->order[i]];
        if (samples >= window_samples || i + 1 == batcher->utterances) {
            sort_window(batcher, epoch, first, i + 1);
            first = i + 1;
            samples = 0;
        }
    }
}

/* cut[b] is the place in order where batch b begins. */
static void cut_batches(oss_batcher *batcher) {
    int32_t batches = 0;
    int64_t samples = 0;
    for (int32_t i = 0; i < batcher->utterances; i++) {
        int64_t more = batcher->length[batcher->order[i]];
        if (i == 0 || samples + more > batcher->batch_samples) {
            batcher->cut[batches++] = i;
            samples = 0;
        }
        samples += more;
    }
    batcher->cut[batches] = batcher->utterances;
    batcher->plan.batches = batches;
}

/* Writes the batches in a shuffled order, or as they were cut; `rank_work` holds the permutation. */
static void place_batches(oss_batcher *batcher, int64_t epoch) {
    oss_epoch_plan *plan = &batcher->plan;
    int32_t *turn = (int32_t *)(void *)batcher->rank_work;
    for (int32_t b = 0; b < plan->batches; b++) {
        turn[b] = b;
    }
    if (!goes_from_short_to_long(batcher, epoch)) {
        oss_rng_shuffle(turn, plan->batches, batcher->config->training.seed, OSS_RNG_SHUFFLE,
                        2 * (uint64_t)epoch + 1);
    }
    int32_t to = 0;
    for (int32_t b = 0; b < plan->batches; b++) {
        plan->first[b] = to;
        for (int32_t i = batcher->cut[turn[b]]; i < batcher->cut[turn[b] + 1]; i++) {
            int32_t u = batcher->order[i];
            for (int32_t d = batcher->start[u]; d < batcher->start[u + 1]; d++) {
                plan->item[to++] = batcher->drawn[d];
            }
        }
    }
    plan->first[plan->batches] = to;
}

const oss_epoch_plan *oss_batcher_plan(oss_batcher *batcher, int64_t epoch) {
    draw_rows(batcher, epoch);
    shuffle_draws(batcher, epoch);
    join_draws(batcher);
    for (int32_t u = 0; u < batcher->utterances; u++) {
        batcher->order[u] = u;
    }
    sort_windows(batcher, epoch);
    cut_batches(batcher);
    place_batches(batcher, epoch);
    batcher->plan.epoch = epoch;
    return &batcher->plan;
}

int64_t oss_batcher_max_samples(const oss_batcher *batcher) {
    const oss_config *config = batcher->config;
    double gap_ms = config->augmentation.concat_prob > 0 ? (double)GAP_MAX_MS : 0.0;
    int64_t gap = (int64_t)(gap_ms * 1e-3 * config->model.mel.sample_rate_hz);
    int64_t longest = 0;
    int64_t total = 0;
    for (int32_t i = 0; i < batcher->manifest->rows; i++) {
        const oss_row *row = &batcher->manifest->row[i];
        int64_t samples = oss_augment_longest(&config->augmentation.augment, config->model.mel.sample_rate_hz,
                                              row->sound.samples);
        longest = samples > longest ? samples : longest;
        total += (samples + gap) * (int64_t)ceil(row_weight(batcher, row));
    }
    int64_t budget = batcher->batch_samples < total ? batcher->batch_samples : total;
    return longest > budget ? longest : budget;
}

int32_t oss_batcher_max_items(const oss_batcher *batcher) {
    int64_t shortest = INT64_MAX;
    for (int32_t i = 0; i < batcher->manifest->rows; i++) {
        int64_t samples = oss_augment_shortest(&batcher->config->augmentation.augment,
                                               batcher->manifest->row[i].sound.samples);
        shortest = samples < shortest ? samples : shortest;
    }
    int64_t fit = batcher->batch_samples / shortest; /* a row has one sample at least */
    return (int32_t)(fit < 1 ? 1 : fit < batcher->capacity ? fit : batcher->capacity);
}
