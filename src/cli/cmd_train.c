/* ossicle train (the program ossicle-train): options to a checked config, signals, the run, and what is said
 * at its end. */
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "cli/cli_data.h"
#include "cli/cli_signals.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "cli/train_display.h"
#include "train/finetune.h"
#include "train/finetune_defaults.h"
#include "checkpoint/run_config.h"
#include "train/trainer.h"

static const oss_cli_option options[] = {
    {.name = "--config",
     .value = "FILE",
     .help = "every setting, as JSON; needed unless --resume, or --init for the settings of its model"},
    {.name = "--set",
     .value = "KEY=VALUE",
     .help = "change one setting of the config; with --resume only max_steps, threads, paths and cadence",
     .repeats = true},
    {.name = "--run",
     .value = "DIR",
     .help = "the run folder (default: run_dir of the config, else checkpoints/NAME after NAME.json)"},
    {.name = "--resume",
     .help =
         "go on with the run in --run DIR from its latest checkpoint, with the same bits as if it had not stopped; "
         "settings come from it"},
    {.name = "--init",
     .value = "M",
     .help =
         "fine-tune model M, ossicle-en for the English model that ships with Ossicle: start from its tensors that fit "
         "by name and shape and the rows of its head, by symbol; without --config also from its front end, network and "
         "text settings, and the rest follows from the amount of audio"},
    {.name = "--freeze",
     .value = "GLOB",
     .help = "with --init: tensors whose name matches get no update (\"encoder.down.*\")",
     .repeats = true},
    OSS_CLI_DATA_FORMAT_OPTION,
    {.name = "--threads",
     .value = "N",
     .help = "threads to use; the weights are the same bytes with any number"},
};

static const char details[] =
    "SIGINT (Ctrl-C), SIGTERM, SIGHUP (a closed terminal) and SIGXCPU finish the step, save a checkpoint and say how to "
    "resume: exit 130, 143, 129 and 152; a second SIGINT or SIGTERM ends the program at once. SIGUSR1 saves a checkpoint "
    "and goes on. What ends training otherwise, such as a recording that vanished, saves what is done too. The run folder holds config.json, metrics.jsonl, skipped.jsonl "
    "(rows that do not train, and why), dev.csv (the held-out rows), checkpoints/, and the links "
    "latest and best.";

static bool is_stopped(void *context) {
    (void)context;
    return oss_cli_signal() != 0;
}

static bool is_save_asked(void *context) {
    (void)context;
    return oss_cli_take_save();
}

/* ---- Options ---- */

static oss_status check_options(const oss_cli_args *args) {
    bool resume = oss_cli_has(args, "--resume");
    if (!resume && !oss_cli_has(args, "--config") && !oss_cli_has(args, "--init")) {
        return oss_fail(OSS_EUSAGE, "--config FILE is missing: `ossicle train --help` tells how it is used");
    }
    if (resume && oss_cli_has(args, "--config")) {
        return oss_fail(OSS_EUSAGE,
                        "--resume takes the settings of the run in --run DIR: leave out --config, and "
                        "change what may change by --set");
    }
    if (resume && !oss_cli_has(args, "--run")) {
        return oss_fail(OSS_EUSAGE, "--resume needs --run DIR: the run to go on with");
    }
    if (resume && oss_cli_has(args, "--init")) {
        return oss_fail(OSS_EUSAGE,
                        "--init begins a new run and --resume goes on with one: choose one of them");
    }
    if (oss_cli_has(args, "--freeze") && !oss_cli_has(args, "--init")) {
        return oss_fail(OSS_EUSAGE, "--freeze needs --init M: weights that never trained would stay random%s",
                        resume ? " (a resumed run keeps what it froze)" : "");
    }
    return OSS_OK;
}

/* --run, else the config's run_dir, else checkpoints/NAME. */
static oss_status choose_run(char **out, const oss_cli_args *args, const oss_config *config) {
    const char *named = oss_cli_has(args, "--run") ? oss_cli_value(args, "--run") : config->training.run_dir;
    char *run = NULL;
    if (named != NULL) {
        run = oss_strdup(named);
    } else if (oss_cli_has(args, "--config")) {
        char *stem = oss_path_stem(oss_cli_value(args, "--config"));
        run = stem == NULL ? NULL : oss_path_join("checkpoints", stem);
        oss_free(stem);
    } else {
        return oss_fail(OSS_EUSAGE, "--init without --config needs --run DIR: the folder of the new run");
    }
    *out = run;
    return run == NULL ? OSS_ENOMEM : OSS_OK;
}

/* What a new run begins with: a file, or the settings of the model to start from. */
static oss_status load_base_config(oss_config **out, const char *init, const oss_cli_args *args) {
    if (oss_cli_has(args, "--config")) {
        return oss_config_load(out, oss_cli_value(args, "--config"));
    }
    return oss_finetune_config(out, init);
}

/* Without a --config what --set left open is for fine-tuning to choose. */
static bool follows_defaults(const oss_cli_args *args) {
    return oss_cli_has(args, "--init") && !oss_cli_has(args, "--config");
}

static oss_status apply_settings(oss_config *config, const oss_cli_args *args) {
    bool resume = oss_cli_has(args, "--resume");
    for (int32_t i = 0; i < oss_cli_count(args, "--set"); i++) {
        const char *assignment = oss_cli_value_at(args, "--set", i);
        oss_status status = oss_config_set(config, assignment);
        if (status != OSS_OK) {
            return oss_fail_prefix(status, "--set");
        }
        if (resume && !oss_config_may_change_on_resume(assignment)) {
            return oss_fail(
                OSS_EUSAGE,
                "--set %s: a resumed run keeps this setting. To change it, start a new run from the weights: "
                "--init RUN --config FILE",
                assignment);
        }
    }
    oss_status status = oss_cli_set_data_format(args, config);
    if (status == OSS_OK && oss_cli_has(args, "--threads")) {
        status = oss_cli_threads(args, &config->training.threads);
    }
    return status;
}

/* --freeze GLOB... becomes the config's list, so that a resumed run knows it. */
static oss_status apply_freeze(oss_config *config, const oss_cli_args *args) {
    if (!oss_cli_has(args, "--freeze")) {
        return OSS_OK;
    }
    oss_json *list = oss_json_array();
    for (int32_t i = 0; i < oss_cli_count(args, "--freeze"); i++) {
        oss_json_add_string(list, NULL, oss_cli_value_at(args, "--freeze", i));
    }
    char *text = NULL;
    oss_status status = oss_json_print(&text, list, OSS_JSON_LINE);
    oss_json_free(list);
    if (status != OSS_OK) {
        return status;
    }
    oss_strbuf assignment = {0};
    oss_strbuf_printf(&assignment, "freeze=%s", text);
    oss_free(text);
    text = oss_strbuf_take(&assignment);
    status = text == NULL ? OSS_ENOMEM : oss_config_set(config, text);
    oss_free(text);
    return status;
}

static oss_status complete_config(oss_config *config, const oss_cli_args *args) {
    oss_status status = apply_settings(config, args);
    if (status == OSS_OK) {
        status = apply_freeze(config, args);
    }
    if (status == OSS_OK && follows_defaults(args)) {
        status = oss_finetune_defaults_apply(config);
    }
    if (status == OSS_OK) {
        status = oss_config_check(config);
    }
    bool random = !oss_cli_has(args, "--init") && !oss_cli_has(args, "--resume");
    if (status == OSS_OK && config->training.freezes > 0 && random) {
        status =
            oss_fail(OSS_EUSAGE,
                     "\"freeze\" in the config needs --init M: weights that never trained would stay random");
    }
    return status;
}

/* The settings of a new run, or of the one to be resumed, and its folder. */
static oss_status load_config(oss_config **out, char **out_run, const char *init, const oss_cli_args *args) {
    oss_config *config = NULL;
    char *run = NULL;
    oss_status status = oss_cli_has(args, "--resume")
                            ? oss_run_load_config(&config, oss_cli_value(args, "--run"))
                            : load_base_config(&config, init, args);
    if (status == OSS_OK) {
        status = complete_config(config, args); /* of a new run: it may name the folder */
    }
    if (status == OSS_OK) {
        status = choose_run(&run, args, config);
    }
    if (status != OSS_OK) {
        oss_config_free(config);
        oss_free(run);
        return status;
    }
    *out = config;
    *out_run = run;
    return OSS_OK;
}

/* ---- The end ---- */

static void report_pace(const oss_train_outcome *outcome) {
    if (outcome->train_seconds > 0) {
        double pace = outcome->audio_seconds / outcome->train_seconds;
        oss_cli_say("trained on %.1f minutes of audio in %.1f s (%.*fx), %.1f%% of them waiting for data",
                    outcome->audio_seconds / 60.0, outcome->train_seconds, pace < 10 ? 1 : 0, pace,
                    100.0 * outcome->wait_seconds / outcome->train_seconds);
    }
}

static void report_skipped(const oss_train_outcome *outcome) {
    if (outcome->skipped_rows > 0) {
        int32_t rows = outcome->rows + outcome->skipped_rows;
        oss_cli_say("left out: %d of %d training rows (%.1f%%)", outcome->skipped_rows, rows,
                    100.0 * outcome->skipped_rows / rows);
    }
    if (outcome->skipped_steps > 0) {
        oss_cli_say("skipped: %lld of %lld steps, whose loss or gradient was not finite",
                    (long long)outcome->skipped_steps, (long long)outcome->step);
    }
}

static void report_end(const oss_train_outcome *outcome, const char *run) {
    if (outcome->best_cer >= 0 && outcome->best_step == 0) {
        oss_cli_say(
            "done: %lld steps%s, none better on the held-out rows than the start: CER %.4f, WER %.4f: "
            "%s/best is the start",
            (long long)outcome->step, outcome->early ? " (no better CER within patience)" : "",
            outcome->best_cer, outcome->best_wer, run);
    } else if (outcome->best_cer >= 0) {
        oss_cli_say("done: %lld steps%s; best CER %.4f, WER %.4f at step %lld: %s/best",
                    (long long)outcome->step, outcome->early ? " (no better CER within patience)" : "",
                    outcome->best_cer, outcome->best_wer, (long long)outcome->best_step, run);
    } else {
        oss_cli_say("done: %lld steps: %s/latest", (long long)outcome->step, run);
    }
}

static int report_stop(const oss_train_outcome *outcome, const char *run) {
    const char *name = oss_cli_signal_name();
    if (outcome->saved) {
        oss_cli_say("stopped by %s after step %lld, saved; go on with: ossicle train --resume --run %s", name,
                    (long long)outcome->step, run);
    } else {
        oss_cli_say("stopped by %s before the first step: nothing to save", name);
    }
    return 128 + oss_cli_signal();
}

static int report_failure(const oss_cli_args *args, oss_status status, const oss_train_outcome *outcome,
                          const char *run) {
    int code = oss_cli_fail(args, status);
    if (outcome->saved) {
        oss_cli_say(
            "ended after step %lld, saved; once that is mended go on with: ossicle train --resume --run %s",
            (long long)outcome->step, run);
    }
    return code;
}

static int run_train(const oss_cli_args *args) {
    oss_config *config = NULL;
    char *run = NULL, *init = NULL;
    oss_status status = check_options(args);
    if (status == OSS_OK && oss_cli_has(args, "--init")) {
        status = oss_cli_find_model(&init, oss_cli_value(args, "--init"), "--init M");
    }
    if (status == OSS_OK) {
        status = load_config(&config, &run, init, args);
    }
    if (status != OSS_OK) {
        oss_free(init);
        return oss_cli_fail(args, status);
    }
    oss_cli_catch_signals(NULL);
    oss_cli_catch_save();
    oss_display display;
    oss_display_begin(&display);
    const oss_train_request request = {.config = config,
                                       .run = run,
                                       .resume = oss_cli_has(args, "--resume"),
                                       .init = init,
                                       .fit = follows_defaults(args) ? config : NULL,
                                       .hooks = {.context = &display,
                                                 .scanning = oss_display_scanning,
                                                 .stepped = oss_display_stepped,
                                                 .evaluated = oss_display_evaluated,
                                                 .stop = is_stopped,
                                                 .save = is_save_asked}};
    oss_train_outcome outcome = {0};
    status = oss_train(&outcome, &request);
    oss_display_end(&display);
    int code = 0;
    if (status == OSS_OK) {
        report_pace(&outcome);
        report_skipped(&outcome);
        report_end(&outcome, run);
    } else if (status == OSS_ESTOPPED) {
        report_pace(&outcome);
        report_skipped(&outcome);
        code = report_stop(&outcome, run);
    } else {
        code = report_failure(args, status, &outcome, run);
    }
    oss_config_free(config);
    oss_free(init);
    oss_free(run);
    return code;
}

const oss_cli_command oss_command_train = {.name = "train",
                                           .summary = OSS_TRAIN_SUMMARY,
                                           .details = details,
                                           .option = options,
                                           .options = (int32_t)(sizeof options / sizeof options[0]),
                                           .run = run_train};
