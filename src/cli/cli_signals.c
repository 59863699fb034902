#include "cli/cli_signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_int stop_signal; /* 0: none yet; read by any thread */
static atomic_bool save_asked;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_BOOL_LOCK_FREE == 2,
               "a signal handler may not take a lock");
static void (*tell)(void); /* set before a handler is */

/* SIGHUP comes twice when a terminal is closed, from it and from its shell, and SIGXCPU every second beyond the limit:
 * only who asks once more, by SIGINT or SIGTERM, is in a hurry. */
static void note_stop(int number) {
    if (stop_signal == 0) {
        stop_signal = number;
    }
    if (number == SIGINT || number == SIGTERM) {
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
    }
    if (tell != NULL) {
        tell();
    }
}

static void note_save(int number) {
    (void)number;
    save_asked = true;
}

static void catch_signal(int number, void (*handler)(int)) {
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

void oss_cli_catch_signals(void (*also)(void)) {
    tell = also;
    catch_signal(SIGHUP, note_stop);
    catch_signal(SIGINT, note_stop);
    catch_signal(SIGTERM, note_stop);
    catch_signal(SIGXCPU, note_stop);
}

void oss_cli_catch_save(void) {
    catch_signal(SIGUSR1, note_save);
}

bool oss_cli_take_save(void) {
    return atomic_exchange(&save_asked, false);
}

int oss_cli_signal(void) {
    return stop_signal;
}

const char *oss_cli_signal_name(void) {
    switch (atomic_load(&stop_signal)) {
    case SIGHUP:
        return "SIGHUP";
    case SIGTERM:
        return "SIGTERM";
    case SIGXCPU:
        return "SIGXCPU";
    default:
        return "SIGINT";
    }
}

_Noreturn void oss_cli_end_by_signal(void) {
    int number = stop_signal;
    if (number != SIGXCPU) { /* by which it would leave a core */
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    exit(128 + number); /* where the signal is blocked, too */
}
