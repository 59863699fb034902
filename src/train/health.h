/* Is a run well? Gradient norms beside their usual size, what came before a failure, and whether a network
 * that writes nothing yet is on its way. */
#ifndef OSS_TRAIN_HEALTH_H
#define OSS_TRAIN_HEALTH_H

#include "dataset/manifest.h"
#include "checkpoint/checkpoint.h"
#include "train/step.h"

/* ---- Gradient norms ---- */

/* A norm beside those before it: running means of ln norm and of its absolute deviation, both of weight
 * max(1/n, 1/50), the deviation cut at three times its mean, so that neither a single large norm nor one that
 * is not finite (skipped steps are left out) moves what is usual. It lies in the state, so a resumed run goes
 * on with it. */
typedef struct oss_grad_check {
    double usual; /* exp of the mean, this step not included; 0 in the first step */
    double score; /* (ln norm - mean) / mean absolute deviation; 0 in the first steps */
} oss_grad_check;

/* Notes a finite step in the state's running values (its step counts already). */
oss_grad_check oss_health_note(oss_train_state *state, const oss_step_result *result);

/* ---- Skipped steps ---- */

enum { OSS_HEALTH_REMEMBERED = 4, OSS_HEALTH_TEXT_BYTES = 512 };
typedef struct oss_step_history {
    int32_t count; /* noted so far, by this process */
    int64_t step[OSS_HEALTH_REMEMBERED];
    double loss[OSS_HEALTH_REMEMBERED], grad_norm[OSS_HEALTH_REMEMBERED];
} oss_step_history;

void oss_history_note(oss_step_history *history, int64_t step, const oss_step_result *result);
/* The last finite steps in words, and what usually helps after them. */
void oss_history_explain(char out[OSS_HEALTH_TEXT_BYTES], const oss_step_history *history,
                         const oss_train_state *state, const oss_config *config);

/* ---- The plateau ---- */

/* The loss of a network that hears nothing: every frame says the blank with probability 1 - r and symbol v
 * with r u(v), r the symbols per frame of the whole set and u their frequencies. Summed over the alignments
 * without repeated frames, nll = -ln (T choose L) - L ln r - (T - L) ln(1 - r) - sum_l ln u(label_l), little
 * more than the entropy of the symbols; the mean of nll / L over the rows. 0 without any symbol. OSS_ENOMEM. */
oss_status oss_plateau_loss(double *out, const oss_manifest *train, const oss_config *config, int32_t vocab);

/* CTC first learns to write nothing, stays there a while, then finds the letters. Among some fifty runs on
 * two sets, with lr 0.001 to 0.004 and warm-up of 20 to 300 steps, the running mean of the loss fell below
 * 0.97 of the plateau's when the learning rates of all steps so far added up to between 0.05 and 0.72. */
typedef enum oss_course {
    OSS_COURSE_LEARNING, /* the loss is below 0.97 of the plateau's */
    OSS_COURSE_PLATEAU,  /* not yet, which is usual for this step */
    OSS_COURSE_FAILING /* not yet, and: the rates so far exceed 1, those of the whole run stay below 0.02 though
                          it began with nothing, or the run is over */
} oss_course;
oss_course oss_health_judge(const oss_config *config, bool fine_tuned, int64_t step, double loss,
                            double plateau_loss);
const char *oss_course_name(oss_course course); /* "learning" "plateau" "failing" */

typedef struct oss_course_report {
    int64_t step;
    oss_course course;
    double loss, plateau_loss; /* running mean of training; as above */
    double blank_fraction;
    bool fine_tuned; /* it began with the weights of a model */
} oss_course_report;

/* The report in words: for a failing run what usually helps. */
void oss_course_explain(char out[OSS_HEALTH_TEXT_BYTES], const oss_course_report *report,
                        const oss_config *config);

#endif
