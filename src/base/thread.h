/* Threads of our own: every signal is left to the program's, and the stack is as large whatever the host's limit is. */
#ifndef OSS_BASE_THREAD_H
#define OSS_BASE_THREAD_H

#include <pthread.h>

/* 0, or the errno that pthread_create gave: EAGAIN when the process may have no more threads, or no more memory for its
 * stack. The caller joins it. */
int oss_thread_start(pthread_t *out, void *(*run)(void *argument), void *argument);

#endif
