/* ossicle-train [OPTION]... is `ossicle train`; ossicle-train bench [OPTION]... is `ossicle bench`. */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/commands.h"
#include "kernel/gemm_train.h"

enum { LOAD_MIB = 8 }; /* what libraries allocate besides while they are loaded */

/* OpenBLAS maps its first buffer while it is loaded (0.3.29 does, 0.3.21 does not), before main, and where it gets none it
 * asks for ever. So the process ends here when there is no room for it, as it would later. No call that a sanitizer has a
 * version of its own of: none of them has begun. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void find_room_to_load(void) {
    static const char line[] =
        "ossicle train: OpenBLAS needs 128 MiB of address space to be loaded, which this "
        "process may not have: raise the limit (ulimit -v, ulimit -d)\n";
    const size_t bytes = (size_t)(OSS_K_GEMM_TRAIN_BUFFER_MIB + LOAD_MIB) << 20;
    long block = syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (block == -1) {
        (void)!syscall(SYS_write, STDERR_FILENO, line, sizeof line - 1);
        _exit(4); /* as for OSS_ENOMEM */
    }
    (void)syscall(SYS_munmap, block, bytes);
}

__attribute__((section(".preinit_array"), used)) static void (*find_room_first)(void) = find_room_to_load;

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], oss_command_bench.name) == 0) {
        return oss_cli_run(&oss_command_bench, argc - 1, argv + 1);
    }
    return oss_cli_run(&oss_command_train, argc, argv);
}
