#include "train/health.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "model/sizes.h"
#include "train/schedule.h"

static const double LOSS_WEIGHT = 0.05;     /* of a new step in the running mean */
static const double MIN_GRAD_WEIGHT = 0.02; /* a memory of 50 steps */
static const double FIRST_SPREAD = 0.5;     /* of ln norm, until there are steps to measure it */
static const double MIN_SPREAD = 0.05;      /* norms that hardly vary are not all remarkable */
static const double MAX_DEVIATION = 3.0;    /* in spreads: what a single step may move */
enum { SCORED_AFTER = 10 /* steps */ };
static const double GROWN = 10.0; /* times the usual norm */
static const double HIGH_LR = 0.01;

static const double BELOW_PLATEAU = 0.97;
static const double LONGEST_PATH = 1.0;
static const double SHORTEST_PATH = 0.02;

/* ---- Gradient norms ---- */

oss_grad_check oss_health_note(oss_train_state *state, const oss_step_result *result) {
    int64_t number = state->step - state->skipped_steps; /* of this finite step, from 1 */
    double level = log(fmax(result->grad_norm, 1e-30));
    if (number <= 1) {
        state->loss_mean = result->loss;
        state->grad_log_mean = level;
        state->grad_log_spread = FIRST_SPREAD;
        return (oss_grad_check){0};
    }
    double spread = fmax(state->grad_log_spread, MIN_SPREAD);
    double deviation = level - state->grad_log_mean;
    oss_grad_check check = {.usual = exp(state->grad_log_mean),
                            .score = number > SCORED_AFTER ? deviation / spread : 0.0};
    double weight = fmax(1.0 / (double)number, MIN_GRAD_WEIGHT);
    double cut = fmax(fmin(deviation, MAX_DEVIATION * spread), -MAX_DEVIATION * spread);
    state->grad_log_mean += weight * cut;
    state->grad_log_spread += weight * (fabs(cut) - state->grad_log_spread);
    state->loss_mean += LOSS_WEIGHT * (result->loss - state->loss_mean);
    return check;
}

/* ---- Skipped steps ---- */

void oss_history_note(oss_step_history *history, int64_t step, const oss_step_result *result) {
    int32_t place = history->count++ % OSS_HEALTH_REMEMBERED;
    history->step[place] = step;
    history->loss[place] = result->loss;
    history->grad_norm[place] = result->grad_norm;
}

static void append(char out[OSS_HEALTH_TEXT_BYTES], const char *words) {
    size_t used = strlen(out);
    (void)oss_format(out + used, OSS_HEALTH_TEXT_BYTES - used, "%s", words);
}

static const char *choose_advice(const oss_step_history *history, const oss_train_state *state,
                                 const oss_config *config) {
    if (state->step == state->skipped_steps) {
        return "no step was ever finite: the recordings named in metrics.jsonl, or the weights of --init, "
               "are broken";
    }
    int32_t last = (history->count - 1) % OSS_HEALTH_REMEMBERED;
    bool grown = history->count > 0 && history->grad_norm[last] > GROWN * exp(state->grad_log_mean);
    if (grown || config->training.lr >= HIGH_LR) {
        return "the weights have left the range where training works: lower lr 3 to 10 times, or raise "
               "warmup_steps";
    }
    return "the steps before were ordinary: look at the rows named in metrics.jsonl, and when they are "
           "sound, lower lr";
}

void oss_history_explain(char out[OSS_HEALTH_TEXT_BYTES], const oss_step_history *history,
                         const oss_train_state *state, const oss_config *config) {
    out[0] = '\0';
    int32_t count = history->count < OSS_HEALTH_REMEMBERED ? history->count : OSS_HEALTH_REMEMBERED;
    for (int32_t i = history->count - count; i < history->count; i++) {
        int32_t place = i % OSS_HEALTH_REMEMBERED;
        char one[96];
        (void)oss_format(one, sizeof one, "%s step %lld loss %.4g, gradient norm %.3g;",
                         out[0] == '\0' ? "the last finite steps:" : "", (long long)history->step[place],
                         history->loss[place], history->grad_norm[place]);
        append(out, one);
    }
    append(out, out[0] == '\0' ? "" : " ");
    append(out, choose_advice(history, state, config));
}

/* ---- The plateau ---- */

static double log_choose(double n, double k) {
    return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

static double measure_row(const oss_row *row, int32_t frames, double rate, const int64_t *count,
                          double symbols) {
    double labels = row->labels;
    double empty = frames - labels;
    double nll = -log_choose(frames, labels) - (empty > 0 ? empty * log1p(-rate) : 0.0);
    for (int32_t l = 0; l < row->labels; l++) {
        nll -= log(rate * (double)count[row->label[l]] / symbols);
    }
    return nll / (labels > 1 ? labels : 1);
}

oss_status oss_plateau_loss(double *out, const oss_manifest *train, const oss_config *config, int32_t vocab) {
    int64_t *count = oss_alloc_zero((size_t)vocab, sizeof *count);
    if (count == NULL) {
        return OSS_ENOMEM;
    }
    double symbols = 0, frames = 0, sum = 0;
    for (int32_t i = 0; i < train->rows; i++) {
        const oss_row *row = &train->row[i];
        frames += oss_sizes_ctc_frames(&config->model, row->sound.samples);
        symbols += row->labels;
        for (int32_t l = 0; l < row->labels; l++) {
            count[row->label[l]]++;
        }
    }
    for (int32_t i = 0; i < train->rows && symbols > 0; i++) {
        const oss_row *row = &train->row[i];
        sum += measure_row(row, (int32_t)oss_sizes_ctc_frames(&config->model, row->sound.samples),
                           symbols / frames, count, symbols);
    }
    oss_free(count);
    *out = symbols > 0 ? sum / train->rows : 0.0;
    return OSS_OK;
}

/* No limit is known for a network that begins with what another has learnt. */
static bool is_too_short(const oss_config *config, bool fine_tuned) {
    return !fine_tuned && oss_learning_path(config, config->training.max_steps) < SHORTEST_PATH;
}

oss_course oss_health_judge(const oss_config *config, bool fine_tuned, int64_t step, double loss,
                            double plateau_loss) {
    if (!(plateau_loss > 0) || loss < BELOW_PLATEAU * plateau_loss) {
        return OSS_COURSE_LEARNING;
    }
    bool failing = step >= config->training.max_steps || oss_learning_path(config, step) > LONGEST_PATH ||
                   is_too_short(config, fine_tuned);
    return failing ? OSS_COURSE_FAILING : OSS_COURSE_PLATEAU;
}

const char *oss_course_name(oss_course course) {
    static const char *const name[] = {"learning", "plateau", "failing"};
    return name[course];
}

static const char *choose_cure(const oss_course_report *report, const oss_config *config) {
    if (is_too_short(config, report->fine_tuned)) {
        return "the learning rates of all its steps add up to less than 0.02, and no run learnt with less "
               "than 0.05: raise lr or max_steps";
    }
    if (config->training.lr >= HIGH_LR) {
        return "lr is so high that nothing lasts: try 0.001";
    }
    if (report->step >= config->training.max_steps &&
        oss_learning_path(config, report->step) <= LONGEST_PATH) {
        return "it ended before it got below: raise max_steps";
    }
    return "look whether transcripts and recordings belong together, then try a lower lr, a longer "
           "warm-up, or head_init_gain 0.3";
}

void oss_course_explain(char out[OSS_HEALTH_TEXT_BYTES], const oss_course_report *report,
                        const oss_config *config) {
    double path = oss_learning_path(config, report->step);
    int percent = (int)(100.0 * report->blank_fraction + 0.5);
    switch (report->course) {
    case OSS_COURSE_LEARNING:
        (void)oss_format(
            out, OSS_HEALTH_TEXT_BYTES,
            "step %lld: %d %% of the frames are still blank, but the loss, %.4g, is below the %.4g "
            "of a network that hears nothing: letters follow",
            (long long)report->step, percent, report->loss, report->plateau_loss);
        break;
    case OSS_COURSE_PLATEAU:
        (void)oss_format(
            out, OSS_HEALTH_TEXT_BYTES,
            "step %lld: %d %% of the frames are blank, loss %.4g: the normal plateau. A network that "
            "hears nothing reaches %.4g; runs get below it while their learning rates add up to "
            "between 0.05 and 0.75, here %.2g so far",
            (long long)report->step, percent, report->loss, report->plateau_loss, path);
        break;
    case OSS_COURSE_FAILING:
        (void)oss_format(
            out, OSS_HEALTH_TEXT_BYTES,
            "step %lld: this run is failing: the loss, %.4g, is not below the %.4g of a network that "
            "hears nothing (%d %% of the frames are blank; the learning rates so far add up to %.2g): "
            "%s",
            (long long)report->step, report->loss, report->plateau_loss, percent, path,
            choose_cure(report, config));
        break;
    }
}
