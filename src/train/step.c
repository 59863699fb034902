#include <math.h>
#include <string.h>

#include "base/number.h"
#include "decode/frames.h"
#include "train/adamw.h"
#include "train/reduce.h"
#include "train/step_internal.h"

static const double MAX_IMBALANCE = 1e-6; /* of the sum of a frame's posteriors, in double, from 1 */

void oss_step_begin(oss_step *step, int64_t number) {
    step->number = number;
    step->micro_batches = 0;
    step->loss_sum = 0;
    step->squares = 0;
    step->frames_sum = step->blanks_sum = 0;
    step->total_samples = 0;
    oss_label_prior_begin(step->prior);
    step->result = (oss_step_result){0};
    oss_failure_clear(&step->failure);
}

/* Forward and backward of the part of a shard that begins at place `from`. */
static oss_status run_part(oss_step *step, int32_t shard, int32_t from, const oss_net_input *input,
                           oss_tape *tape) {
    const oss_step_setup *setup = &step->setup;
    oss_net_output output;
    oss_tape_reset(tape, true);
    oss_status status = oss_net_forward(setup->workers->net, tape, setup->value, step->grad[shard],
                                        setup->frozen, input, &output);
    if (status != OSS_OK) {
        return status;
    }
    memcpy(step->inputs.nll + from * step->inputs.views, output.nll,
           (size_t)input->utterances * sizeof *output.nll);
    step->imbalance[shard] = fmax(step->imbalance[shard], output.max_imbalance);
    step->frames[shard] += output.logits->dim[0];
    step->blanks[shard] +=
        oss_frames_blank(output.logits->data, output.logits->dim[0], output.logits->dim[1]);
    oss_tape_backward(tape, output.loss, NULL);
    return oss_tape_status(tape);
}

/* The parts of one shard, heaviest shards first, on the worker's own tape. */
static void run_shard(void *context, int32_t task, int32_t worker) {
    oss_step *step = context;
    int32_t shard = step->shards.turn[task];
    oss_status status = OSS_OK;
    step->imbalance[shard] = 0;
    step->frames[shard] = step->blanks[shard] = 0;
    for (int32_t from = step->shards.first[shard];
         from < step->shards.first[shard + 1] && status == OSS_OK;) {
        oss_net_input input = oss_step_part_input(step, shard, from);
        status = run_part(step, shard, from, &input, step->setup.workers->tape[worker]);
        from += input.utterances / step->inputs.views;
    }
    oss_failure_note(&step->failure, task, status);
}

static void name_row(oss_step *step, const oss_row *row) {
    char *text = step->result.culprits;
    size_t used = strlen(text);
    (void)oss_format(text + used, OSS_STEP_CULPRITS_BYTES - used, "%s%s row %lld (%s)", used == 0 ? "" : ", ",
                     oss_source_path(step->setup.config, row->source), (long long)row->csv.number,
                     row->csv.wav);
}

/* All rows of the utterance at a place of the order of shards. */
static void name_place(oss_step *step, int32_t place) {
    const oss_micro_batch *batch = step->batch;
    int32_t u = step->shards.utterance[place];
    for (int32_t i = batch->first_row[u]; i < batch->first_row[u + 1]; i++) {
        name_row(step, batch->row[i]);
    }
}

static void name_shard(oss_step *step, int32_t shard) {
    for (int32_t i = step->shards.first[shard]; i < step->shards.first[shard + 1]; i++) {
        name_place(step, i);
    }
}

/* Adds up the losses in the order of the shards; names those that are not finite. */
static void collect_losses(oss_step *step) {
    const shard_inputs *inputs = &step->inputs;
    for (int32_t i = 0; i < step->batch->utterances * inputs->views; i++) {
        double nll = inputs->nll[i];
        if (!isfinite(nll)) {
            step->result.skipped = "the loss is not finite";
            name_place(step, i / inputs->views);
        }
        step->loss_sum += nll / (inputs->labels[i] > 1 ? inputs->labels[i] : 1) / inputs->views;
    }
}

/* Names the shards whose gradient is not finite (all when each is finite but their sum overflows). */
static void name_bad_gradients(oss_step *step) {
    size_t floats = step->setup.params->floats;
    int32_t named = 0;
    for (int32_t s = 0; s < step->shards.count; s++) {
        if (step->shards.load[s] > 0 && !oss_k_all_finite(step->grad[s], floats)) {
            name_shard(step, s);
            named++;
        }
    }
    for (int32_t s = 0; s < step->shards.count && named == 0; s++) {
        name_shard(step, s);
    }
}

static oss_status check_shards(oss_step *step) {
    oss_status status = oss_failure_report(&step->failure);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "step %lld", (long long)step->number);
    }
    for (int32_t turn = 0; turn < step->shards.filled; turn++) {
        int32_t shard = step->shards.turn[turn];
        if (step->imbalance[shard] > MAX_IMBALANCE) {
            name_shard(step, shard);
            return oss_fail(
                OSS_ENUMERIC,
                "step %lld: a frame's posterior differs from 1 by %.3g, more than %g, in one of: %s. "
                "The arithmetic is broken: please report it",
                (long long)step->number, step->imbalance[shard], MAX_IMBALANCE, step->result.culprits);
        }
    }
    return OSS_OK;
}

static void collect_blanks(oss_step *step) {
    for (int32_t turn = 0; turn < step->shards.filled; turn++) {
        step->frames_sum += step->frames[step->shards.turn[turn]];
        step->blanks_sum += step->blanks[step->shards.turn[turn]];
    }
}

static void reduce_shards(oss_step *step) {
    int32_t blocks = 0;
    for (int32_t s = 0; s < step->shards.count; s++) {
        if (step->shards.load[s] > 0) {
            step->filled[blocks++] = step->grad[s];
        }
    }
    const oss_reduction reduction = {.total = step->total,
                                     .block = step->filled,
                                     .blocks = blocks,
                                     .accumulate = step->micro_batches > 0,
                                     .partial = step->partial};
    step->squares = oss_reduce(&reduction, &step->spans, step->setup.workers->pool);
    if (!isfinite(step->squares)) {
        if (step->result.skipped == NULL) {
            step->result.skipped = "the gradient is not finite";
        }
        name_bad_gradients(step);
    }
}

static void run_pack(void *context, int32_t task, int32_t worker) {
    (void)worker;
    const oss_step *step = context;
    oss_net_pack(step->setup.workers->net, step->packed, step->setup.value, task);
}

static void place_batch(oss_step *step, const oss_micro_batch *batch) {
    for (int32_t i = 0; i < batch->utterances; i++) {
        step->inputs.frames[i] = oss_step_count_frames(step, batch->samples[i]);
    }
    oss_shards_assign(&step->shards, step->inputs.frames, batch->utterances);
    for (int32_t i = 0; i < batch->utterances; i++) {
        oss_step_place_utterance(step, i, batch, step->shards.utterance[i]);
    }
}

oss_status oss_step_accumulate(oss_step *step, const oss_micro_batch *batch) {
    step->total_samples += batch->total_samples;
    step->result.utterances += batch->utterances;
    if (step->result.skipped != NULL || batch->utterances == 0) {
        return OSS_OK; /* nothing more to learn from this step */
    }
    step->batch = batch;
    place_batch(step, batch);
    oss_pool *pool = step->setup.workers->pool;
    if (step->micro_batches == 0) {
        oss_pool_run(pool, oss_net_pack_tasks(step->setup.workers->net), run_pack, step);
    }
    oss_pool_run(pool, step->shards.filled, run_shard, step);
    oss_status status = check_shards(step);
    if (status == OSS_OK) {
        collect_losses(step);
        collect_blanks(step);
        oss_label_prior_collect(step->prior);
        reduce_shards(step);
        step->micro_batches++;
    }
    return status;
}

static void update_weights(oss_step *step, double lr, int64_t update) {
    const oss_config *config = step->setup.config;
    double utterances = step->result.utterances;
    const oss_adamw adamw = {
        .value = step->setup.value,
        .m = step->setup.m,
        .v = step->setup.v,
        .average = step->setup.average,
        .gradient = step->total,
        .leave_matrices = step->muon != NULL,
        .rule = {.lr = lr,
                 .beta1 = config->training.beta1,
                 .beta2 = config->training.beta2,
                 .eps = config->training.eps,
                 .decay = config->training.weight_decay,
                 .step = update,
                 .average_gain = (float)oss_average_gain(config->training.ema_decay, update),
                 .grad_scale = (float)(oss_clip_factor(step->result.grad_norm, config->training.clip_norm) /
                                       utterances)}};
    oss_adamw_update(&adamw, &step->spans, step->setup.workers->pool);
    if (step->muon != NULL) {
        oss_muon_update(step->muon, &adamw);
    }
}

void oss_step_finish(oss_step *step, double lr, int64_t update, oss_step_result *out) {
    oss_step_result *result = &step->result;
    result->audio_seconds = (double)step->total_samples / step->setup.config->model.mel.sample_rate_hz;
    if (result->utterances == 0) {
        result->skipped = "no utterance could be loaded";
    }
    if (result->skipped == NULL) {
        result->loss = step->loss_sum / result->utterances;
        result->grad_norm = sqrt(step->squares) / result->utterances;
        result->blank_fraction =
            step->frames_sum > 0 ? (double)step->blanks_sum / (double)step->frames_sum : 0.0;
        update_weights(step, lr, update);
        oss_label_prior_update(step->prior, update);
    }
    *out = *result;
}

const float *oss_step_gradient(const oss_step *step) {
    return step->total;
}
