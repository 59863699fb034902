/* Alignment of one row of words with another (Wagner & Fischer 1974). Which step the best way to each pair of words ends
 * with is needed from the end, but kept for a block of rows at a time: the costs in front of every block are kept, and the
 * block is computed again when the way back comes to it. */
#include <math.h>

#include "base/fail.h"
#include "base/mem.h"
#include "score/path_internal.h"

enum { ONE_BLOCK_CELLS = 1 << 22 };
#define MOST_CELLS (INT64_C(1) << 34)

typedef enum path_step { STEP_PAIR, STEP_DELETION, STEP_INSERTION } path_step;

/* Rows are words of the reference, columns of the hypothesis. */
typedef struct text_matrix {
    const oss_net_arc *reference, *hypothesis; /* [rows], [columns] */
    int32_t rows, columns;
    const oss_word_costs *costs;
    int32_t block_rows;
    int32_t *kept; /* [blocks, columns + 1]: the row in front of each block */
    int32_t *row;  /* [columns + 1] */
    uint8_t *step; /* [block_rows, columns] */
} text_matrix;

/* row[columns + 1]: costs of the first i words of the reference, made those of i + 1; step NULL: not wanted. */
static void next_row(const text_matrix *m, int32_t i, int32_t *row, uint8_t *step) {
    const int32_t insertion = m->costs->insertion, deletion = m->costs->deletion;
    const bool deletes_first = m->costs->deletes_first;
    const uint32_t word = m->reference[i].word;
    int32_t diagonal = row[0], left = diagonal + deletion;
    row[0] = left;
    for (int32_t j = 0; j < m->columns; j++) {
        int32_t pair = diagonal + (m->hypothesis[j].word == word ? 0 : m->costs->substitution);
        int32_t deleted = row[j + 1] + deletion, inserted = left + insertion;
        bool is_deletion = deletes_first ? deleted <= inserted : deleted < inserted;
        int32_t gap = is_deletion ? deleted : inserted;
        bool is_pair = pair <= gap;
        diagonal = row[j + 1];
        left = is_pair ? pair : gap;
        row[j + 1] = left;
        if (step != NULL) {
            step[j] = (uint8_t)(is_pair ? STEP_PAIR : is_deletion ? STEP_DELETION : STEP_INSERTION);
        }
    }
}

static int32_t *kept_row(const text_matrix *m, int32_t block) {
    return m->kept + (int64_t)block * (m->columns + 1);
}

static void copy_row(const text_matrix *m, int32_t *to, const int32_t *from) {
    for (int32_t j = 0; j <= m->columns; j++) {
        to[j] = from[j];
    }
}

/* Fills `kept`: all rows up to the last block's. */
static void go_forward(text_matrix *m) {
    for (int32_t j = 0; j <= m->columns; j++) {
        m->row[j] = j * m->costs->insertion;
    }
    int32_t last = m->rows == 0 ? 0 : (m->rows - 1) / m->block_rows * m->block_rows;
    for (int32_t i = 0; i < last; i++) {
        if (i % m->block_rows == 0) {
            copy_row(m, kept_row(m, i / m->block_rows), m->row);
        }
        next_row(m, i, m->row, NULL);
    }
    copy_row(m, kept_row(m, last / m->block_rows), m->row);
}

static void fill_block(text_matrix *m, int32_t block) {
    int32_t first = block * m->block_rows;
    copy_row(m, m->row, kept_row(m, block));
    for (int32_t i = first; i < m->rows && i < first + m->block_rows; i++) {
        next_row(m, i, m->row, m->step + (int64_t)(i - first) * m->columns);
    }
}

/* Words are the arcs from 1 on. */
static void go_back(oss_word_path *path, text_matrix *m) {
    int32_t i = m->rows, j = m->columns, block = -1;
    while (i > 0 && j > 0) {
        if ((i - 1) / m->block_rows != block) {
            block = (i - 1) / m->block_rows;
            fill_block(m, block);
        }
        uint8_t step = m->step[(int64_t)(i - 1 - block * m->block_rows) * m->columns + j - 1];
        if (step == STEP_PAIR) {
            bool same = m->reference[i - 1].word == m->hypothesis[j - 1].word;
            oss_path_put(path, same ? OSS_WORD_CORRECT : OSS_WORD_SUBSTITUTED, i, j);
        } else if (step == STEP_DELETION) {
            oss_path_put(path, OSS_WORD_DELETED, i, -1);
        } else {
            oss_path_put(path, OSS_WORD_INSERTED, -1, j);
        }
        i -= step != STEP_INSERTION;
        j -= step != STEP_DELETION;
    }
    for (; i > 0; i--) {
        oss_path_put(path, OSS_WORD_DELETED, i, -1);
    }
    for (; j > 0; j--) {
        oss_path_put(path, OSS_WORD_INSERTED, -1, j);
    }
}

oss_status oss_path_of_texts(oss_word_path *path, const oss_word_net *reference,
                             const oss_word_net *hypothesis, const oss_word_costs *costs) {
    text_matrix m = {.reference = reference->arc + 1,
                     .hypothesis = hypothesis->arc + 1,
                     .rows = reference->arcs - 1,
                     .columns = hypothesis->arcs - 1,
                     .costs = costs};
    int64_t cells = (int64_t)m.rows * m.columns;
    if (cells > MOST_CELLS) {
        return oss_fail(OSS_EINPUT,
                        "%d words are too many to be aligned with %d: cut the recording into utterances",
                        (int)m.rows, (int)m.columns);
    }
    /* A block of twice the root of the rows takes as many bytes as the kept rows of 4 do. */
    m.block_rows = cells <= ONE_BLOCK_CELLS ? m.rows : (int32_t)(2.0 * sqrt((double)m.rows));
    m.block_rows = m.block_rows < 1 ? 1 : m.block_rows;
    size_t columns = (size_t)m.columns + 1;
    m.kept = oss_alloc((size_t)(m.rows / m.block_rows + 1) * columns, sizeof *m.kept);
    m.row = oss_alloc(columns, sizeof *m.row);
    m.step = oss_alloc((size_t)m.block_rows * columns, sizeof *m.step);
    oss_status status = m.kept == NULL || m.row == NULL || m.step == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        status = oss_path_begin(path, reference, hypothesis);
    }
    if (status == OSS_OK) {
        go_forward(&m);
        go_back(path, &m);
    }
    oss_free(m.kept);
    oss_free(m.row);
    oss_free(m.step);
    return status;
}
