/* ossicle bench (part of the program ossicle-train): how fast training, inference, features and CTC run here,
 * beside the processor's own limit, measured in the same run. Each part runs in a process of its own, so that
 * its peak memory is its own and no part inherits another's heap. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "cli/bench_internal.h"
#include "cli/cli_common.h"
#include "cli/commands.h"
#include "infer/decoding_options.h"
#include "kernel/cpu.h"

enum { MIN_RUNS = 7, DEFAULT_RUNS = 11 };

static const oss_cli_option options[] = {
    {.name = "--only", .value = "PART", .help = "train, infer, mel, ctc or search alone", .repeats = true},
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
    {.name = "--logits",
     .value = "FILE.npy",
     .help = "search these rows, made with `ossicle embed --what logits` and the same --model",
     .repeats = true},
    {.name = "--lm",
     .value = "FILE",
     .help = "and with this language model: a file of `ossicle lm build`, or an ARPA file"},
    {.name = "--beam",
     .value = "N",
     .help = "and with this width, 1 to 4096 (default: 16, 64, 100 and 256)",
     .repeats = true},
};

static const char details[] =
    "train: whole steps from waveforms in memory to new weights; infer: features in, logits out, one "
    "utterance with all threads, or 16 of them spread over the threads; mel: log-mel features, one "
    "thread; ctc: loss and gradient of one utterance, one thread. Operations are those that the "
    "definition needs (multiply-add = 2), whatever is done. search, with --logits: the beam search alone, one "
    "thread, with what `ossicle tune` stored in the language model.\n"
    "--json prints cpu isa precision threads fma_peak_gflops and the objects train infer mel ctc, each "
    "with realtime_factor gflops fraction_of_peak median_ms peak_rss_mib cases, and search, with "
    "recordings audio_seconds frames peak_rss_mib and cases of beam us_per_frame realtime_factor median_ms state_mib.";

static const oss_bench_kind parts[] = {{"train", oss_bench_train, true},
                                       {"infer", oss_bench_infer, true},
                                       {"mel", oss_bench_mel, false},
                                       {"ctc", oss_bench_ctc, false},
                                       {"search", oss_bench_search, false}};
enum { TRAIN /* their places */, SEARCH = 4, PARTS = sizeof parts / sizeof *parts };

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
    for (int i = 0; i < SEARCH; i++) {
        if (r->wanted[i]) {
            add_part(root, parts[i].name, &r->part[i]);
        }
    }
    if (r->wanted[SEARCH]) {
        oss_bench_add_search(oss_json_add_object(root, parts[SEARCH].name), &r->part[SEARCH]);
    }
    return oss_cli_print_json(root);
}

static void print_table(const report *r, const oss_bench_setup *setup) {
    oss_cli_print("%s, %s, %s, %d thread%s, multiply-add peak of fp32 %.0f GFLOP/s\n\n", r->cpu,
                  oss_cpu_isa_name(oss_cpu_isa()), name_precision(setup), setup->threads,
                  setup->threads == 1 ? "" : "s", r->peak_gflops);
    bool is_search_alone = true;
    for (int i = 0; i < SEARCH; i++) {
        is_search_alone = is_search_alone && !r->wanted[i];
    }
    if (!is_search_alone) {
        oss_cli_print("%-7s %10s %12s %10s %10s %9s %10s\n", "part", "work", "x real time", "median ms",
                      "GFLOP/s", "of peak", "RSS MiB");
    }
    for (int i = 0; i < SEARCH; i++) {
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
    if (r->wanted[SEARCH]) {
        oss_cli_print("%s", is_search_alone ? "" : "\n");
        oss_bench_print_search(&r->part[SEARCH]);
    }
}

/* ---- Options ---- */

static oss_status choose_parts(const oss_cli_args *args, report *r) {
    int32_t count = oss_cli_count(args, "--only");
    for (int i = 0; i < PARTS && count == 0; i++) {
        r->wanted[i] = i != SEARCH || oss_cli_has(args, "--logits");
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
            return oss_fail(OSS_EUSAGE, "--only %s: choose train, infer, mel, ctc or search", name);
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

static oss_status list_logits(const oss_cli_args *args, oss_bench_setup *setup) {
    int32_t count = oss_cli_count(args, "--logits");
    setup->logits = (const char **)oss_alloc_zero((size_t)count, sizeof *setup->logits);
    if (setup->logits == NULL) {
        return OSS_ENOMEM;
    }
    setup->logits_count = count;
    for (int32_t i = 0; i < count; i++) {
        setup->logits[i] = oss_cli_value_at(args, "--logits", i);
    }
    return OSS_OK;
}

/* Those of the search alone. */
static oss_status read_search(const oss_cli_args *args, oss_bench_setup *setup, bool wanted) {
    static const char *const of_it[] = {"--logits", "--lm", "--beam"};
    for (int i = 0; i < 3 && !wanted; i++) {
        if (oss_cli_has(args, of_it[i])) {
            return oss_fail(OSS_EUSAGE, "%s is of the search: give --logits, and --only search if --only",
                            of_it[i]);
        }
    }
    if (wanted && (!oss_cli_has(args, "--logits") || !oss_cli_has(args, "--model"))) {
        return oss_fail(OSS_EUSAGE, "the search needs --logits FILE.npy, made with `ossicle embed --what "
                                    "logits`, and the --model that they are of");
    }
    setup->lm = oss_cli_value(args, "--lm");
    setup->beams = oss_cli_count(args, "--beam");
    if (setup->beams > OSS_BENCH_MAX_CASES) {
        return oss_fail(OSS_EUSAGE, "--beam: %d widths, where %d are the most", setup->beams,
                        (int)OSS_BENCH_MAX_CASES);
    }
    for (int32_t i = 0; i < setup->beams; i++) {
        int64_t width = 0;
        const char *text = oss_cli_value_at(args, "--beam", i);
        if (!oss_integer_parse(text, &width) || width < 1 || width > OSS_BEAM_WIDTH_MOST) {
            return oss_fail(OSS_EUSAGE, "--beam %s: choose a whole number from 1 to %d", text,
                            (int)OSS_BEAM_WIDTH_MOST);
        }
        setup->beam[i] = (int32_t)width;
    }
    return list_logits(args, setup);
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
    return status == OSS_OK ? read_search(args, setup, r->wanted[SEARCH]) : status;
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
            status = oss_bench_run_apart(&parts[i], &setup, &r.part[i]);
        }
    }
    if (status == OSS_OK) {
        status = oss_bench_peak(setup.threads, &r.peak_gflops);
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
    oss_free((void *)setup.logits);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_bench = {.name = "bench",
                                           .summary = OSS_BENCH_SUMMARY,
                                           .details = details,
                                           .option = options,
                                           .options = (int32_t)(sizeof options / sizeof options[0]),
                                           .run = run_bench};
