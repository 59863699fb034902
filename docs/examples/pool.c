/* Many recordings with one model and a thread for each of some workers: results come in the order of the arguments, whichever
 * is done first; a file that cannot be read stops no other; Ctrl-C ends what runs.
 *
 *     cc -std=c11 -pthread pool.c -o pool $(pkg-config --cflags --libs ossicle)
 *     ./pool model.safetensors 4 *.wav
 */
#define _POSIX_C_SOURCE 200809L /* sigaction, strdup */
#include <ossicle/ossicle.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORKERS = 256 };

/* What became of a file. */
typedef struct job {
    const char *path;
    char *text;    /* the library's: oss_string_free */
    char *message; /* when it failed; ours */
    int done;
} job;

typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    job *jobs;
    int count, next; /* next: to be taken by a worker */
} queue;

typedef struct worker {
    pthread_t thread;
    oss_recognizer *recognizer; /* of this thread alone; the model in it is everybody's */
    queue *queue;
} worker;

static worker workers[MAX_WORKERS];
static int worker_count;
static volatile sig_atomic_t interrupted;

/* oss_recognizer_cancel may be called here: it does no more than to set a flag. */
static void interrupt(int number) {
    (void)number;
    interrupted = 1;
    for (int i = 0; i < worker_count; i++) {
        oss_recognizer_cancel(workers[i].recognizer);
    }
}

static job *take_job(queue *q) {
    pthread_mutex_lock(&q->lock);
    job *taken = q->next < q->count ? &q->jobs[q->next++] : NULL;
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static void *work(void *context) {
    worker *self = context;
    job *j;
    while ((j = take_job(self->queue)) != NULL) {
        char *text = NULL, *message = NULL;
        if (interrupted) {
            message = strdup("not begun");
        } else if (oss_recognizer_transcribe_file(self->recognizer, j->path, &text, NULL) != OSS_OK) {
            message = strdup(oss_last_error()); /* the message is this thread's: it is copied here */
        }
        pthread_mutex_lock(&self->queue->lock);
        j->text = text;
        j->message = message;
        j->done = 1;
        pthread_cond_signal(&self->queue->changed);
        pthread_mutex_unlock(&self->queue->lock);
    }
    return NULL;
}

/* Waits for the jobs one after the other and prints them; returns how many failed. */
static int print_results(queue *q) {
    int failed = 0;
    for (int i = 0; i < q->count; i++) {
        job *j = &q->jobs[i];
        pthread_mutex_lock(&q->lock);
        while (!j->done) {
            pthread_cond_wait(&q->changed, &q->lock);
        }
        pthread_mutex_unlock(&q->lock);
        if (j->text != NULL) {
            printf("%s\t%s\n", j->path, j->text);
        } else {
            fprintf(stderr, "%s\n", j->message != NULL ? j->message : "out of memory");
            failed++;
        }
        oss_string_free(j->text);
        free(j->message);
    }
    return failed;
}

/* The first recognizer has the model; the others share it and cost their work space alone. */
static oss_status create_recognizers(const char *model_path, int count) {
    oss_recognizer_options options = oss_recognizer_options_init();
    options.threads = 1;
    oss_status status = oss_recognizer_create(&workers[0].recognizer, model_path, &options);
    worker_count = status == OSS_OK ? 1 : 0;
    while (status == OSS_OK && worker_count < count) {
        status = oss_recognizer_create_sibling(&workers[worker_count].recognizer, workers[0].recognizer);
        worker_count += status == OSS_OK;
    }
    return status;
}

static int run(queue *q) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = interrupt;
    sigaction(SIGINT, &action, NULL);
    int started = 0;
    for (; started < worker_count; started++) {
        workers[started].queue = q;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0) {
            break; /* the others do its share */
        }
    }
    if (started == 0) {
        fprintf(stderr, "no thread could be started\n");
        return 1;
    }
    int failed = print_results(q);
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    signal(SIGINT, SIG_DFL); /* before the recognizers go */
    return interrupted ? 130 : failed > 0 ? 1 : 0;
}

int main(int argc, char **argv) {
    int count = argc > 3 ? atoi(argv[2]) : 0;
    if (count < 1 || count > MAX_WORKERS) {
        fprintf(stderr, "usage: %s MODEL WORKERS RECORDING...   (1 to %d workers)\n", argv[0], MAX_WORKERS);
        return 2;
    }
    queue q = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .count = argc - 3};
    int code = 1;
    q.jobs = calloc((size_t)q.count, sizeof *q.jobs);
    if (q.jobs == NULL) {
        fprintf(stderr, "out of memory\n");
    } else if (create_recognizers(argv[1], count) != OSS_OK) {
        fprintf(stderr, "%s\n", oss_last_error());
    } else {
        for (int i = 0; i < q.count; i++) {
            q.jobs[i].path = argv[3 + i];
        }
        code = run(&q);
    }
    for (int i = 0; i < worker_count; i++) {
        oss_recognizer_free(workers[i].recognizer);
    }
    free(q.jobs);
    return code;
}
