/* Every heap and file call of every command fails once, or is the last that the process makes. */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "torture/command_place.h"
#include "torture/commands.h"
#include "torture/place_state.h"
#include "torture/torture.h"

const oss_torture_kind oss_torture_kind_list[OSS_TORTURE_KINDS] = {
    {"killed at a change of the disk", OSS_CALL_ANY_CHANGE, 0, false},
    {"no memory", OSS_CALL_ANY_HEAP, ENOMEM, false},
    {"no memory from there on", OSS_CALL_ANY_HEAP, ENOMEM, true},
    {"EIO", OSS_CALL_ANY_FILE, EIO, false},
    {"EIO from there on", OSS_CALL_ANY_CHANGE, EIO, true},
    {"ENOSPC", OSS_CALL_ANY_CHANGE, ENOSPC, false},
    {"ENOSPC from there on", OSS_CALL_ANY_CHANGE, ENOSPC, true},
    {"EDQUOT", OSS_CALL_ANY_CHANGE, EDQUOT, false},
    {"EROFS from there on", OSS_CALL_ANY_CHANGE, EROFS, true},
};

void oss_tally_lose(oss_tally *tally, const char *format, ...) {
    if (tally->lost++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(tally->first, sizeof tally->first, format, arguments);
        va_end(arguments);
    }
}

/* A command that nothing disturbs. */
typedef struct usual {
    int code;
    uint64_t result; /* what it writes */
    int64_t heap_calls, file_calls, changes;
} usual;

enum { MOST_CASES = 64 };
static usual usual_of[MOST_CASES];

typedef struct attempt {
    oss_tally *tally;
    const char *folder;
    const oss_command_case *command;
    const usual *usual;
    const oss_torture_kind *kind;
    int64_t nth;
} attempt;

static bool trains(const attempt *a) {
    return strcmp(a->command->word[0], "train") == 0;
}

static void lose(const attempt *a, const oss_command_outcome *outcome, const char *what) {
    oss_tally_lose(a->tally, "%s, %s, call %d: %s (exit code %d: %s)", a->command->name, a->kind->name,
                   (int)a->nth, what, outcome->code, outcome->err);
}

/* What is there before the command: for a run its folder or none, for a file what was written the last time. */
static void begin(const attempt *a) {
    if (a->command->begin != NULL) {
        oss_place_copy(a->folder, a->command->begin, a->command->output);
    } else if (trains(a)) {
        oss_place_remove(a->folder, a->command->output);
    }
}

static oss_command_outcome try(const attempt *a, const oss_command_fault *fault) {
    return oss_command_try(a->folder, a->command->word, a->command->input, fault);
}

/* A run that has begun is gone on with; everything else is done again. */
static oss_command_outcome do_again(const attempt *a) {
    const oss_command_fault none = {0};
    const char *const resume[] = {"train", "--resume",    "--run", a->command->output,
                                  "--set", "max_steps=6", NULL};
    const char *const go_on[] = {"train", "--resume", "--run", a->command->output, NULL};
    if (trains(a) && oss_place_is_run(a->folder, a->command->output)) {
        return oss_command_try(a->folder, a->command->begin != NULL ? resume : go_on, NULL, &none);
    }
    return try(a, &none);
}

/* An input of several could not be read: it is named and left out. */
static bool is_partial(const attempt *a, const oss_command_outcome *outcome) {
    return outcome->fired && a->command->rows && outcome->code == 1;
}

/* Training goes on without a row for what the row is, never for what a disk does. */
static bool misses_a_row(const attempt *a, const oss_command_outcome *outcome) {
    return trains(a) && strstr(outcome->err, "left out") != NULL;
}

static bool is_right_code(const attempt *a, const oss_command_outcome *outcome) {
    if (!outcome->fired) {
        return outcome->code == a->usual->code;
    }
    if (a->kind->error_number == 0) {
        return outcome->code == OSS_FAULTS_ENDED;
    }
    bool is_full =
        a->kind->error_number == ENOMEM || a->kind->error_number == ENOSPC || a->kind->error_number == EDQUOT;
    return outcome->code == a->usual->code || outcome->code == (is_full ? 4 : 3) || is_partial(a, outcome);
}

/* Temporaries that are left; not those of a run, which it sweeps itself. */
static int32_t sweep(const attempt *a) {
    bool is_folder = a->command->output != NULL && strchr(a->command->output, '.') == NULL && !trains(a);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", a->folder, is_folder ? a->command->output : "");
    return oss_place_sweep(a->folder) + (is_folder ? oss_place_sweep(path) : 0);
}

static void judge(const attempt *a, const oss_command_outcome *outcome) {
    bool ended = a->kind->error_number == 0 && outcome->fired;
    if (outcome->code > 128 && !ended) {
        lose(a, outcome, "a signal ended it");
        return;
    }
    if (misses_a_row(a, outcome)) {
        lose(a, outcome, "a row is left out");
    }
    if (!is_right_code(a, outcome)) {
        lose(a, outcome, "another exit code");
    }
    if (outcome->code != a->usual->code && !ended && outcome->err[0] == '\0') {
        lose(a, outcome, "no message");
    }
    if (!ended && outcome->lost_blocks != 0) {
        lose(a, outcome, "memory is lost");
    }
    bool can_clean = !ended && !a->kind->lasts;
    if (sweep(a) > 0 && can_clean) {
        lose(a, outcome, "a temporary stayed");
    }
}

/* What is there now is what was there before or what was to be there; and in the end it is the latter. */
static void judge_output(const attempt *a, const oss_command_outcome *outcome) {
    if (a->command->output == NULL) {
        return;
    }
    if (is_partial(a, outcome)) { /* its result is its own: for the next attempt all is as before */
        (void)do_again(a);
        return;
    }
    if (!trains(a) && a->command->begin == NULL &&
        oss_place_hash(a->folder, a->command->output) != a->usual->result) {
        lose(a, outcome, "what was there before is not intact");
    }
    if (outcome->code == a->usual->code &&
        oss_place_hash(a->folder, a->command->output) != a->usual->result) {
        lose(a, outcome, "success, and another result");
    }
    if (outcome->code != a->usual->code &&
        (trains(a) || a->command->begin != NULL || a->kind->error_number == 0)) {
        oss_command_outcome again = do_again(a);
        if (again.code != a->usual->code) {
            lose(a, &again, "and then it could not be done again");
        } else if (oss_place_hash(a->folder, a->command->output) != a->usual->result) {
            lose(a, &again, "done again, it gives another result");
        }
    }
}

/* Twice, so that a result that differs by itself is not blamed on a fault. */
static void find_usual(const char *folder, int32_t index) {
    const oss_command_fault none = {0};
    const attempt a = {.folder = folder, .command = oss_command_case_get(index)};
    for (int i = 0; i < 2; i++) {
        begin(&a);
        oss_command_outcome outcome = try(&a, &none);
        uint64_t hash = a.command->output == NULL ? 0 : oss_place_hash(folder, a.command->output);
        ck_assert_msg(outcome.code <= 1 && outcome.lost_blocks == 0, "%s: code %d, %d blocks lost: %s",
                      a.command->name, outcome.code, (int)outcome.lost_blocks, outcome.err);
        ck_assert_msg(i == 0 || hash == usual_of[index].result, "%s: twice, and not the same",
                      a.command->name);
        usual_of[index] = (usual){.code = outcome.code,
                                  .result = hash,
                                  .heap_calls = outcome.heap_calls,
                                  .file_calls = outcome.file_calls,
                                  .changes = outcome.changes};
    }
}

void oss_torture_prepare(const char *folder) {
    const char *left_out = oss_command_left_out(oss_command_cases());
    ck_assert_msg(left_out == NULL, "%s has no row in tests/torture/command_place.c", left_out);
    ck_assert_int_le(oss_command_cases(), MOST_CASES);
    for (int32_t i = 0; i < oss_command_cases(); i++) {
        find_usual(folder, i);
    }
}

static int64_t count_calls(int32_t index, const oss_torture_kind *kind) {
    const usual *known = &usual_of[index];
    return kind->kind == OSS_CALL_ANY_HEAP   ? known->heap_calls
           : kind->kind == OSS_CALL_ANY_FILE ? known->file_calls
                                             : known->changes;
}

oss_torture_range oss_torture_some(int32_t index, const oss_torture_kind *kind, int64_t tries) {
    const int64_t calls = count_calls(index, kind), stride = calls / tries + 1;
    return (oss_torture_range){
        .first = 1 + (index + (kind - oss_torture_kind_list)) % stride, .last = calls, .stride = stride};
}

bool oss_torture_command(oss_tally *tally, const char *folder, int32_t index, const oss_torture_kind *kind,
                         const oss_torture_range *range) {
    attempt a = {.tally = tally,
                 .folder = folder,
                 .command = oss_command_case_get(index),
                 .usual = &usual_of[index],
                 .kind = kind};
    bool fired = true;
    for (a.nth = range->first; a.nth <= range->last && fired; a.nth += range->stride) {
        begin(&a);
        const oss_command_fault fault = {
            .kind = kind->kind, .nth = a.nth, .error_number = kind->error_number, .lasts = kind->lasts};
        oss_command_outcome outcome = try(&a, &fault);
        fired = outcome.fired;
        tally->tried += fired;
        judge(&a, &outcome);
        judge_output(&a, &outcome);
    }
    return !fired;
}

void oss_torture_interrupted(oss_tally *tally, const char *folder, int32_t index, size_t bytes) {
    static const oss_torture_kind kind = {.name = "EINTR and short counts"};
    const oss_command_fault fault = {.short_bytes = bytes};
    const attempt a = {.tally = tally,
                       .folder = folder,
                       .command = oss_command_case_get(index),
                       .usual = &usual_of[index],
                       .kind = &kind,
                       .nth = (int64_t)bytes};
    begin(&a);
    if (a.command->output != NULL && a.command->begin == NULL) {
        oss_place_remove(folder, a.command->output);
    }
    oss_command_outcome outcome = try(&a, &fault);
    tally->tried++;
    judge(&a, &outcome);
    judge_output(&a, &outcome);
}
