/* Exit codes, and the frame in which a command runs. */
#include "cli/cli_common.h"

#include "base/fail.h"
#include "base/mem.h"
#include "cli/cli_files.h"
#include "cli/cli_internal.h"
#include "kernel/cpu.h"
#include "ossicle/version.h"

int oss_cli_exit_code(oss_status status) {
    switch (status) {
    case OSS_OK:
        return 0;
    case OSS_ENUMERIC:
        return 1;
    case OSS_EUSAGE:
        return 2;
    case OSS_EINPUT:
    case OSS_EIO:
    case OSS_EBUG:
        return 3;
    case OSS_ENOMEM:
    case OSS_ENOSPC:
        return 4;
    case OSS_ESTOPPED:
        return 130;
    }
    return 3;
}

bool oss_cli_is_of_one(oss_status status) {
    return status == OSS_EINPUT || status == OSS_EIO || status == OSS_ENUMERIC || status == OSS_ENOMEM;
}

int oss_cli_fail(const oss_cli_args *args, oss_status status) {
    oss_cli_say("ossicle %s: %s", args->command->name, oss_last_error());
    return oss_cli_exit_code(status);
}

void oss_cli_fail_one(const oss_cli_args *args, oss_status status, int64_t *failed) {
    if ((*failed)++ < OSS_CLI_FAILED_NAMED) {
        (void)oss_cli_fail(args, status);
    }
}

void oss_cli_tell_failed(int64_t failed) {
    if (failed > OSS_CLI_FAILED_NAMED) {
        oss_cli_say("and %lld more failed", (long long)failed - OSS_CLI_FAILED_NAMED);
    }
}

int oss_cli_print_help(const oss_cli_command *command) {
    char *help = oss_cli_help(command);
    if (help == NULL) {
        return oss_cli_exit_code(OSS_ENOMEM);
    }
    oss_cli_print("%s", help);
    oss_free(help);
    return 0;
}

static int run_parsed(const oss_cli_command *command, oss_cli_args *args) {
    if (args->help) {
        return oss_cli_print_help(command);
    }
    if (args->version) {
        oss_cli_print("ossicle %s\n", oss_version());
        return 0;
    }
    oss_status status = oss_cli_check_files(args);
    return status == OSS_OK ? command->run(args) : oss_cli_fail(args, status);
}

int oss_cli_run(const oss_cli_command *command, int argc, char *const *argv) {
    oss_cli_log_as(command->name);
    oss_cli_prepare();
    oss_cli_args *args = NULL;
    oss_status status = oss_cli_check_stack();
    if (status == OSS_OK) {
        status = oss_cpu_select_from_environment();
    }
    if (status == OSS_OK) {
        status = oss_cli_parse(&args, command, argc, argv);
    }
    if (status != OSS_OK) {
        oss_cli_args failed = {.command = command};
        return oss_cli_fail(&failed, status);
    }
    int code = run_parsed(command, args);
    status = oss_cli_flush();
    if (status != OSS_OK) {
        int lost = oss_cli_fail(args, status);
        code = code <= 1 ? lost : code;
    }
    oss_cli_args_free(args);
    return code;
}
