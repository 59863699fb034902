/* What is usual for a gradient, what is said before a run is given up, and the plateau of blanks. */
#include "train/health.h"

#include <math.h>
#include <string.h>

#include "support/rows.h"
#include "support/suite.h"
#include "train/schedule.h"

/* ---- Gradient norms ---- */

static oss_grad_check note(oss_train_state *state, double grad_norm) {
    const oss_step_result result = {.loss = 2.0, .grad_norm = grad_norm};
    state->step++;
    return oss_health_note(state, &result);
}

/* Norms around 3 of some spread, a factor of up to 1.3 either way. */
static double usual_norm(int step) {
    return 3.0 * exp(0.26 * sin(1.7 * step));
}

START_TEST(test_one_large_norm_does_not_move_what_is_usual) {
    oss_train_state state = {0};
    ck_assert_double_eq(note(&state, usual_norm(0)).usual, 0.0);
    for (int i = 1; i < 200; i++) {
        oss_grad_check check = note(&state, usual_norm(i));
        ck_assert_double_lt(fabs(check.score), 4.0);
    }
    oss_grad_check check = note(&state, 3e6);
    ck_assert_double_eq_tol(check.usual, 3.0, 0.2);
    ck_assert_double_gt(check.score, 20.0);
    check = note(&state, 3.0);
    ck_assert_double_eq_tol(check.usual, 3.0, 0.3);
    ck_assert_double_lt(fabs(check.score), 2.0);
}
END_TEST

START_TEST(test_a_lasting_change_becomes_usual) {
    oss_train_state state = {0};
    for (int i = 0; i < 200; i++) {
        (void)note(&state, usual_norm(i));
    }
    for (int i = 0; i < 200; i++) {
        (void)note(&state, 100.0 * usual_norm(i));
    }
    ck_assert_double_eq_tol(log(note(&state, 300.0).usual), log(300.0), 0.3);
}
END_TEST

START_TEST(test_zero_and_equal_norms) {
    oss_train_state state = {0};
    for (int i = 0; i < 400; i++) {
        (void)note(&state, 2.0);
    }
    oss_grad_check check = note(&state, 2.1);
    ck_assert_double_lt(check.score, 2.0);
    check = note(&state, 0.0);
    ck_assert(isfinite(check.score) && check.score < -10.0);
    ck_assert(isfinite(state.grad_log_mean) && isfinite(state.grad_log_spread));
}
END_TEST

/* ---- Giving up ---- */

static void explain(char out[OSS_HEALTH_TEXT_BYTES], int32_t finite, double last_norm, double lr) {
    oss_train_state state = {0};
    oss_step_history history = {0};
    oss_config *config = oss_rows_config("{}");
    config->training.lr = lr;
    for (int i = 1; i <= finite; i++) {
        const oss_step_result result = {.loss = i, .grad_norm = i == finite ? last_norm : 2.0};
        state.step++;
        oss_history_note(&history, state.step, &result);
        (void)oss_health_note(&state, &result);
    }
    state.step += 10;
    state.skipped_steps = 10;
    oss_history_explain(out, &history, &state, config);
    oss_config_free(config);
}

START_TEST(test_what_is_said_before_giving_up) {
    char text[OSS_HEALTH_TEXT_BYTES];
    explain(text, 0, 0, 1e-3);
    ck_assert_msg(strstr(text, "no step was ever finite") == text, "%s", text);
    explain(text, 2, 2.5, 1e-3);
    ck_assert_msg(strstr(text,
                         "the last finite steps: step 1 loss 1, gradient norm 2; step 2 loss 2, gradient "
                         "norm 2.5; the steps before were ordinary") == text,
                  "%s", text);
    explain(text, 20, 400.0, 1e-3);
    ck_assert_msg(strstr(text, "step 17 loss") != NULL && strstr(text, "step 16") == NULL, "%s", text);
    ck_assert_msg(strstr(text, "step 20 loss 20, gradient norm 400; the weights have left") != NULL, "%s",
                  text);
    explain(text, 20, 2.0, 0.5);
    ck_assert_msg(strstr(text, "lower lr 3 to 10 times") != NULL, "%s", text);
}
END_TEST

/* ---- The plateau ---- */

/* Two rows of 8 CTC frames (4 embeddings of 2) with 2 and 4 symbols: r = 6 / 16. */
START_TEST(test_plateau_loss_by_hand) {
    int32_t first[] = {2, 2}, second[] = {2, 3, 3, 2};
    oss_row row[2] = {{.sound.samples = 4000, .label = first, .labels = 2},
                      {.sound.samples = 4000, .label = second, .labels = 4}};
    const oss_manifest train = {.row = row, .rows = 2};
    oss_config *config = oss_rows_config("{}");
    double got = 0;
    ck_assert_int_eq(oss_plateau_loss(&got, &train, config, 4), OSS_OK);
    const double r = 6.0 / 16.0, a = 4.0 / 6.0, b = 2.0 / 6.0;
    double one = -log(28.0 * pow(r * a, 2) * pow(1 - r, 6)) / 2;
    double other = -log(70.0 * pow(r * a, 2) * pow(r * b, 2) * pow(1 - r, 4)) / 4;
    ck_assert_double_eq_tol(got, (one + other) / 2, 1e-12);
    row[0].labels = row[1].labels = 0;
    ck_assert_int_eq(oss_plateau_loss(&got, &train, config, 4), OSS_OK);
    ck_assert_double_eq(got, 0.0);
    row[0] = (oss_row){.sound.samples = 4000, .label = (int32_t[]){2, 3, 2, 3, 2, 3, 2, 3}, .labels = 8};
    row[1] = row[0]; /* no frame is left for a blank */
    ck_assert_int_eq(oss_plateau_loss(&got, &train, config, 4), OSS_OK);
    ck_assert_double_eq_tol(got, log(2.0), 1e-12);
    oss_config_free(config);
}
END_TEST

static oss_course judge_run(bool fine_tuned, double lr, int64_t max_steps, int64_t step, double loss) {
    oss_config *config = oss_rows_config("{}");
    config->training.lr = lr;
    config->training.warmup_steps = 100;
    config->training.max_steps = max_steps;
    oss_course course = oss_health_judge(config, fine_tuned, step, loss, 3.0);
    oss_config_free(config);
    return course;
}

static oss_course judge(double lr, int64_t max_steps, int64_t step, double loss) {
    return judge_run(false, lr, max_steps, step, loss);
}

START_TEST(test_judgement) {
    ck_assert_int_eq(judge(1e-3, 5000, 100, 9.0), OSS_COURSE_PLATEAU);
    ck_assert_int_eq(judge(1e-3, 5000, 700, 2.95), OSS_COURSE_PLATEAU);
    ck_assert_int_eq(judge(1e-3, 5000, 700, 2.9), OSS_COURSE_LEARNING);
    ck_assert_int_eq(judge(1e-3, 5000, 1300, 2.95), OSS_COURSE_FAILING);
    ck_assert_int_eq(judge(1, 5000, 50, 3.5), OSS_COURSE_FAILING);
    ck_assert_int_eq(judge(1e-7, 5000, 50, 9.0), OSS_COURSE_FAILING);
    ck_assert_int_eq(judge(1e-3, 300, 200, 2.95), OSS_COURSE_PLATEAU);
    ck_assert_int_eq(judge(1e-3, 300, 300, 2.95), OSS_COURSE_FAILING); /* it is over */
    ck_assert_int_eq(judge(1, 5000, 50, 1.0), OSS_COURSE_LEARNING);
}
END_TEST

/* The least that a network needs which starts from nothing says nothing about one that has learnt. */
START_TEST(test_judgement_of_a_fine_tuned_run) {
    ck_assert_int_eq(judge(1e-4, 150, 50, 4.0), OSS_COURSE_FAILING);
    ck_assert_int_eq(judge_run(true, 1e-4, 150, 50, 4.0), OSS_COURSE_PLATEAU);
    ck_assert_int_eq(judge_run(true, 1e-4, 150, 150, 4.0), OSS_COURSE_FAILING); /* it is over */
    ck_assert_int_eq(judge_run(true, 1, 5000, 50, 3.5), OSS_COURSE_FAILING);
    oss_config *config = oss_rows_config("{\"lr\": 1e-4, \"max_steps\": 150}");
    oss_course_report report = {.step = 150, .course = OSS_COURSE_FAILING, .loss = 4, .plateau_loss = 3};
    char text[OSS_HEALTH_TEXT_BYTES];
    oss_course_explain(text, &report, config);
    ck_assert_msg(strstr(text, "less than 0.02") != NULL, "%s", text);
    report.fine_tuned = true;
    oss_course_explain(text, &report, config);
    ck_assert_msg(strstr(text, "0.02") == NULL &&
                      strstr(text, "ended before it got below: raise max_steps") != NULL,
                  "%s", text);
    oss_config_free(config);
}
END_TEST

START_TEST(test_learning_path) {
    static const int64_t warmup[] = {0, 100, 400}, stops[] = {1, 60, 100, 101, 200, 300, 350};
    for (int w = 0; w < 3; w++) {
        oss_config *config = oss_rows_config("{}");
        config->training.lr = 0.01;
        config->training.warmup_steps = warmup[w];
        config->training.max_steps = 300;
        double sum = 0;
        int next = 0;
        for (int64_t step = 1; step <= 350; step++) {
            sum += oss_learning_rate(config, step);
            if (step == stops[next]) {
                ck_assert_double_eq_tol(oss_learning_path(config, step), sum, 0.01);
                next++;
            }
        }
        oss_config_free(config);
    }
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("health");
    TCase *all = tcase_create("health");
    tcase_add_test(all, test_one_large_norm_does_not_move_what_is_usual);
    tcase_add_test(all, test_a_lasting_change_becomes_usual);
    tcase_add_test(all, test_zero_and_equal_norms);
    tcase_add_test(all, test_what_is_said_before_giving_up);
    tcase_add_test(all, test_plateau_loss_by_hand);
    tcase_add_test(all, test_judgement);
    tcase_add_test(all, test_judgement_of_a_fine_tuned_run);
    tcase_add_test(all, test_learning_path);
    suite_add_tcase(suite, all);
    return suite;
}
