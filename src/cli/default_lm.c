#include "cli/default_lm.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/default_model.h"

static bool is_without(const oss_cli_args *args) {
    const char *lm = oss_cli_value(args, "--lm");
    return lm != NULL && strcmp(lm, OSS_CLI_NONE) == 0;
}

/* `--greedy --lm none` says one thing twice. */
static oss_status check_greedy(const oss_cli_args *args) {
    static const char *const searching[] = {
        "--lm",        "--lm-weight",     "--word-bonus", "--unknown-penalty", "--prior-weight",
        "--symbol-lm", "--beam",          "--hotwords",   "--hotword-weight",  "--rescore-lm",
        "--n-best",    "--rescore-weight"};
    for (size_t i = 0; i < sizeof searching / sizeof *searching && oss_cli_has(args, "--greedy"); i++) {
        if (oss_cli_has(args, searching[i]) && !(i == 0 && is_without(args))) {
            return oss_fail(OSS_EUSAGE, "--greedy is without a search, and %s is of one: give one of them",
                            searching[i]);
        }
    }
    return OSS_OK;
}

/* *out: NULL when there is none. A model that is not there is for the command to complain of. */
static oss_status find(char **out, const oss_cli_args *args) {
    char *model = NULL, *lm = NULL;
    oss_status status = oss_cli_find_model(&model, oss_cli_value(args, "--model"), "--model M");
    if (status != OSS_OK) {
        return status == OSS_ENOMEM ? status : OSS_OK;
    }
    status = oss_decoding_find_lm(model, &lm);
    oss_free(model);
    if (status == OSS_OK && lm != NULL) {
        status = oss_cli_reads(args, lm);
    }
    if (status != OSS_OK) {
        oss_string_free(lm);
        return status;
    }
    *out = lm;
    return OSS_OK;
}

static oss_status choose(char **out_own, const char **out_lm, const oss_cli_args *args) {
    const char *given = oss_cli_value(args, "--lm");
    if (given == NULL && !oss_cli_has(args, "--greedy")) {
        oss_status status = find(out_own, args);
        *out_lm = *out_own;
        return status;
    }
    *out_lm = is_without(args) ? NULL : given;
    return OSS_OK;
}

oss_status oss_cli_read_default_decoding(const oss_cli_args *args, oss_cli_decoding *out) {
    char *own = NULL;
    const char *lm = NULL;
    *out = (oss_cli_decoding){0};
    oss_status status = check_greedy(args);
    if (status == OSS_OK) {
        status = choose(&own, &lm, args);
    }
    if (status != OSS_OK) {
        return status;
    }
    status = oss_cli_read_decoding_with(args, lm, out);
    out->own_lm = own;
    return status;
}

void oss_cli_decoding_deinit(oss_cli_decoding *decoding) {
    oss_string_free(decoding->own_lm);
    *decoding = (oss_cli_decoding){0};
}
