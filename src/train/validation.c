#include "train/validation.h"

#include "base/failure.h"
#include "base/logger.h"
#include "base/mem.h"
#include "dataset/row_audio.h"
#include "decode/frames.h"
#include "decode/scoring.h"
#include "decode/symbol_text.h"
#include "batch/sort_keys.h"
#include "base/clock.h"

typedef struct utterance_score {
    bool loaded;
    oss_row_score score;
    int64_t frames, blanks;
    char *hypothesis;
} utterance_score;

typedef struct validation_job {
    const oss_validation_setup *setup;
    utterance_score *score; /* [rows] */
    int32_t *turn;          /* [rows] longest first, so that no thread is left with a long one at the end */
    float **audio;          /* [threads] room for the longest utterance */
    oss_failure failure;
} validation_job;

static oss_status score_row(const validation_job *job, const oss_row *row, int32_t worker,
                            utterance_score *score) {
    const oss_validation_setup *setup = job->setup;
    oss_tape *tape = setup->workers->tape[worker];
    const float *audio = job->audio[worker];
    const int32_t *label = row->label;
    int32_t samples = (int32_t)row->sound.samples;
    const oss_net_input input = {
        .utterances = 1, .audio = &audio, .samples = &samples, .label = &label, .labels = &row->labels};
    oss_net_output output;
    oss_tape_reset(tape, false);
    oss_status status = oss_net_forward(setup->workers->net, tape, setup->value, NULL, NULL, &input, &output);
    if (status == OSS_OK) {
        const float *logits = output.logits->data;
        score->frames = output.logits->dim[0];
        score->blanks = oss_frames_blank(logits, output.logits->dim[0], output.logits->dim[1]);
        oss_row_score_lengths(&score->score, label, row->labels, output.logits->dim[0]);
        if (score->score.feasible) {
            score->score.nll = output.nll[0];
        }
        status = oss_logits_text(&score->hypothesis, setup->vocab, setup->config->model.text_case, logits,
                                 output.logits->dim[0]);
    }
    return status == OSS_OK ? oss_row_score_texts(&score->score, row->csv.text, score->hypothesis) : status;
}

static void score_task(void *context, int32_t task, int32_t worker) {
    validation_job *job = context;
    if (oss_failure_precedes(&job->failure, task)) {
        return;
    }
    const oss_config *config = job->setup->config;
    const oss_row *row = &job->setup->dev->row[job->turn[task]];
    utterance_score *score = &job->score[job->turn[task]];
    oss_status status = oss_row_load(job->audio[worker], row, config);
    score->loaded = status == OSS_OK;
    if (oss_row_is_to_blame(status) && config->data.bad_audio == OSS_POLICY_SKIP) {
        oss_log_warn("left out of this validation: %s", oss_last_error());
        return;
    }
    if (status == OSS_OK) {
        status = score_row(job, row, worker, score);
    }
    oss_failure_note(&job->failure, task, status);
}

/* ---- Memory and order ---- */

static oss_status order_turns(validation_job *job, const oss_manifest *dev) {
    uint64_t *rank = oss_alloc(2 * (size_t)dev->rows, sizeof *rank);
    if (rank == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < dev->rows; i++) {
        rank[i] = (uint64_t)(UINT32_MAX - (uint32_t)dev->row[i].sound.samples) << 32 | (uint32_t)i;
    }
    oss_sort_keys(rank, rank + dev->rows, dev->rows);
    for (int32_t i = 0; i < dev->rows; i++) {
        job->turn[i] = (int32_t)(uint32_t)rank[i];
    }
    oss_free(rank);
    return OSS_OK;
}

/* An arena large enough for any row. Longer rows need more, and so do longer transcripts (for alpha and
 * beta): the longest of both. */
static oss_status reserve_arenas(const oss_validation_setup *setup, int32_t most_samples) {
    int32_t most_labels = 0;
    for (int32_t i = 0; i < setup->dev->rows; i++) {
        most_labels = setup->dev->row[i].labels > most_labels ? setup->dev->row[i].labels : most_labels;
    }
    const int32_t *label = NULL;
    const oss_net_input largest = {
        .utterances = 1, .samples = &most_samples, .label = &label, .labels = &most_labels};
    size_t bytes = 0;
    oss_status status = oss_workers_measure(setup->workers, &largest, false, &bytes);
    return status == OSS_OK ? oss_workers_reserve(setup->workers, bytes) : status;
}

static oss_status init_job(validation_job *job, const oss_validation_setup *setup) {
    size_t rows = (size_t)setup->dev->rows;
    size_t threads = (size_t)setup->workers->threads;
    int32_t most_samples = 1;
    for (size_t i = 0; i < rows; i++) {
        int32_t samples = (int32_t)setup->dev->row[i].sound.samples;
        most_samples = samples > most_samples ? samples : most_samples;
    }
    job->score = oss_alloc_zero(rows, sizeof *job->score);
    job->turn = oss_alloc(rows, sizeof *job->turn);
    job->audio = oss_alloc_zero(threads, sizeof *job->audio);
    bool complete = job->score != NULL && job->turn != NULL && job->audio != NULL;
    for (size_t i = 0; i < threads && complete; i++) {
        job->audio[i] = oss_alloc_aligned((size_t)most_samples, sizeof *job->audio[i]);
        complete = job->audio[i] != NULL;
    }
    oss_status status = complete ? order_turns(job, setup->dev) : OSS_ENOMEM;
    return status == OSS_OK ? reserve_arenas(setup, most_samples) : status;
}

static void deinit_job(validation_job *job) {
    const oss_validation_setup *setup = job->setup;
    for (int32_t i = 0; i < setup->dev->rows && job->score != NULL; i++) {
        oss_free(job->score[i].hypothesis);
    }
    for (int32_t i = 0; i < setup->workers->threads; i++) {
        oss_free(job->audio == NULL ? NULL : job->audio[i]);
    }
    oss_free(job->score);
    oss_free(job->turn);
    oss_free((void *)job->audio);
}

/* ---- Sums ---- */

/* In the order of the rows. */
static void add_scores(oss_eval *eval, const validation_job *job) {
    const oss_manifest *dev = job->setup->dev;
    oss_score sum = {0};
    int64_t samples = 0, frames = 0, blanks = 0;
    for (int32_t i = 0; i < dev->rows; i++) {
        const utterance_score *score = &job->score[i];
        if (!score->loaded) {
            eval->failed++;
            continue;
        }
        oss_score_add(&sum, &score->score);
        samples += dev->row[i].sound.samples;
        frames += score->frames;
        blanks += score->blanks;
    }
    eval->utterances = (int32_t)sum.rows;
    eval->infeasible = (int32_t)sum.infeasible;
    eval->loss = oss_score_loss(&sum);
    eval->characters = sum.characters;
    eval->words = sum.words;
    eval->cer = oss_edits_rate(&eval->characters);
    eval->wer = oss_edits_rate(&eval->words);
    eval->blank_fraction = frames > 0 ? (double)blanks / (double)frames : 0.0;
    eval->audio_seconds = (double)samples / job->setup->config->model.mel.sample_rate_hz;
}

/* Rows at the beginning, the middle and the end. */
static void take_samples(oss_eval *eval, const validation_job *job) {
    const oss_manifest *dev = job->setup->dev;
    int32_t count = dev->rows < OSS_EVAL_SAMPLES ? dev->rows : OSS_EVAL_SAMPLES;
    for (int32_t i = 0; i < count; i++) {
        int32_t row = count == 1 ? 0 : (int32_t)((int64_t)i * (dev->rows - 1) / (count - 1));
        if (job->score[row].loaded) {
            eval->sample[eval->samples++] =
                (oss_eval_sample){.row = &dev->row[row], .hypothesis = job->score[row].hypothesis};
            job->score[row].hypothesis = NULL; /* now the evaluation's */
        }
    }
}

oss_status oss_validate(oss_eval *out, const oss_validation_setup *setup) {
    double start = oss_clock_seconds();
    validation_job job = {.setup = setup};
    oss_status status = init_job(&job, setup);
    if (status == OSS_OK) {
        oss_pool_run(setup->workers->pool, setup->dev->rows, score_task, &job);
        status = oss_failure_report(&job.failure);
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "validation");
    }
    if (status == OSS_OK) {
        oss_eval eval = {0};
        add_scores(&eval, &job);
        take_samples(&eval, &job);
        eval.wall_seconds = oss_clock_seconds() - start;
        *out = eval;
    }
    deinit_job(&job);
    return status;
}

void oss_eval_deinit(oss_eval *eval) {
    for (int32_t i = 0; i < eval->samples; i++) {
        oss_free(eval->sample[i].hypothesis);
    }
    *eval = (oss_eval){0};
}
