#include "support/runs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "support/rows.h"
#include "support/tempdir.h"

void oss_test_runs_make(oss_test_runs *runs, const oss_tones *tones) {
    runs->folder = oss_tempdir_make();
    runs->csv = oss_tones_make(runs->folder, "tones", tones);
}

void oss_test_runs_remove(oss_test_runs *runs) {
    oss_tempdir_remove(runs->folder);
    free(runs->csv);
}

const char *oss_test_runs_path(const oss_test_runs *runs, const char *name) {
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", runs->folder, name);
    return path[turn];
}

oss_config *oss_test_runs_config(const oss_test_runs *runs, const char *more_json) {
    char json[2000];
    snprintf(json, sizeof json,
             "{\"mel_bins\": 32, \"n_fft\": 512, \"conv_channels\": 8, \"d_model\": 24, %s\"n_heads\": 2, "
             "\"d_ff\": 48, \"train_csv\": \"%s\", \"split_by\": \"row\", \"warmup_steps\": 5, "
             "\"keep_last\": 2%s%s}",
             strstr(more_json, "n_layers") == NULL ? "\"n_layers\": 1, " : "", runs->csv,
             more_json[0] == '\0' ? "" : ", ", more_json);
    return oss_rows_config(json);
}

typedef struct stop_counter {
    int64_t steps, stop_after;
} stop_counter;

static void count_step(void *context, const oss_train_progress *progress) {
    (void)progress;
    ((stop_counter *)context)->steps++;
}

static bool is_enough(void *context) {
    const stop_counter *counter = context;
    return counter->stop_after > 0 && counter->steps >= counter->stop_after;
}

oss_train_outcome oss_test_runs_train(const oss_test_runs *runs, const char *run, const oss_config *config,
                                      bool resume, int64_t stop_after, oss_status wanted) {
    stop_counter counter = {.stop_after = stop_after};
    const oss_train_request request = {
        .config = config,
        .run = oss_test_runs_path(runs, run),
        .resume = resume,
        .hooks = {.context = &counter, .stepped = count_step, .stop = is_enough}};
    oss_train_outcome outcome = {0};
    oss_status status = oss_train(&outcome, &request);
    ck_assert_msg(status == wanted, "%s, not %s: %s", oss_status_name(status), oss_status_name(wanted),
                  oss_last_error());
    return outcome;
}

oss_status oss_test_runs_finetune(const oss_test_runs *runs, const char *run, const oss_config *config,
                                  const char *init) {
    const oss_train_request request = {
        .config = config, .run = oss_test_runs_path(runs, run), .init = oss_test_runs_path(runs, init)};
    oss_train_outcome outcome;
    return oss_train(&outcome, &request);
}

oss_model *oss_test_runs_load(const oss_test_runs *runs, const char *name) {
    oss_model *model = NULL;
    oss_status status = oss_model_load(&model, oss_test_runs_path(runs, name));
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return model;
}

bool oss_test_same_tensor(const oss_model *a, const oss_model *b, const char *name) {
    const oss_param *x = oss_params_find(a->params, name), *y = oss_params_find(b->params, name);
    ck_assert(x != NULL && y != NULL && x->count == y->count);
    return memcmp(a->value + x->offset, b->value + y->offset, x->count * sizeof *a->value) == 0;
}

void oss_test_runs_assert_same(const oss_test_runs *runs, const char *a, const char *b) {
    long bytes_a = 0, bytes_b = 0;
    char *text_a = oss_tempdir_read(oss_test_runs_path(runs, a), &bytes_a);
    char *text_b = oss_tempdir_read(oss_test_runs_path(runs, b), &bytes_b);
    ck_assert_msg(text_a != NULL && text_b != NULL, "%s or %s is missing", a, b);
    ck_assert_msg(bytes_a == bytes_b && memcmp(text_a, text_b, (size_t)bytes_a) == 0, "%s and %s differ", a,
                  b);
    free(text_a);
    free(text_b);
}

/* All of two states but the settings of a run that change no weight, such as threads, and with them the sum. */
static void assert_same_states(const oss_test_runs *runs, const char *a, const char *b) {
    oss_json *left = NULL, *right = NULL;
    ck_assert_int_eq(oss_json_load(&left, oss_test_runs_path(runs, a), 1 << 20), OSS_OK);
    ck_assert_int_eq(oss_json_load(&right, oss_test_runs_path(runs, b), 1 << 20), OSS_OK);
    char *text[2];
    oss_json *const state[] = {left, right};
    for (int i = 0; i < 2; i++) {
        ck_assert(oss_json_remove(state[i], "config") && oss_json_remove(state[i], "ossicle_sum"));
        ck_assert_int_eq(oss_json_print(&text[i], state[i], OSS_JSON_PRETTY), OSS_OK);
        oss_json_free(state[i]);
    }
    ck_assert_str_eq(text[0], text[1]);
    oss_free(text[0]);
    oss_free(text[1]);
}

void oss_test_runs_assert_same_weights(const oss_test_runs *runs, const char *a, const char *b) {
    static const char *const file[] = {"latest/model.safetensors", "latest/optimizer.safetensors",
                                       "best/model.safetensors", "latest/state.json"};
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        char path_a[200], path_b[200];
        snprintf(path_a, sizeof path_a, "%s/%s", a, file[i]);
        snprintf(path_b, sizeof path_b, "%s/%s", b, file[i]);
        if (strstr(file[i], "state") != NULL) {
            assert_same_states(runs, path_a, path_b);
        } else {
            oss_test_runs_assert_same(runs, path_a, path_b);
        }
    }
}
