/* ossicle fsck on runs with every kind of damage: told, mended, nothing deleted, and training ends with the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "support/suite.h"
#include "support/tempdir.h"
#include "support/train_program.h"

static const oss_tones usual = {.rows = 12, .seed = 5, .min_letters = 2, .max_letters = 5};
static const char settings[] =
    "\"batch_seconds\": 4, \"max_steps\": 12, \"eval_every\": 4, \"checkpoint_every\": 2, \"keep_last\": 8, "
    "\"dev_fraction\": 0.25";

typedef struct fixture {
    oss_train_place place;
    char *run;
} fixture;

/* In the place, with RUN and OSSICLE set. */
static void shell(const fixture *f, const char *command) {
    char *program = oss_program_path("ossicle");
    ck_assert_int_eq(setenv("OSSICLE", program, 1), 0);
    ck_assert_int_eq(setenv("PLACE", f->place.folder, 1), 0);
    char text[2000];
    snprintf(text, sizeof text, "set -e; cd \"$PLACE\"; RUN=run; %s", command);
    oss_program_run run =
        oss_program_start((const char *const[]){"/bin/sh", "-c", text, NULL}, OSS_STDOUT_KEEP);
    ck_assert_msg(run.code == 0, "%s: %s%s", command, run.out, run.err);
    oss_program_run_deinit(&run);
    free(program);
}

/* `whole`, which nobody disturbed, `run`, which is it after step 8, and a copy of that, `kept`. */
static void make(fixture *f, const char *more) {
    char json[400];
    snprintf(json, sizeof json, "%s%s", settings, more);
    oss_train_place_make(&f->place, &usual, json);
    f->run = oss_train_place_path(&f->place, "run");
    char *whole = oss_train_place_path(&f->place, "whole");
    oss_program_run run = oss_run_train("--config", f->place.config, "--run", whole);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    free(whole);
    shell(f, "cp -a whole run; rm -r run/checkpoints/step-0000001?; "
             "ln -sfn checkpoints/step-00000008 run/latest; "
             "best=$(sed -n 's/.*\"best_step\": *\\([0-9]*\\).*/\\1/p' run/latest/state.json); "
             "ln -sfn checkpoints/step-0000000$best run/best; "
             "sed -i '/\"step\":9,/d; /\"step\":1[0-9],/d' run/metrics.jsonl; cp -a run kept");
}

static void clear(fixture *f) {
    free(f->run);
    oss_train_place_remove(&f->place);
}

static void resume(const fixture *f, const char *name) {
    char *path = oss_train_place_path(&f->place, name);
    oss_program_run run = oss_run_train("--resume", "--run", path);
    oss_program_expect(&run, 0);
    oss_program_run_deinit(&run);
    free(path);
}

static void expect(oss_program_run run, int code, const char *text) {
    oss_program_expect(&run, code);
    oss_program_expect_out(&run, text);
    oss_program_run_deinit(&run);
}

#define LISTING(name)                                                                                        \
    "(cd run; find . -printf '%p %y %s %T@ %l\\n' | sort; find . -type f -exec cksum {} + | sort) > " name   \
    "; "

/* Nothing but `ok` for what is in use. */
static void expect_whole(const fixture *f) {
    oss_program_run run = oss_run_ossicle("fsck", f->run);
    oss_program_expect(&run, 0);
    ck_assert_str_eq(run.err, "");
    for (const char *line = run.out; *line != '\0'; line = strchr(line, '\n') + 1) {
        ck_assert_msg(strncmp(line, "ok ", 3) == 0 || strncmp(line, "aside ", 6) == 0, "%s", run.out);
    }
    oss_program_expect_out(&run, "/latest (pointer): a link to step-0000000");
    oss_program_run_deinit(&run);
}

START_TEST(test_a_whole_run_is_left_alone) {
    fixture f;
    make(&f, "");
    shell(&f, LISTING("before"));
    expect_whole(&f);
    expect(oss_run_ossicle("fsck", "--repair", f.run), 0, "/checkpoints/step-00000008 (checkpoint)\n");
    shell(&f, LISTING("after") "cmp before after");
    oss_program_run run = oss_run_ossicle("fsck", "--json", f.run);
    oss_program_expect(&run, 0);
    oss_json *object = NULL;
    ck_assert_int_eq(oss_json_parse(&object, run.out, strlen(run.out), "fsck"), OSS_OK);
    ck_assert(oss_json_bool(oss_json_get(object, "whole")));
    ck_assert_uint_eq(oss_json_count(oss_json_get(object, "items")), 9);
    oss_json_free(object);
    oss_program_run_deinit(&run);
    clear(&f);
}
END_TEST

/* ---- Damage ---- */

typedef struct damage {
    const char *plant;
    const char *told;     /* on standard output, without --repair */
    const char *repaired; /* with it */
    const char *check;    /* afterwards; NULL: nothing but what every kind is asked for */
    bool moves_lines;     /* of metrics.jsonl: its sum is another then, as it must be */
} damage;

#define NEWEST "$RUN/checkpoints/step-00000008"
#define HURT   "printf abcd | dd bs=1 seek=3000 conv=notrunc 2> dd of="

static const damage damages[] = {
    {HURT NEWEST "/model.safetensors", "damaged    ", "repaired: moved to ",
     "test -f " NEWEST ".damaged/model.safetensors", false},
    {"mkdir " NEWEST ".damaged; echo old > " NEWEST ".damaged/old; " HURT NEWEST "/model.safetensors",
     "/step-00000008.damaged (aside)", "step-00000008.damaged-2",
     "test -f " NEWEST ".damaged/old -a -f " NEWEST ".damaged-2/state.json", false},
    {"truncate -s 2000 $RUN/checkpoints/step-00000006/optimizer.safetensors",
     "/step-00000006 (checkpoint): optimizer.safetensors", "step-00000006.damaged", NULL, false},
    {"rm " NEWEST "/state.json", "/step-00000008 (checkpoint): state.json is missing",
     "/latest (pointer): a link to step-00000008, which is damaged; repaired: is a link to step-00000006 now",
     NULL, false},
    {"cp $RUN/checkpoints/step-00000006/optimizer.safetensors " NEWEST,
     "of another checkpoint than its state.json", "step-00000008.damaged", NULL, false},
    {"ln -sfn checkpoints/step-00000077 $RUN/latest", "damaged    ",
     "a link to step-00000077, which is not there; repaired: is a link to step-00000008 now", NULL, false},
    {"rm $RUN/latest $RUN/best", "/latest (pointer)\n",
     "/best (pointer); repaired: is a link to step-0000000", NULL, false},
    {"ln -sfn ../kept/checkpoints/step-00000008 $RUN/latest", "which is not what the link leads to",
     "is a link to step-00000008 now", NULL, false},
    {"cp -rL run copy; rm -r run; mv copy run", "/latest (pointer): no link to a checkpoint",
     "/latest (pointer): no link to a checkpoint: a copy followed links, or knew none; repaired: is a link to "
     "step-00000008 now",
     "test -f $RUN/latest.copy/state.json", false},
    {"rm -r " NEWEST " $RUN/checkpoints/step-00000006; rm $RUN/latest; cp -r kept/checkpoints/step-00000008 "
     "$RUN/latest; rm $RUN/best",
     "/latest (pointer): no link", "repaired: is a link to step-00000008 now", NULL, false},
    {"rm $RUN/config.json", "missing    ", "repaired: written from the newest checkpoint",
     "cmp $RUN/config.json kept/config.json", false},
    {"truncate -s 100 $RUN/config.json", "/config.json (config): ", "config.json.damaged",
     "cmp $RUN/config.json kept/config.json", false},
    {"sed -i 's/\"grad_shards\": 2/\"grad_shards\": 3/' $RUN/config.json",
     "was changed since the checkpoint: \"grad_shards\" is 3, and was ", "written from the newest checkpoint",
     "cmp $RUN/config.json kept/config.json", false},
    {"sed -i '3s/.*//; 5s/^{/<html>/' $RUN/metrics.jsonl; printf '{\"kind\"' >> $RUN/metrics.jsonl",
     "3 cannot be read (the first: line 3), 0 are out of order", "moved to metrics.superseded.jsonl",
     "grep -q '^<html>' $RUN/metrics.superseded.jsonl; grep -q '^{\"kind\"$' $RUN/metrics.superseded.jsonl; test "
     "$(wc -l < $RUN/metrics.jsonl) = $(($(wc -l < kept/metrics.jsonl) - 2))",
     true},
    {"printf '{\"kind\"' >> $RUN/metrics.jsonl", "stale      ", "those lines were moved to",
     "cmp $RUN/metrics.jsonl kept/metrics.jsonl", true},
    {"sed -n 2,3p kept/metrics.jsonl >> $RUN/metrics.jsonl",
     "0 cannot be read (the first: line 0), 2 are out of order", "moved to metrics.superseded.jsonl",
     "cmp $RUN/metrics.jsonl kept/metrics.jsonl", true},
    {"cp -r " NEWEST " " NEWEST ".tmp-99; echo x > $RUN/ossicle.tmp-99-1; echo y > $RUN/config.json.tmp-99",
     "/ossicle.tmp-99-1 (temporary): left by a process that was killed", "config.json.tmp-99.stale",
     "test -f " NEWEST ".tmp-99.stale/state.json -a -f $RUN/ossicle.tmp-99-1.stale", false},
    {"mv " NEWEST " " NEWEST ".replaced", "whole; a save was killed between its two renames",
     "step-00000008 again", NULL, false},
    {"cp -r " NEWEST " " NEWEST ".replaced; " HURT NEWEST "/state.json", "whole; a save was killed",
     "step-00000008.damaged", "test -f " NEWEST "/state.json", false},
    {"cp -r " NEWEST " " NEWEST ".replaced", "stale      ", "step-00000008.replaced.stale", NULL, false},
};
enum { DAMAGES = sizeof damages / sizeof *damages };

#define SUMS(name) "find run -type f $LESS -exec cksum {} + | cut -d' ' -f1,2 | sort -u > " name "; "

#define ASIDES(name) "find run -name '*.stale*' -o -name '*.damaged*' -o -name '*.copy*' | sort > " name "; "

static void plant(const fixture *f, const damage *d) {
    char command[1000];
    shell(f, "rm -rf run; cp -a kept run");
    snprintf(command, sizeof command, "%s", d->plant);
    shell(f, command);
    ck_assert_int_eq(setenv("LESS", d->moves_lines ? "! -name metrics.jsonl" : "", 1), 0);
    shell(f, LISTING("before") SUMS("sums-before"));
}

static void mend(const fixture *f, const damage *d) {
    expect(oss_run_ossicle("fsck", f->run), 1, d->told);
    shell(f, LISTING("after") "cmp before after"); /* a report changes nothing */
    expect(oss_run_ossicle("fsck", "--repair", f->run), 0, d->repaired);
    expect_whole(f);
    shell(
        f,
        SUMS("sums-after") "comm -23 sums-before sums-after > lost; test ! -s lost || { cat lost; exit 1; }");
    if (d->check != NULL) {
        shell(f, d->check);
    }
}

START_TEST(test_damage_is_told_and_mended) {
    static const char *const file[] = {"latest/model.safetensors", "latest/optimizer.safetensors",
                                       "latest/state.json", "best/model.safetensors"};
    fixture f;
    make(&f, ", \"grad_shards\": 2");
    for (int i = 0; i < DAMAGES; i++) {
        plant(&f, &damages[i]);
        mend(&f, &damages[i]);
        shell(&f, ASIDES("asides"));
        resume(&f, "run");
        shell(&f, ASIDES("asides-after") "cmp asides asides-after"); /* training removes none of them */
        for (size_t k = 0; k < sizeof file / sizeof *file; k++) {
            char a[100], b[100];
            snprintf(a, sizeof a, "whole/%s", file[k]);
            snprintf(b, sizeof b, "run/%s", file[k]);
            oss_train_place_assert_same(&f.place, a, b);
        }
        shell(&f, "$OSSICLE fsck run");
    }
    clear(&f);
}
END_TEST

/* The scores of a best checkpoint that is gone are forgotten, so that another one can be the best. */
START_TEST(test_a_damaged_best) {
    fixture f;
    make(&f, ", \"lr\": 1e-30");
    shell(&f,
          "test \"$(readlink run/best)\" = checkpoints/step-00000004; " HURT "run/best/model.safetensors");
    expect(oss_run_ossicle("fsck", "--repair", f.run), 0, "repaired: is a link to step-00000008 now");
    expect_whole(&f);
    resume(&f, "run");
    shell(&f, "test \"$(readlink run/best)\" = checkpoints/step-00000012; test -d "
              "run/checkpoints/step-00000004.damaged");
    clear(&f);
}
END_TEST

/* ---- What is not repaired ---- */

START_TEST(test_a_run_in_use_is_only_looked_at) {
    fixture f;
    make(&f, "");
    char *lock = oss_train_place_path(&f.place, "run/lock");
    int fd = -1;
    shell(&f, "cp -r " NEWEST " " NEWEST ".tmp-99; " LISTING("before"));
    ck_assert_int_eq(oss_file_lock(&fd, lock), OSS_OK);
    oss_program_run run = oss_run_ossicle("fsck", f.run);
    oss_program_expect(&run, 0);
    oss_program_expect_out(&run, "locked     ");
    ck_assert_ptr_null(strstr(run.out, "tmp-99")); /* it may be at work on that */
    oss_program_run_deinit(&run);
    run = oss_run_ossicle("fsck", "--repair", f.run);
    oss_program_expect(&run, 2);
    oss_program_expect_err(&run, "run/lock is locked: another process is at work there");
    oss_program_run_deinit(&run);
    shell(&f, LISTING("after") "cmp before after");
    oss_file_unlock(fd);
    expect(oss_run_ossicle("fsck", "--repair", f.run), 0, "tmp-99.stale");
    free(lock);
    clear(&f);
}
END_TEST

static const char *const parts[] = {"run/latest", "run/checkpoints/step-00000008",
                                    "run/best/model.safetensors", "run/config.json",
                                    "run/checkpoints/step-00000008/state.json"};

START_TEST(test_part_of_a_run_is_not_moved_from_it) {
    fixture f;
    make(&f, "");
    shell(&f, "for i in $RUN/checkpoints/*; do " HURT "$i/model.safetensors; done; " LISTING("before"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *path = oss_train_place_path(&f.place, parts[i]);
        oss_program_run run = oss_run_ossicle("fsck", "--repair", path);
        oss_program_expect(&run, 2);
        oss_program_expect_err(&run, "is part of a run: give --repair the folder of the run");
        oss_program_run_deinit(&run);
        run = oss_run_ossicle("fsck", path);
        ck_assert_int_eq(run.code, strcmp(parts[i], "run/config.json") != 0);
        oss_program_run_deinit(&run);
        free(path);
    }
    shell(&f, LISTING("after") "cmp before after");
    /* Without a whole checkpoint nothing can be gone on from, and the repair says so. */
    expect(oss_run_ossicle("fsck", "--repair", f.run), 1, "no checkpoint is whole");
    shell(&f, "test -d " NEWEST ".damaged -a ! -e " NEWEST);
    expect(oss_run_ossicle("fsck", f.run), 1, "no checkpoint is whole");
    clear(&f);
}
END_TEST

Suite *oss_test_suite(void) {
    Suite *suite = suite_create("fsck");
    TCase *all = tcase_create("runs");
    tcase_set_timeout(all, 600);
    tcase_add_test(all, test_a_whole_run_is_left_alone);
    tcase_add_test(all, test_damage_is_told_and_mended);
    tcase_add_test(all, test_a_damaged_best);
    tcase_add_test(all, test_a_run_in_use_is_only_looked_at);
    tcase_add_test(all, test_part_of_a_run_is_not_moved_from_it);
    suite_add_tcase(suite, all);
    return suite;
}
