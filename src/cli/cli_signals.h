/* SIGHUP, SIGINT, SIGTERM and SIGXCPU as a wish to stop: noted once, so that a command can put its things in order; a
 * SIGINT or SIGTERM after one of these two ends the program at once. A signal that is ignored from outside (nohup, a
 * shell's background job) stays ignored. */
#ifndef OSS_CLI_CLI_SIGNALS_H
#define OSS_CLI_CLI_SIGNALS_H

#include <stdbool.h>

/* From now on. `also` (NULL: nothing) is called too, in the signal handler, on a thread that does not block signals. */
void oss_cli_catch_signals(void (*also)(void));
/* SIGUSR1 as a wish to save and go on, from now on; whether one came since the last call. */
void oss_cli_catch_save(void);
bool oss_cli_take_save(void);
/* The number of the first signal that came; 0: none. */
int oss_cli_signal(void);
/* "SIGINT" and so on, after one came. */
const char *oss_cli_signal_name(void);
/* Ends the process as the signal would have, but with everything in order: a shell sees 128 and its number (130 of
 * SIGINT), and its loops end too. */
_Noreturn void oss_cli_end_by_signal(void);

#endif
