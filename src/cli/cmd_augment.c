/* ossicle augment: a recording as training would hear it, to listen to. */
#include <math.h>

#include "audio/audio_file.h"
#include "augment/augment_kit.h"
#include "augment/wav_file.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "cli/cli_confine.h"
#include "cli/augment_voices.h"
#include "cli/cli_files.h"
#include "cli/commands.h"

static const oss_cli_option options[] = {
    {.name = "--config",
     .value = "FILE",
     .help = "config file with the augmentation (default: the default config, in which all is off)"},
    {.name = "--set", .value = "KEY=VALUE", .help = "change one setting of the config", .repeats = true},
    {.name = "--seed", .value = "N", .help = "seed to draw with (default: the config's)"},
    {.name = "--epoch", .value = "E", .help = "epoch to draw for, from 0 (default: 0)"},
    {.name = "--text",
     .value = "TEXT",
     .help = "transcript of the row: with FILE as the CSV has it, the draw is that of training"},
    {.name = "--float", .help = "write 32-bit floats, which keep every bit, instead of 16-bit integers"},
    {.name = "--json", .help = "also print what was drawn as one JSON object"},
    OSS_CLI_SANDBOX_OPTION,
    {.name = "-o", .value = "OUT.wav", .help = "WAV file to write", .required = true},
};

typedef struct augmenting {
    const oss_cli_args *args;
    const char *file;
    oss_config *config;
    int64_t epoch;
    oss_dataset_row row; /* that training would have of it */
    oss_audio audio;
    oss_augment_kit *kit;
    oss_augment_view view;
    oss_cli_voices voices;
    float *y; /* [samples] */
    int64_t samples;
    double snr_db; /* measured; HUGE_VAL: no noise was added */
} augmenting;

static oss_status load_config(augmenting *a) {
    const char *path = oss_cli_value(a->args, "--config");
    oss_status status = oss_cli_confine(a->args);
    if (status != OSS_OK) {
        return status;
    }
    status = path == NULL ? oss_config_create(&a->config) : oss_config_load(&a->config, path);
    for (int32_t i = 0; i < oss_cli_count(a->args, "--set") && status == OSS_OK; i++) {
        status = oss_config_set(a->config, oss_cli_value_at(a->args, "--set", i));
        if (status != OSS_OK) {
            status = oss_fail_prefix(status, "--set");
        }
    }
    if (status == OSS_OK) {
        status = oss_config_check(a->config);
    }
    int64_t seed = 0;
    if (status == OSS_OK) {
        status = oss_cli_integer(a->args, "--seed", 0, INT64_MAX, 0, &seed);
    }
    if (status == OSS_OK && oss_cli_has(a->args, "--seed")) {
        a->config->training.seed = (uint64_t)seed;
    }
    return status == OSS_OK ? oss_cli_integer(a->args, "--epoch", 0, INT64_MAX, 0, &a->epoch) : status;
}

/* What training has of a row that is a whole file. */
static oss_status make_row(augmenting *a) {
    const char *given = oss_cli_value(a->args, "--text");
    oss_status status =
        oss_text_normalize(&a->row.text, given == NULL ? "" : given, a->config->model.text_case);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "--text");
    }
    a->row.wav = oss_strdup(a->file);
    a->row.path = oss_strdup(a->file);
    a->row.end_seconds = -1.0;
    return a->row.wav == NULL || a->row.path == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status load_recording(augmenting *a) {
    oss_status status = oss_cli_check_recording(a->file);
    if (status == OSS_OK) {
        status = make_row(a);
    }
    if (status == OSS_OK) {
        status = oss_dataset_row_decode(&a->audio, &a->row, a->config);
    }
    if (status == OSS_OK) {
        oss_clip_round(a->audio.sample, (int32_t)a->audio.samples);
    }
    return status;
}

static void draw_view(augmenting *a) {
    uint32_t key = oss_augment_key(oss_dataset_row_key(&a->row), a->epoch, 0);
    a->view = oss_augment_draw(&a->config->augmentation.augment, a->config->model.mel.sample_rate_hz,
                               a->config->training.seed, key);
}

static oss_status make_view(augmenting *a) {
    oss_status status = OSS_OK;
    if (a->view.noise == OSS_NOISE_BABBLE) {
        status = oss_cli_voices_load(&a->voices, a->config, a->file, &a->view);
    }
    if (status != OSS_OK) {
        return status;
    }
    a->samples = oss_augment_length(&a->view, a->audio.samples);
    a->y = oss_alloc((size_t)a->samples, sizeof *a->y);
    float *work = oss_alloc_aligned((size_t)oss_augment_work_floats(a->kit, a->samples), sizeof *work);
    if (a->y != NULL && work != NULL) {
        const oss_voices voices = {.clip = a->voices.clip, .clips = a->voices.rows, .own = a->voices.own};
        a->snr_db =
            oss_augment_apply(a->y, &a->view, a->audio.sample, a->audio.samples, a->kit, &voices, work);
    } else {
        status = OSS_ENOMEM;
    }
    oss_free(work);
    return status;
}

/* ---- What is read ---- */

static oss_status check_sounds(const augmenting *a, const oss_sounds *sounds, const char *folder) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < sounds->clips && status == OSS_OK; i++) {
        char *path = oss_path_join(folder, sounds->name[i]);
        status = path == NULL ? OSS_ENOMEM : oss_cli_reads(a->args, path);
        oss_free(path);
    }
    return status;
}

/* What is in the folders and the CSVs that the config names. */
static oss_status check_inputs(const augmenting *a) {
    const oss_augment_spec *spec = &a->config->augmentation.augment;
    oss_status status = check_sounds(a, &a->kit->noise, spec->noise_dir);
    if (status == OSS_OK) {
        status = check_sounds(a, &a->kit->room, spec->reverb_dir);
    }
    for (int32_t i = 0; i < a->voices.rows && status == OSS_OK; i++) {
        status = oss_cli_reads(a->args, a->voices.row[i].path);
    }
    return status;
}

/* ---- What was drawn ---- */

static double milliseconds(const augmenting *a, int64_t samples) {
    return 1e3 * (double)samples / a->config->model.mel.sample_rate_hz;
}

static double decibels(double factor) {
    return 20.0 * log10(factor);
}

static const char *name_noise(oss_noise noise) {
    static const char *const name[] = {"none", "white", "pink", "babble", "recorded"};
    return name[noise];
}

static void tell_noise(oss_strbuf *text, const augmenting *a) {
    const oss_augment_view *view = &a->view;
    oss_strbuf_printf(text, ", %s noise drawn at %.2f dB", name_noise(view->noise), view->snr_db);
    if (isinf(a->snr_db)) {
        oss_strbuf_append(text, " but not added, for one of the two is silent");
    } else {
        oss_strbuf_printf(text, " and measured at %.2f dB", a->snr_db);
    }
    if (view->noise == OSS_NOISE_RECORDED) {
        oss_strbuf_printf(text, " (%s from %.3f s)", oss_augment_noise_name(a->kit, view),
                          1e-3 * milliseconds(a, oss_augment_noise_from(a->kit, view)));
    } else if (view->noise == OSS_NOISE_BABBLE) {
        oss_strbuf_printf(text, " (%d voices)", a->voices.babble.voices);
    }
}

static oss_status tell_view(const augmenting *a) {
    const oss_augment_view *view = &a->view;
    oss_strbuf text = {0};
    oss_strbuf_printf(&text, "speed %.4f, %.1f ms of silence in front", view->speed,
                      milliseconds(a, view->lead_samples));
    if (view->tail_samples > 0) {
        oss_strbuf_printf(&text, " and %.1f ms behind", milliseconds(a, view->tail_samples));
    }
    if (view->silence > 0) {
        oss_strbuf_printf(&text, " (noise %.1f dB below the recording)", -decibels((double)view->silence));
    }
    if (view->room == OSS_ROOM_SYNTHETIC) {
        oss_strbuf_printf(&text, ", a room of RT60 %.3f s with %.2f dB of direct sound", view->rt60_s,
                          view->drr_db);
    } else if (view->room == OSS_ROOM_RECORDED) {
        oss_strbuf_printf(&text, ", the room %s", oss_augment_room_name(a->kit, view));
    }
    oss_strbuf_printf(&text, ", gain %.2f dB", decibels((double)view->gain));
    if (view->noise != OSS_NOISE_NONE) {
        tell_noise(&text, a);
    }
    if (view->telephone) {
        oss_strbuf_printf(&text, ", telephone%s", view->mu_law ? " with mu-law" : "");
    }
    char *line = oss_strbuf_take(&text);
    if (line == NULL) {
        return OSS_ENOMEM;
    }
    oss_log_info("%s: %s", oss_cli_value(a->args, "-o"), line);
    oss_free(line);
    return OSS_OK;
}

static void add_noise(oss_json *json, const augmenting *a) {
    const oss_augment_view *view = &a->view;
    oss_json_add_string(json, "noise", name_noise(view->noise));
    if (view->noise != OSS_NOISE_NONE) {
        oss_json_add_number(json, "snr_drawn_db", view->snr_db);
        if (isinf(a->snr_db)) {
            oss_json_add_null(json, "snr_db");
        } else {
            oss_json_add_number(json, "snr_db", a->snr_db);
        }
    }
    if (view->noise == OSS_NOISE_RECORDED) {
        oss_json_add_string(json, "noise_file", oss_augment_noise_name(a->kit, view));
        oss_json_add_number(json, "noise_from_seconds",
                            1e-3 * milliseconds(a, oss_augment_noise_from(a->kit, view)));
    } else if (view->noise == OSS_NOISE_BABBLE) {
        oss_json *voices = oss_json_add_array(json, "voices");
        for (int32_t v = 0; v < a->voices.babble.voices; v++) {
            oss_json_add_string(voices, NULL, a->voices.row[a->voices.babble.clip[v]].path);
        }
    }
}

static void add_room(oss_json *json, const augmenting *a) {
    static const char *const name[] = {"none", "synthetic", "recorded"};
    const oss_augment_view *view = &a->view;
    oss_json_add_string(json, "room", name[view->room]);
    if (view->room == OSS_ROOM_SYNTHETIC) {
        oss_json_add_number(json, "rt60_seconds", view->rt60_s);
        oss_json_add_number(json, "drr_db", view->drr_db);
    } else if (view->room == OSS_ROOM_RECORDED) {
        oss_json_add_string(json, "room_file", oss_augment_room_name(a->kit, view));
    }
}

static oss_status print_json(const augmenting *a) {
    const oss_augment_view *view = &a->view;
    oss_json *json = oss_json_object();
    oss_json_add_string(json, "file", a->file);
    oss_json_add_integer(json, "epoch", a->epoch);
    oss_json_add_integer(json, "key", view->key);
    oss_json_add_integer(json, "samples", a->samples);
    oss_json_add_number(json, "speed", view->speed);
    oss_json_add_number(json, "lead_ms", milliseconds(a, view->lead_samples));
    oss_json_add_number(json, "tail_ms", milliseconds(a, view->tail_samples));
    add_room(json, a);
    oss_json_add_number(json, "gain_db", decibels((double)view->gain));
    add_noise(json, a);
    oss_json_add_bool(json, "telephone", view->telephone);
    oss_json_add_bool(json, "mu_law", view->mu_law);
    return oss_cli_print_json(json);
}

/* ---- The order of things ---- */

static oss_status augment(augmenting *a) {
    oss_status status = load_config(a);
    if (status == OSS_OK && !oss_augment_is_on(&a->config->augmentation.augment)) {
        oss_log_warn("no augmentation of audio is switched on: try --set noise_prob=1, or --config FILE");
    }
    if (status == OSS_OK && oss_warp_is_on(&a->config->augmentation.warp)) {
        oss_log_info("frequency warping (warp_prob) changes features, not audio: it is not heard here");
    }
    if (status == OSS_OK) {
        status = load_recording(a);
    }
    if (status == OSS_OK) {
        status = oss_augment_kit_create(&a->kit, &a->config->augmentation.augment,
                                        a->config->model.mel.sample_rate_hz);
    }
    if (status == OSS_OK) {
        draw_view(a);
        status = make_view(a);
    }
    if (status == OSS_OK) {
        status = check_inputs(a);
    }
    if (status == OSS_OK) {
        status = oss_wav_save(oss_cli_value(a->args, "-o"), a->y, a->samples,
                              a->config->model.mel.sample_rate_hz, oss_cli_has(a->args, "--float"));
    }
    if (status == OSS_OK) {
        status = tell_view(a);
    }
    return status == OSS_OK && oss_cli_has(a->args, "--json") ? print_json(a) : status;
}

static int run_augment(const oss_cli_args *args) {
    augmenting a = {.args = args, .file = oss_cli_operand(args, 0)};
    oss_status status = augment(&a);
    int code = status == OSS_OK ? 0 : oss_cli_fail(args, status);
    oss_free(a.y);
    oss_cli_voices_deinit(&a.voices);
    oss_augment_kit_free(a.kit);
    oss_audio_deinit(&a.audio);
    oss_dataset_row_deinit(&a.row);
    oss_config_free(a.config);
    return code;
}

const oss_cli_command oss_command_augment = {
    .name = "augment",
    .summary = "a recording as training would hear it: speed, room, noise and the rest, to listen to",
    .operands = "FILE",
    .min_operands = 1,
    .max_operands = 1,
    .details =
        "Draws with the config's probabilities and applies with the code that training uses; standard "
        "error says what was drawn. The same FILE (its name counts), --text, seed and epoch give the same "
        "bytes. For a row that is a whole file, FILE and --text as in the CSV give what training draws for "
        "it, but that training keeps the speed of a row that would become too short for its text, and "
        "mixes babble from the rows that train where this command takes any row of train_csv. Masks "
        "(SpecAugment) and frequency warping (warp_prob) are put on features, not on audio: they are not "
        "heard here.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_augment};
