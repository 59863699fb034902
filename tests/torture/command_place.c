#include "torture/command_place.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/models.h"
#include "support/tempdir.h"
#include "support/tones.h"
#include "support/wav.h"
#include "torture/commands.h"
#include "torture/place_state.h"

/* Without its end, so that there can be more. */
static const char config[] =
    "{\"mel_bins\": 16, \"n_fft\": 512, \"conv_channels\": 4, \"d_model\": 8, \"n_layers\": 1, \"n_heads\": 2, "
    "\"d_ff\": 16, \"train_csv\": \"tones.csv\", \"split_by\": \"row\", \"dev_fraction\": 0.25, "
    "\"warmup_steps\": 2, \"threads\": 1, \"grad_shards\": 2, \"batch_seconds\": 3, \"keep_last\": 2, \"mel_norm\": \"none\", "
    "\"chunk_training\": 0.5, \"vocab_json\": \"vocab.json\"";

static const oss_command_case cases[] = {
    {.name = "transcribe",
     .rows = true,
     .word = {"transcribe", "--model", "run", "--threads", "1", "-o", "out-transcribe.txt", "tones-000.wav",
              "tones-001.wav"},
     .output = "out-transcribe.txt"},
    {.name = "transcribe --lm",
     .rows = true,
     .word = {"transcribe", "--model", "run", "--lm", "small.lm", "--threads", "1", "--format", "json",
              "--output-dir", "out-folder", "tones-000.wav"},
     .output = "out-folder"},
    {.name = "listen", .word = {"listen", "--model", "run", "--latency", "0.5"}, .input = "tones-000.wav"},
    {.name = "align",
     .word = {"align", "--model", "run", "--text", "abc", "--threads", "1", "-o", "out-align.ctm",
              "tones-000.wav"},
     .output = "out-align.ctm"},
    {.name = "align --csv",
     .rows = true,
     .word = {"align", "--model", "run", "--csv", "two.csv", "--threads", "1", "-o", "out-align-rows.ctm"},
     .output = "out-align-rows.ctm"},
    {.name = "embed",
     .word = {"embed", "--model", "run", "-o", "out-embed.npy", "tones-000.wav"},
     .output = "out-embed.npy"},
    {.name = "features",
     .word = {"features", "--model", "run", "-o", "out-features.npy", "tones-000.wav"},
     .output = "out-features.npy"},
    {.name = "eval",
     .rows = true,
     .word = {"eval", "--model", "run", "--csv", "few.csv", "--threads", "1", "--json", "--hyp",
              "out-eval.tsv"},
     .output = "out-eval.tsv"},
    {.name = "info", .word = {"info", "run"}},
    {.name = "import",
     .word = {"import", "--config", "run/config.json", "--vocab", "vocab.json", "-o",
              "out-import.safetensors", "run/latest/model.safetensors"},
     .output = "out-import.safetensors"},
    {.name = "average",
     .word = {"average", "-o", "out-average.safetensors", "--last", "2", "run"},
     .output = "out-average.safetensors"},
    {.name = "quantize",
     .word = {"quantize", "--to", "int8", "-o", "out-quantize.safetensors", "run"},
     .output = "out-quantize.safetensors"},
    {.name = "calibrate",
     .rows = true,
     .word = {"calibrate", "--csv", "said.csv", "--threads", "1", "-o", "out-calibrate.safetensors",
              "says-a.safetensors"},
     .output = "out-calibrate.safetensors"},
    {.name = "tune",
     .rows = true,
     .word = {"tune", "--model", "run", "--csv", "two.csv", "--lm", "out-tune.lm", "--beam", "2", "--threads",
              "1", "--unknown-penalty", "-10", "--prior-weight", "0"},
     .output = "out-tune.lm",
     .begin = "small.lm"},
    {.name = "check",
     .rows = true,
     .word = {"check", "--csv", "few.csv", "--threads", "1", "--fix", "out-check.csv"},
     .output = "out-check.csv"},
    {.name = "vocab",
     .rows = true,
     .word = {"vocab", "--csv", "few.csv", "--units", "char", "-o", "out-vocab.json"},
     .output = "out-vocab.json"},
    {.name = "augment",
     .word = {"augment", "--set", "noise_prob=1", "--set", "reverb_prob=1", "-o", "out-augment.wav",
              "tones-000.wav"},
     .output = "out-augment.wav"},
    {.name = "report", .word = {"report", "run"}},
    {.name = "fsck", .rows = true, .word = {"fsck", "run", "small.lm"}},
    {.name = "fsck --repair",
     .rows = true,
     .word = {"fsck", "--repair", "out-fsck"},
     .output = "out-fsck",
     .begin = "hurt"},
    {.name = "score",
     .word = {"score", "--ref", "ref.trn", "--hyp", "hyp.trn", "--html", "out-score.html"},
     .output = "out-score.html"},
    {.name = "lm build",
     .word = {"lm", "build", "--order", "2", "--threads", "1", "-o", "out-lm-build.lm", "text.txt"},
     .output = "out-lm-build.lm"},
    {.name = "lm build, ARPA",
     .word = {"lm", "build", "--order", "2", "--threads", "1", "--memory", "1", "-o", "out-lm-build.arpa",
              "text.txt"},
     .output = "out-lm-build.arpa"},
    {.name = "lm convert",
     .word = {"lm", "convert", "small.arpa", "-o", "out-lm-convert.lm"},
     .output = "out-lm-convert.lm"},
    {.name = "lm score", .word = {"lm", "score", "--lm", "small.lm", "text.txt"}},
    {.name = "lm info", .word = {"lm", "info", "small.lm"}},
    {.name = "train", .word = {"train", "--config", "small.json", "--run", "out-run"}, .output = "out-run"},
    {.name = "train --init",
     .word = {"train", "--init", "run", "--run", "out-run", "--config", "small.json"},
     .output = "out-run"},
    {.name = "train --resume",
     .word = {"train", "--resume", "--run", "out-resumed", "--set", "max_steps=6"},
     .output = "out-resumed",
     .begin = "run"},
    /* Of the parts that it measures one, for each takes a third of a second to warm up. */
    {.name = "bench",
     .word = {"bench", "--model", "says-a.safetensors", "--only", "infer", "--runs", "7", "--threads", "1"}},
};

int32_t oss_command_cases(void) {
    return (int32_t)(sizeof cases / sizeof cases[0]);
}

const oss_command_case *oss_command_case_get(int32_t index) {
    return &cases[index];
}

static void write(const char *folder, const char *name, const char *text) {
    char *path = oss_tempdir_path(folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

static void write_config(const char *folder, const char *name, const char *more) {
    char text[1000];
    snprintf(text, sizeof text, "%s%s}\n", config, more);
    write(folder, name, text);
}

/* The first rows of tones.csv. */
static void write_few(const char *folder, const char *name, int rows) {
    char *path = oss_tempdir_path(folder, "tones.csv"), *text = oss_tempdir_read(path, NULL), *end = text;
    for (int line = 0; line <= rows; line++) {
        end = strchr(end, '\n') + 1;
    }
    *end = '\0';
    write(folder, name, text);
    free(text);
    free(path);
}

static void make(const char *folder, const char *const word[]) {
    const oss_command_fault none = {0};
    oss_command_outcome outcome = oss_command_try(folder, word, NULL, &none);
    ck_assert_msg(outcome.code == 0, "%s %s: code %d: %s", word[0], word[1], outcome.code, outcome.err);
}

/* A model that hears nothing but "a", and rows in half of which that is right. */
static void make_said(const char *folder) {
    enum { ROWS = 24 };
    char text[40 * ROWS] = "wav,text\n";
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    char *path = oss_tempdir_path(folder, "says-a.safetensors"), *wav = oss_tempdir_path(folder, "three.wav");
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
    oss_wav_write_tone(wav, 2560.0 / 16000.0, 440.0, 0.5, 16000);
    for (int i = 0; i < ROWS; i++) {
        strcat(text, i % 2 == 0 ? "three.wav,a a a\n" : "three.wav,b b b\n");
    }
    write(folder, "said.csv", text);
    oss_model_free(model);
    free(path);
    free(wav);
}

/* A run that wants to be repaired: its newest checkpoint damaged, its config gone, a save of which half was killed. */
static void make_hurt(const char *folder) {
    oss_place_copy(folder, "run", "hurt");
    oss_place_remove(folder, "hurt/config.json");
    oss_place_copy(folder, "run/checkpoints/step-00000004", "hurt/checkpoints/step-00000006.tmp-1");
    write(folder, "hurt/checkpoints/step-00000004/optimizer.safetensors", "nothing");
}

char *oss_command_place_make(void) {
    char *folder = oss_tempdir_make();
    make_said(folder);
    const oss_tones tones = {.rows = 8, .seed = 5, .min_letters = 2, .max_letters = 4};
    free(oss_tones_make(folder, "tones", &tones));
    write_few(folder, "few.csv", 3);
    write_few(folder, "two.csv", 2);
    /* Its learning rate does not depend on max_steps: a run that goes back to an older checkpoint, and is then to do more
     * steps, takes the same ones. */
    write_config(folder, "small.json",
                 ", \"max_steps\": 4, \"checkpoint_every\": 2, \"eval_every\": 2, \"min_lr_ratio\": 1");
    write_config(folder, "storm.json",
                 ", \"max_steps\": 60, \"checkpoint_every\": 3, \"eval_every\": 6, \"ema_decay\": 0.9");
    write(folder, "text.txt", "a b c\nb c a\na b\nc c a b\nb a\n");
    write(folder, "ref.trn", "a b c (s-1)\nb c (s-2)\n");
    write(folder, "hyp.trn", "a c c (s-1)\nb c (s-2)\n");
    make(folder,
         (const char *const[]){"vocab", "--csv", "tones.csv", "--units", "char", "-o", "vocab.json", NULL});
    make(folder, (const char *const[]){"train", "--config", "small.json", "--run", "run", NULL});
    make_hurt(folder);
    make(folder, (const char *const[]){"lm", "build", "--order", "2", "--threads", "1", "-o", "small.lm",
                                       "text.txt", NULL});
    make(folder, (const char *const[]){"lm", "convert", "small.lm", "-o", "small.arpa", NULL});
    return folder;
}
