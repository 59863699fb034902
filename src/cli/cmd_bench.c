/* ossicle bench (part of the program ossicle-train): how fast training, inference, features and CTC run here,
 * beside the processor's own limit, measured in the same run. Each part runs in a process of its own, so that
 * its peak memory is its own and no part inherits another's heap. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"
#include "cli/bench_internal.h"
#include "cli/cli_common.h"
#include "cli/commands.h"
#include "kernel/cpu.h"
#include "kernel/peak.h"

enum { PEAK_TRIES = 9, PEAK_ROUNDS = 1000000, MESSAGE_BYTES = 512, MIN_RUNS = 7, DEFAULT_RUNS = 11 };

static const oss_cli_option options[] = {
    {.name = "--only", .value = "PART", .help = "train, infer, mel or ctc alone", .repeats = true},
    {.name = "--json", .help = "print one JSON object instead of a table"},
    {.name = "--model", .value = "M", .help = "the model to run (default: the usual size, initial weights)"},
    {.name = "--utterances", .value = "N", .help = "utterances of a training batch (default 16)"},
    {.name = "--seconds", .value = "N", .help = "length of each of them (default 8)"},
    {.name = "--runs",
     .value = "N",
     .help = "timed runs of each work, 7 or more, of which the median counts (default 11)"},
    {.name = "--precision",
     .value = "P",
     .help = "fp32, bf16 or, but for train, int8 products (default fp32)"},
    {.name = "--threads", .value = "N", .help = "threads to use (default: all processors)"},
};

static const char details[] =
    "train: whole steps from waveforms in memory to new weights; infer: features in, logits out, one "
    "utterance with all threads, or 16 of them spread over the threads; mel: log-mel features, one "
    "thread; ctc: loss and gradient of one utterance, one thread. Operations are those that the "
    "definition needs (multiply-add = 2), whatever is done.\n"
    "--json prints cpu isa precision threads fma_peak_gflops and the objects train infer mel ctc, each "
    "with realtime_factor gflops fraction_of_peak median_ms peak_rss_mib cases.";

typedef struct bench_part {
    const char *name;
    oss_status (*run)(const oss_bench_setup *setup, oss_bench_part *out);
    bool threaded; /* else one thread's peak is its limit */
} bench_part;

static const bench_part parts[] = {{"train", oss_bench_train, true},
                                   {"infer", oss_bench_infer, true},
                                   {"mel", oss_bench_mel, false},
                                   {"ctc", oss_bench_ctc, false}};
enum { TRAIN /* its place */, PARTS = sizeof parts / sizeof *parts };

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

static oss_status measure_peak(int32_t threads, double *gflops) {
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

static void run_child(const bench_part *part, const oss_bench_setup *setup, part_result *result) {
    int32_t threads = part->threaded ? setup->threads : 1;
    result->status = measure_peak(threads, &result->part.peak_gflops);
    if (result->status == OSS_OK) {
        result->status = part->run(setup, &result->part);
        result->part.peak_rss_mib = get_peak_rss_mib();
    }
    if (result->status == OSS_OK) {
        result->status = measure_peak(threads, &result->part.peak_gflops);
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

static oss_status run_part(const bench_part *part, const oss_bench_setup *setup, oss_bench_part *out) {
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

/* ---- What is said ---- */

static double get_gflops(const oss_bench_case *item) {
    return item->flop / item->median_ms * 1e-6;
}

static double get_realtime(const oss_bench_case *item) {
    return 1e3 * item->utterances * item->seconds / item->median_ms;
}

/* The processor's name, without the spaces that pad it. */
static void read_cpu_name(char *out, size_t bytes) {
    (void)snprintf(out, bytes, "unknown");
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, ':');
        if (value != NULL && (strncmp(line, "model name", 10) == 0 || strncmp(line, "CPU part", 8) == 0)) {
            value += 1 + strspn(value + 1, " \t");
            value[strcspn(value, "\n")] = '\0';
            (void)snprintf(out, bytes, "%s", value);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void add_numbers(oss_json *object, const oss_bench_case *item, double peak) {
    oss_json_add_number(object, "realtime_factor", get_realtime(item));
    oss_json_add_number(object, "gflops", get_gflops(item));
    oss_json_add_number(object, "fraction_of_peak", get_gflops(item) / peak);
    oss_json_add_number(object, "median_ms", item->median_ms);
}

static void add_part(oss_json *root, const char *name, const oss_bench_part *part) {
    oss_json *object = oss_json_add_object(root, name);
    add_numbers(object, &part->item[0], part->peak_gflops);
    oss_json_add_number(object, "peak_rss_mib", part->peak_rss_mib);
    oss_json *cases = oss_json_add_array(object, "cases");
    for (int32_t i = 0; i < part->cases; i++) {
        oss_json *item = oss_json_add_object(cases, NULL);
        oss_json_add_integer(item, "utterances", part->item[i].utterances);
        oss_json_add_integer(item, "seconds", part->item[i].seconds);
        add_numbers(item, &part->item[i], part->peak_gflops);
    }
}

typedef struct report {
    char cpu[128];
    double peak_gflops;
    bool wanted[PARTS];
    oss_bench_part part[PARTS];
} report;

static const char *name_precision(const oss_bench_setup *setup) {
    static const char *const name[] = {"fp32", "bf16", "int8"};
    return name[setup->precision];
}

static oss_status print_json(const report *r, const oss_bench_setup *setup) {
    oss_json *root = oss_json_object();
    oss_json_add_string(root, "cpu", r->cpu);
    oss_json_add_string(root, "isa", oss_cpu_isa_name(oss_cpu_isa()));
    oss_json_add_string(root, "precision", name_precision(setup));
    oss_json_add_integer(root, "threads", setup->threads);
    oss_json_add_number(root, "fma_peak_gflops", r->peak_gflops);
    for (int i = 0; i < PARTS; i++) {
        if (r->wanted[i]) {
            add_part(root, parts[i].name, &r->part[i]);
        }
    }
    return oss_cli_print_json(root);
}

static void print_table(const report *r, const oss_bench_setup *setup) {
    oss_cli_print("%s, %s, %s, %d thread%s, multiply-add peak of fp32 %.0f GFLOP/s\n\n", r->cpu,
                  oss_cpu_isa_name(oss_cpu_isa()), name_precision(setup), setup->threads,
                  setup->threads == 1 ? "" : "s", r->peak_gflops);
    oss_cli_print("%-7s %10s %12s %10s %10s %9s %10s\n", "part", "work", "x real time", "median ms",
                  "GFLOP/s", "of peak", "RSS MiB");
    for (int i = 0; i < PARTS; i++) {
        for (int32_t c = 0; r->wanted[i] && c < r->part[i].cases; c++) {
            const oss_bench_case *item = &r->part[i].item[c];
            char work[32];
            (void)snprintf(work, sizeof work, "%d x %d s", item->utterances, item->seconds);
            oss_cli_print("%-7s %10s %12.0f %10.3f %10.1f %8.1f%%", parts[i].name, work, get_realtime(item),
                          item->median_ms, get_gflops(item), 100 * get_gflops(item) / r->part[i].peak_gflops);
            if (c == 0) {
                oss_cli_print(" %10.0f", r->part[i].peak_rss_mib);
            }
            oss_cli_print("\n");
        }
    }
}

/* ---- Options ---- */

static oss_status choose_parts(const oss_cli_args *args, report *r) {
    int32_t count = oss_cli_count(args, "--only");
    for (int i = 0; i < PARTS && count == 0; i++) {
        r->wanted[i] = true;
    }
    for (int32_t given = 0; given < count; given++) {
        const char *name = oss_cli_value_at(args, "--only", given);
        bool known = false;
        for (int i = 0; i < PARTS; i++) {
            if (strcmp(parts[i].name, name) == 0) {
                r->wanted[i] = known = true;
            }
        }
        if (!known) {
            return oss_fail(OSS_EUSAGE, "--only %s: choose train, infer, mel or ctc", name);
        }
    }
    return OSS_OK;
}

/* The usual size: 2,049,408 parameters, a head of 32 symbols, one sub-frame. */
static oss_status create_model(oss_model **out) {
    static const char *const symbol[32] = {"<blank>", "<UNK>", " ", "'", "-", ".", "a", "b", "c", "d", "e",
                                           "f",       "g",     "h", "i", "j", "k", "l", "m", "n", "o", "p",
                                           "q",       "r",     "s", "t", "u", "v", "w", "x", "y", "z"};
    oss_config *config = NULL;
    oss_vocab *vocab = NULL;
    oss_status status = oss_config_create(&config);
    if (status == OSS_OK) {
        config->model.ctc_subframes = 1;
        config->model.position = OSS_POSITION_NONE;
        status = oss_vocab_from_symbols(&vocab, symbol, 32);
    }
    if (status == OSS_OK) {
        status = oss_model_create(out, config, vocab);
    }
    oss_vocab_free(vocab);
    oss_config_free(config);
    return status;
}

static oss_status read_integer(const oss_cli_args *args, const char *option, int32_t low, int32_t high,
                               int32_t fallback, int32_t *out) {
    int64_t value = 0;
    oss_status status = oss_cli_integer(args, option, low, high, fallback, &value);
    if (status == OSS_OK) {
        *out = (int32_t)value;
    }
    return status;
}

static oss_status read_options(const oss_cli_args *args, oss_bench_setup *setup, report *r) {
    oss_status status = choose_parts(args, r);
    if (status == OSS_OK) {
        status = oss_cli_threads(args, &setup->threads);
    }
    if (status == OSS_OK) {
        status = read_integer(args, "--runs", MIN_RUNS, OSS_BENCH_MAX_RUNS, DEFAULT_RUNS, &setup->runs);
    }
    if (status == OSS_OK) {
        status = read_integer(args, "--utterances", 1, 4096, 16, &setup->utterances);
    }
    if (status == OSS_OK) {
        status = read_integer(args, "--seconds", 1, 600, 8, &setup->seconds);
    }
    if (status == OSS_OK && !r->wanted[0] &&
        (oss_cli_has(args, "--utterances") || oss_cli_has(args, "--seconds"))) {
        status = oss_fail(OSS_EUSAGE,
                          "--utterances and --seconds are of a training batch, and --only leaves train out");
    }
    return status;
}

static oss_status load_model(const oss_cli_args *args, oss_model **out) {
    if (!oss_cli_has(args, "--model")) {
        return create_model(out);
    }
    oss_status status = oss_model_load(out, oss_cli_value(args, "--model"));
    if (status == OSS_OK && (*out)->vocab == NULL) {
        oss_model_free(*out);
        *out = NULL;
        return oss_fail(OSS_EINPUT, "%s has no head: bench needs a model that gives logits",
                        oss_cli_value(args, "--model"));
    }
    return status;
}

static int run_bench(const oss_cli_args *args) {
    report r = {0};
    oss_bench_setup setup = {0};
    oss_model *model = NULL;
    oss_status status = read_options(args, &setup, &r);
    if (status == OSS_OK) {
        status = load_model(args, &model);
    }
    if (status == OSS_OK) {
        status = oss_cli_precision(args, &setup.precision);
    }
    if (status == OSS_OK && setup.precision == OSS_PRECISION_INT8 && r.wanted[TRAIN]) {
        status = oss_fail(OSS_EUSAGE, "--precision int8 is for inference: add --only infer");
    }
    setup.model = model;
    read_cpu_name(r.cpu, sizeof r.cpu);
    for (int i = 0; i < PARTS && status == OSS_OK; i++) {
        if (r.wanted[i]) {
            status = run_part(&parts[i], &setup, &r.part[i]);
        }
    }
    if (status == OSS_OK) {
        status = measure_peak(setup.threads, &r.peak_gflops);
    }
    for (int i = 0; i < PARTS && status == OSS_OK; i++) {
        bool same = parts[i].threaded || setup.threads == 1;
        r.peak_gflops = same && r.part[i].peak_gflops > r.peak_gflops ? r.part[i].peak_gflops : r.peak_gflops;
    }
    if (status == OSS_OK && oss_cli_has(args, "--json")) {
        status = print_json(&r, &setup);
    } else if (status == OSS_OK) {
        print_table(&r, &setup);
    }
    oss_model_free(model);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_bench = {.name = "bench",
                                           .summary = OSS_BENCH_SUMMARY,
                                           .details = details,
                                           .option = options,
                                           .options = (int32_t)(sizeof options / sizeof options[0]),
                                           .run = run_bench};
