/* torture RESULTS [PART]: the whole campaign of docs/reliability.md, in units of some seconds. What RESULTS holds is
 * not done again, so that it may be interrupted at any time and adds up; at the end the table is printed. PART: disk,
 * calls (or one kind of them: "no memory"), storm, or table for what is there. Exit 0: all was done and nothing lost; 1: something was lost; 130:
 * interrupted. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/tempdir.h"
#include "torture/command_place.h"
#include "torture/commands.h"
#include "torture/results.h"

enum { SEEDS = 40, DRAWS = 12, CALLS_A_UNIT = 500, KILLS = 2000, KILLS_A_UNIT = 20, OTHER_KILLS = 100 };

static volatile sig_atomic_t stopped;
static const char *part, *results_path;
static oss_results results;
static char *place; /* of commands; NULL: not needed so far */

static void note_stop(int number) {
    (void)number;
    stopped = 1;
}

static bool wants(const char *name) {
    return part == NULL || strcmp(part, name) == 0;
}

static const char *get_place(void) {
    if (place == NULL) {
        place = oss_command_place_make();
        oss_torture_prepare(place);
    }
    return place;
}

/* A unit that is still to be done: *row gets its names, and the clock runs. */
static bool begin(oss_result_row *row, const char *campaign, const char *unit) {
    *row = (oss_result_row){0};
    (void)snprintf(row->campaign, sizeof row->campaign, "%s", campaign);
    (void)snprintf(row->unit, sizeof row->unit, "%s", unit);
    if (stopped || oss_results_find(&results, campaign, unit) != NULL) {
        return false;
    }
    row->cpu_seconds = -oss_command_cpu_seconds();
    return true;
}

/* A signal from the terminal goes to the commands too: what they did then says nothing. */
static void end(oss_result_row *row) {
    row->cpu_seconds += oss_command_cpu_seconds();
    if (!stopped) {
        oss_results_add(&results, row);
        (void)fprintf(stderr, "%s: %s: %d, lost %d\n", row->campaign, row->unit, (int)row->tally.tried,
                      (int)row->tally.lost);
    }
}

static void do_disks(void) {
    oss_result_row row;
    char unit[sizeof row.unit];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (int32_t i = 0; i < oss_torture_disks(); i++) {
            (void)snprintf(unit, sizeof unit, "%s, seed %d", oss_torture_disk_name(i), (int)seed);
            if (begin(&row, "the power fails at a moment of a save; states of the disk after it", unit)) {
                const oss_disk_result result = oss_torture_disk(i, seed, DRAWS, 0).result;
                row.tally = (oss_tally){.tried = result.states, .lost = result.lost};
                (void)snprintf(row.tally.first, sizeof row.tally.first, "%s", result.first);
                end(&row);
            }
        }
    }
}

/* In units, until one has a call that is past the last; whether a unit was the last one shows in what it counted. */
static void do_kind(const oss_torture_kind *kind, int32_t index) {
    oss_result_row row;
    char unit[sizeof row.unit];
    oss_torture_range range = {.first = 1, .last = CALLS_A_UNIT, .stride = 1};
    for (bool is_last = false; !is_last && !stopped;
         range.first += CALLS_A_UNIT, range.last += CALLS_A_UNIT) {
        (void)snprintf(unit, sizeof unit, "%s, calls from %d on", oss_command_case_get(index)->name,
                       (int)range.first);
        if (begin(&row, kind->name, unit)) {
            is_last = oss_torture_command(&row.tally, get_place(), index, kind, &range);
            end(&row);
        } else if (!stopped) {
            is_last = oss_results_find(&results, kind->name, unit)->tally.tried < CALLS_A_UNIT;
        }
    }
}

static void do_calls(void) {
    for (int32_t k = 0; k < OSS_TORTURE_KINDS; k++) {
        const oss_torture_kind *kind = &oss_torture_kind_list[k];
        bool wanted = wants("calls") || wants(kind->name);
        for (int32_t i = 0; i < oss_command_cases() && wanted; i++) {
            do_kind(kind, i);
        }
    }
}

static void do_interrupted(void) {
    static const size_t bytes[] = {1, 2, 3, 7, 13, 64, 100, 511, 512, 777, 4095};
    oss_result_row row;
    for (int32_t i = 0; i < oss_command_cases(); i++) {
        if (begin(&row, "EINTR at every call, and short counts", oss_command_case_get(i)->name)) {
            for (size_t j = 0; j < sizeof bytes / sizeof bytes[0]; j++) {
                oss_torture_interrupted(&row.tally, get_place(), i, bytes[j]);
            }
            end(&row);
        }
    }
}

static void do_storm(void) {
    oss_result_row row;
    char unit[sizeof row.unit], campaign[sizeof row.campaign];
    for (int32_t i = 0; i < oss_torture_storms(); i++) {
        const char *name = oss_torture_storm_get(i)->name;
        int32_t others = oss_torture_storms() - 1;
        int32_t units = (i == 0 ? KILLS - others * OTHER_KILLS : OTHER_KILLS) / KILLS_A_UNIT;
        (void)snprintf(campaign, sizeof campaign, "`kill -9` at a random instant: %s", name);
        for (int32_t j = 1; j <= units; j++) {
            (void)snprintf(unit, sizeof unit, "%d kills, seed %d", KILLS_A_UNIT, (int)j);
            if (begin(&row, campaign, unit)) {
                oss_torture_storm(&row.tally, get_place(), i, (uint64_t)j, KILLS_A_UNIT);
                end(&row);
            }
        }
    }
}

START_TEST(test_all) {
    oss_results_load(&results, results_path);
    if (wants("disk")) {
        do_disks();
    }
    do_calls();
    if (wants("calls") || wants("EINTR")) {
        do_interrupted();
    }
    if (wants("storm")) {
        do_storm();
    }
    if (place != NULL) {
        oss_tempdir_remove(place);
    }
}
END_TEST

/* Check's assertions need its runner. */
static bool run_all(void) {
    Suite *suite = suite_create("torture");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_all);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    bool failed = srunner_ntests_failed(runner) > 0;
    srunner_free(runner);
    return !failed;
}

/* Each save waits for its disk, some 30,000 times here, and what is tried does not depend on the disk. */
static void use_fast_folder(void) {
    if (access("/dev/shm", W_OK) == 0) {
        (void)setenv("TMPDIR", "/dev/shm", 0);
    }
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        (void)fprintf(stderr, "usage: torture RESULTS [disk|calls|storm|table]\n");
        return 2;
    }
    part = argc > 2 ? argv[2] : NULL;
    const struct sigaction action = {.sa_handler = note_stop, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    results_path = argv[1];
    use_fast_folder();
    bool ran = run_all();
    int64_t lost = oss_results_print(&results, stdout);
    oss_results_free(&results);
    return stopped ? 130 : ran && lost == 0 ? 0 : 1;
}
