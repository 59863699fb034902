#include "base/thread.h"

#include <signal.h>

enum { STACK_BYTES = 8 << 20 };

int oss_thread_start(pthread_t *out, void *(*run)(void *argument), void *argument) {
    pthread_attr_t attributes;
    int error_number = pthread_attr_init(&attributes);
    if (error_number != 0) {
        return error_number;
    }
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error_number = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (error_number == 0) {
        error_number = pthread_create(out, &attributes, run, argument);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return error_number;
}
