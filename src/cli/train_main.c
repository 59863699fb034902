/* ossicle-train [OPTION]... is `ossicle train`; ossicle-train bench [OPTION]... is `ossicle bench`. */
#include <string.h>

#include "cli/commands.h"

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], oss_command_bench.name) == 0) {
        return oss_cli_run(&oss_command_bench, argc - 1, argv + 1);
    }
    return oss_cli_run(&oss_command_train, argc, argv);
}
