/* What the tests of `ossicle check` share. */
#ifndef OSS_TESTS_CLI_CHECK_CASES_H
#define OSS_TESTS_CLI_CHECK_CASES_H

#include "base/json.h"
#include "cli/cli_cases.h"

/* A folder, a CSV in it, and the last run on it. */
typedef struct check_case {
    char *folder, *csv, *dev, *fixed;
    oss_program_run run;
    oss_json *json;
} check_case;

static inline check_case make_case(void) {
    check_case c = {.folder = oss_tempdir_make()};
    c.csv = oss_tempdir_path(c.folder, "set.csv");
    c.dev = oss_tempdir_path(c.folder, "dev.csv");
    c.fixed = oss_tempdir_path(c.folder, "fixed.csv");
    return c;
}

static inline void end_run(check_case *c) {
    oss_json_free(c->json);
    c->json = NULL;
    oss_program_run_deinit(&c->run);
}

static inline void free_case(check_case *c) {
    free(c->csv);
    free(c->dev);
    free(c->fixed);
    oss_tempdir_remove(c->folder);
}

static inline void write_tone(const check_case *c, const char *name, double seconds, double hz, double peak) {
    char *path = oss_tempdir_path(c->folder, name);
    oss_wav_write_tone(path, seconds, hz, peak, 16000);
    free(path);
}

static inline void write_text(const char *path, const char *text) {
    oss_tempdir_write(path, text, (long)strlen(text));
}

#define run_json(c, code, ...)                                                                               \
    do {                                                                                                     \
        (c)->run = oss_run_ossicle("check", "--json", __VA_ARGS__);                                          \
        oss_program_expect(&(c)->run, code);                                                                 \
        ck_assert_msg(oss_json_parse(&(c)->json, (c)->run.out, strlen((c)->run.out), "output") == OSS_OK,    \
                      "%s", oss_last_error());                                                               \
    } while (0)

static inline int count_of(const check_case *c, const char *kind) {
    const oss_json *count = oss_json_get(oss_json_get(c->json, "counts"), kind);
    ck_assert_msg(oss_json_is(count, OSS_JSON_NUMBER), "no count of %s", kind);
    return (int)oss_json_number(count);
}

/* The kinds are as said, "audio 2, empty 1" in the order of the report, and no others. */
static inline void expect_counts(const check_case *c, const char *wanted) {
    char found[512] = "";
    const oss_json *counts = oss_json_get(c->json, "counts");
    for (const oss_json *at = oss_json_first(counts); at != NULL; at = oss_json_next(at)) {
        if (oss_json_number(at) > 0) {
            char part[64];
            (void)snprintf(part, sizeof part, "%s%s %d", found[0] == '\0' ? "" : ", ", oss_json_key(at),
                           (int)oss_json_number(at));
            strcat(found, part);
        }
    }
    ck_assert_str_eq(found, wanted);
}

/* The n-th finding of a kind, from 0. */
static inline const oss_json *finding_of(const check_case *c, const char *kind, int n) {
    const oss_json *list = oss_json_get(c->json, "findings");
    for (const oss_json *at = oss_json_first(list); at != NULL; at = oss_json_next(at)) {
        if (strcmp(oss_json_string(oss_json_get(at, "kind")), kind) == 0 && n-- == 0) {
            return at;
        }
    }
    ck_abort_msg("too few findings of kind %s", kind);
    return NULL;
}

static inline void expect_finding(const check_case *c, const char *kind, int n, int row,
                                  const char *message) {
    const oss_json *finding = finding_of(c, kind, n);
    ck_assert_int_eq((int)oss_json_number(oss_json_get(finding, "row")), row);
    const char *text = oss_json_string(oss_json_get(finding, "message"));
    ck_assert_msg(strstr(text, message) != NULL, "\"%s\" lacks \"%s\"", text, message);
}

#endif
