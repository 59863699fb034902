#include "cli/cli_signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_int stop_signal; /* 0: none yet; read by any thread */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may not take a lock");
static void (*tell)(void); /* set before a handler is */

static void note_signal(int number) {
    stop_signal = number;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    if (tell != NULL) {
        tell();
    }
}

static void catch_signal(int number) {
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void oss_cli_catch_signals(void (*also)(void)) {
    tell = also;
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
}

int oss_cli_signal(void) {
    return stop_signal;
}

const char *oss_cli_signal_name(void) {
    return stop_signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

_Noreturn void oss_cli_end_by_signal(void) {
    int number = stop_signal;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    exit(128 + number); /* where the signal is blocked */
}
