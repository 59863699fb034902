/* What the tests of the commands share: a folder with a model that says "a" and a pause at every frame, and
 * recordings. */
#ifndef OSS_TESTS_CLI_CASES_H
#define OSS_TESTS_CLI_CASES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/models.h"
#include "support/program.h"
#include "support/tempdir.h"
#include "support/wav.h"

typedef struct oss_cli_case {
    char *folder;
    char *model; /* file: two sub-frames, 11 symbols; says "a " at every frame */
    char *three; /* recording of 17 mel frames, 3 frames: "a a a" */
    char *five;  /* 8 kHz stereo, 0.4 s: 41 mel frames, 6 frames */
} oss_cli_case;

static inline void oss_cli_case_save(const oss_model *model, const char *path) {
    ck_assert_msg(oss_model_save(model, path) == OSS_OK, "%s", oss_last_error());
}

/* A model at `path` that hears nothing but the symbol. */
static inline void oss_cli_case_say(const char *path, const char *symbol) {
    oss_network_sizes sizes = oss_network_micro();
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){symbol, " "}, 2);
    oss_cli_case_save(model, path);
    oss_model_free(model);
}

static inline oss_cli_case oss_cli_case_make(void) {
    oss_cli_case c = {.folder = oss_tempdir_make()};
    c.model = oss_tempdir_path(c.folder, "model.safetensors");
    c.three = oss_tempdir_path(c.folder, "three.wav");
    c.five = oss_tempdir_path(c.folder, "five.wav");
    oss_network_sizes sizes = oss_network_micro();
    sizes.projector_dim = 20;
    oss_model *model = oss_models_create(&sizes);
    oss_models_say(model, (const char *const[]){"a", " "}, 2);
    oss_cli_case_save(model, c.model);
    oss_model_free(model);
    oss_wav_write_tone(c.three, 2560.0 / 16000.0, 440.0, 0.5, 16000);
    int16_t stereo[2 * 3200];
    for (int i = 0; i < 2 * 3200; i++) {
        stereo[i] = (int16_t)(i % 200 * 50 - 5000);
    }
    oss_wav_write_pcm16(c.five, stereo, 3200, 2, 8000);
    return c;
}

static inline void oss_cli_case_free(oss_cli_case *c) {
    free(c->model);
    free(c->three);
    free(c->five);
    oss_tempdir_remove(c->folder);
}

static inline void oss_cli_case_write(const oss_cli_case *c, const char *name, const char *text) {
    char *path = oss_tempdir_path(c->folder, name);
    oss_tempdir_write(path, text, (long)strlen(text));
    free(path);
}

/* tiny.arpa, which knows "a", and set.csv, what the two recordings say. */
static inline void oss_cli_case_write_texts(const oss_cli_case *c) {
    oss_cli_case_write(
        c, "tiny.arpa",
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-0.1\t</s>\n-0.5\ta\n\n\\end\\\n");
    oss_cli_case_write(c, "set.csv", "wav,text\nthree.wav,a a a\nfive.wav,a a\n");
}

/* In a shell, with OSSICLE, MODEL, THREE and DIR as variables. */
static inline oss_program_run oss_cli_case_shell(const oss_cli_case *c, const char *command) {
    char *program = oss_program_path("ossicle");
    ck_assert_int_eq(setenv("OSSICLE", program, 1), 0);
    ck_assert_int_eq(setenv("MODEL", c->model, 1), 0);
    ck_assert_int_eq(setenv("THREE", c->three, 1), 0);
    ck_assert_int_eq(setenv("DIR", c->folder, 1), 0);
    free(program);
    return oss_program_start((const char *const[]){"/bin/sh", "-c", command, NULL}, OSS_STDOUT_KEEP);
}

#endif
