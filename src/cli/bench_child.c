/* `ossicle bench`: a part in a process of its own, so that its peak memory is its own, and what the processor can do at most. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/bench_internal.h"
#include "kernel/peak.h"

enum { PEAK_TRIES = 9, PEAK_ROUNDS = 1000000, MESSAGE_BYTES = 512 };

/* ---- The limit ---- */

typedef struct peak_work {
    double flop;
    float unused[1024];
} peak_work;

static void run_peak(void *context, int32_t task, int32_t worker) {
    peak_work *work = context;
    (void)worker;
    double flop = oss_k_peak_run(PEAK_ROUNDS, &work->unused[task % 1024]);
    if (task == 0) {
        work->flop = flop;
    }
}

oss_status oss_bench_peak(int32_t threads, double *gflops) {
    peak_work work = {0};
    oss_pool *pool = NULL;
    oss_status status = oss_pool_create(&pool, threads);
    for (int i = 0; i < PEAK_TRIES && status == OSS_OK; i++) {
        double before = oss_clock_seconds();
        oss_pool_run(pool, threads, run_peak, &work);
        double now = threads * work.flop / (oss_clock_seconds() - before) * 1e-9;
        *gflops = now > *gflops ? now : *gflops;
    }
    oss_pool_free(pool);
    return status;
}

/* ---- One part, in a process of its own ---- */

typedef struct part_result {
    oss_status status;
    char message[MESSAGE_BYTES];
    oss_bench_part part;
} part_result;

static double get_peak_rss_mib(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss / 1024 : 0;
}

static void run_child(const oss_bench_kind *part, const oss_bench_setup *setup, part_result *result) {
    int32_t threads = part->threaded ? setup->threads : 1;
    result->status = oss_bench_peak(threads, &result->part.peak_gflops);
    if (result->status == OSS_OK) {
        result->status = part->run(setup, &result->part);
        result->part.peak_rss_mib = get_peak_rss_mib();
    }
    if (result->status == OSS_OK) {
        result->status = oss_bench_peak(threads, &result->part.peak_gflops);
    }
    if (result->status != OSS_OK) {
        (void)snprintf(result->message, sizeof result->message, "%s", oss_last_error());
    }
}

static bool transfer_all(int fd, void *data, size_t bytes, ssize_t (*transfer)(int, void *, size_t)) {
    for (size_t done = 0; done < bytes;) {
        ssize_t now = transfer(fd, (char *)data + done, bytes - done);
        if (now <= 0 && !(now < 0 && errno == EINTR)) {
            return false;
        }
        done += now > 0 ? (size_t)now : 0;
    }
    return true;
}

static ssize_t write_some(int fd, void *data, size_t bytes) {
    return write(fd, data, bytes);
}

oss_status oss_bench_run_apart(const oss_bench_kind *part, const oss_bench_setup *setup,
                               oss_bench_part *out) {
    part_result result = {.status = OSS_EIO};
    int end[2];
    if (pipe(end) != 0) {
        return oss_fail_errno(errno, "the part %s could not be started", part->name);
    }
    pid_t child = fork();
    if (child == 0) {
        run_child(part, setup, &result);
        _exit(transfer_all(end[1], &result, sizeof result, write_some) ? 0 : 1);
    }
    int error_number = errno;
    (void)close(end[1]);
    bool arrived = child > 0 && transfer_all(end[0], &result, sizeof result, read);
    (void)close(end[0]);
    if (child < 0) {
        return oss_fail_errno(error_number, "the part %s could not be started", part->name);
    }
    int how = 0;
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (!arrived) {
        return oss_fail(OSS_ENOMEM, "the part %s ended early (%s %d): is memory short?", part->name,
                        WIFSIGNALED(how) ? "signal" : "exit code",
                        WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
    }
    *out = result.part;
    return result.status == OSS_OK ? OSS_OK : oss_fail(result.status, "%s: %s", part->name, result.message);
}
