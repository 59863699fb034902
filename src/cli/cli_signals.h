/* SIGINT and SIGTERM as a wish to stop: noted once, so that a command can put its things in order; the second signal
 * ends the program at once. A signal that is ignored from outside (nohup, a shell's background job) stays ignored. */
#ifndef OSS_CLI_CLI_SIGNALS_H
#define OSS_CLI_CLI_SIGNALS_H

/* From now on. `also` (NULL: nothing) is called too, in the signal handler, on a thread that does not block signals. */
void oss_cli_catch_signals(void (*also)(void));
/* The number of the signal that came; 0: none. */
int oss_cli_signal(void);
/* "SIGINT" or "SIGTERM", after one came. */
const char *oss_cli_signal_name(void);
/* Ends the process as the signal would have, but with everything in order: a shell sees 130 or 143, and its loops end
 * too. */
_Noreturn void oss_cli_end_by_signal(void);

#endif
