/* Ossicle's beam search over logits that are there, for scripts/bench/bench_decoding.py: what an encoder costs is not in it.
 *
 *     search_worker MODEL LM LM_WEIGHT WORD_BONUS LIST
 *
 * LIST names NumPy files of logits[rows, symbols], a line each (`ossicle embed --what logits`). Prints "ready" when all is
 * loaded. Each line of standard input is a width; the answer to it is a line
 *     SECONDS ROWS STATE_BYTES ALLOCATIONS
 * and the text of every file, a line each. SECONDS: of processor time, searching all files once, texts included, loading not.
 * STATE_BYTES: the most heap that the search had at any time, its results included, its models not. ALLOCATIONS: blocks that
 * were taken or grown while rows were searched, when all the files were searched once more. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/npy.h"
#include "base/sys.h"
#include "decode/beam.h"
#include "decode/symbol_text.h"
#include "infer/decoding_options.h"
#include "model/model_file.h"

enum { MAX_FILES = 100000, MAX_LINE = 4096, MOST_BYTES = 1 << 30 };

typedef struct logits {
    float *value;
    int32_t rows;
} logits;

typedef struct worker {
    oss_model *model;
    oss_ngram *words;
    oss_lexicon *lexicon;
    double lm_weight, word_bonus;
    logits *file; /* [files] */
    int32_t files;
    int64_t rows;
} worker;

/* ---- Heap that is counted ---- */

static oss_sys_heap plain;
static size_t held_bytes, most_bytes;
static int64_t taken_blocks;

static void *count_block(void *block) {
    taken_blocks++;
    held_bytes += malloc_usable_size(block);
    most_bytes = held_bytes > most_bytes ? held_bytes : most_bytes;
    return block;
}

static void *count_alloc(size_t alignment, size_t bytes) {
    return count_block(plain.alloc(alignment, bytes));
}

static void *count_resize(void *block, size_t bytes) {
    held_bytes -= malloc_usable_size(block);
    return count_block(plain.resize(block, bytes));
}

static void count_release(void *block) {
    held_bytes -= malloc_usable_size(block);
    plain.release(block);
}

/* ---- Files ---- */

static void fail(const char *where, const char *what) {
    (void)fprintf(stderr, "search_worker: %s: %s\n", where, what);
    exit(3);
}

static void check(oss_status status) {
    if (status != OSS_OK) {
        fail("ossicle", oss_last_error());
    }
}

static logits read_file(const char *path, int32_t symbols) {
    logits read = {0};
    int64_t rows = 0, columns = 0;
    check(oss_npy_read(&read.value, &rows, &columns, path, MOST_BYTES));
    if (rows < 1 || rows > INT32_MAX || columns != symbols) {
        fail(path, "its columns are not the symbols of the model");
    }
    read.rows = (int32_t)rows;
    return read;
}

static void read_list(worker *w, const char *path) {
    char line[MAX_LINE];
    FILE *list = fopen(path, "re");
    w->file = oss_alloc(MAX_FILES, sizeof *w->file);
    if (list == NULL || w->file == NULL) {
        fail(path, "cannot be read");
    }
    while (w->files < MAX_FILES && fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        w->file[w->files] = read_file(line, oss_vocab_size(w->model->vocab));
        w->rows += w->file[w->files++].rows;
    }
    (void)fclose(list);
    if (w->files == 0) {
        fail(path, "names no files");
    }
}

/* ---- The search ---- */

static double processor_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static char *search_file(const worker *w, oss_beam *beam, const logits *file, int64_t *in_rows) {
    oss_hypothesis *best = NULL;
    int32_t count = 0;
    char *text = NULL;
    oss_beam_begin(beam);
    int64_t before = taken_blocks;
    check(oss_beam_add(beam, file->value, file->rows));
    *in_rows += taken_blocks - before;
    check(oss_beam_best(beam, true, 1, &best, &count));
    check(oss_symbol_text(&text, w->model->vocab, w->model->config.text_case, best->id, best->ids));
    oss_hypotheses_free(best, count);
    return text;
}

/* As `ossicle transcribe` searches for the best text alone. */
static oss_beam_options make_options(const worker *w, int32_t width) {
    oss_decoding_options options = oss_decoding_options_init();
    const oss_ngram_tuning untuned = {0};
    options.beam_width = width;
    options.lm_weight = w->lm_weight;
    options.word_bonus = w->word_bonus;
    options.zeros = OSS_DECODING_LM_WEIGHT | OSS_DECODING_WORD_BONUS;
    oss_decoding_fill_in(&options, &untuned);
    return oss_decoding_beam_options(&options);
}

static void search_all(const worker *w, int32_t width) {
    const oss_beam_options options = make_options(w, width);
    const oss_beam_models models = {.vocab = w->model->vocab, .lexicon = w->lexicon, .words = w->words};
    oss_beam *beam = NULL;
    char **text = oss_alloc((size_t)w->files, sizeof *text);
    if (text == NULL) {
        fail("texts", "out of memory");
    }
    int64_t taken = 0;
    held_bytes = most_bytes = 0;
    check(oss_beam_create(&beam, &models, &options));
    oss_free(search_file(w, beam, &w->file[0], &taken)); /* as rivals warm up */
    double began = processor_seconds();
    for (int32_t i = 0; i < w->files; i++) {
        text[i] = search_file(w, beam, &w->file[i], &taken);
    }
    double seconds = processor_seconds() - began;
    size_t state_bytes = most_bytes;
    taken = 0;
    for (int32_t i = 0; i < w->files; i++) {
        oss_free(search_file(w, beam, &w->file[i], &taken));
    }
    (void)printf("%.9f %lld %zu %lld\n", seconds, (long long)w->rows, state_bytes, (long long)taken);
    for (int32_t i = 0; i < w->files; i++) {
        (void)printf("%s\n", text[i]);
        oss_free(text[i]);
    }
    (void)fflush(stdout);
    oss_beam_free(beam);
    oss_free(text);
}

int main(int argc, char **argv) {
    worker w = {0};
    if (argc != 6) {
        (void)fprintf(stderr, "usage: search_worker MODEL LM LM_WEIGHT WORD_BONUS LIST\n");
        return 2;
    }
    w.lm_weight = atof(argv[3]);
    w.word_bonus = atof(argv[4]);
    check(oss_model_load(&w.model, argv[1]));
    check(oss_ngram_load(&w.words, argv[2]));
    check(oss_lexicon_create(&w.lexicon, w.words, w.model->vocab, argv[2]));
    read_list(&w, argv[5]);
    plain = oss_heap;
    oss_heap = (oss_sys_heap){.alloc = count_alloc, .resize = count_resize, .release = count_release};
    (void)printf("ready\n");
    (void)fflush(stdout);
    char line[MAX_LINE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        search_all(&w, (int32_t)strtol(line, NULL, 10));
    }
    oss_heap = plain;
    for (int32_t i = 0; i < w.files; i++) {
        oss_free(w.file[i].value);
    }
    oss_free(w.file);
    oss_lexicon_free(w.lexicon);
    oss_ngram_free(w.words);
    oss_model_free(w.model);
    return 0;
}
