/* The lines of a cue: as few as hold it, as even as can be, broken at pauses rather. */
#include "output/cue_lines.h"

#include <float.h>
#include <math.h>

#include "base/mem.h"

static const double worth_of_pause = 0.05; /* at most, of a full line's square */
static const double cost_of_split = 0.2;   /* a line that breaks off inside a word */
static const double full_pause_ms = 300.0;

typedef struct line_maker {
    oss_cue_atom *atom; /* [atoms] of the cue */
    int32_t atoms, line_length;
    double *cost;   /* [lines + 1][atoms + 1]: of the first i atoms in so many lines */
    int32_t *first; /* the same: first atom of the last line */
} line_maker;

/* Columns of atoms [from, to) in one line. */
static int32_t added_columns(const line_maker *m, int32_t from, int32_t at) {
    return m->atom[at].columns + (at > from && !m->atom[at].joined ? 1 : 0);
}

static int32_t count_lines(const line_maker *m) {
    int32_t lines = 1, columns = 0, from = 0;
    for (int32_t i = 0; i < m->atoms; i++) {
        int32_t added = added_columns(m, from, i);
        if (columns + added > m->line_length && i > from) {
            lines++;
            from = i;
            columns = 0;
            added = m->atom[i].columns;
        }
        columns += added;
    }
    return lines;
}

/* Of a line of so many columns that ends before atom `end`. */
static double cost_line(const line_maker *m, int32_t columns, int32_t end) {
    double filled = (double)columns / m->line_length;
    if (end == m->atoms) {
        return filled * filled;
    }
    const oss_cue_atom *next = &m->atom[end];
    double pause = fmin(1.0, (double)(next->start_ms - next[-1].end_ms) / full_pause_ms);
    pause = oss_cue_atom_stop(&next[-1]) > 0 ? 1.0 : pause;
    return filled * filled - worth_of_pause * pause + (next->joined ? cost_of_split : 0.0);
}

/* Row `line` of the tables from the one before. */
static void fill_row(const line_maker *m, int32_t line) {
    const double *before = m->cost + (int64_t)(line - 1) * (m->atoms + 1);
    double *cost = m->cost + (int64_t)line * (m->atoms + 1);
    int32_t *first = m->first + (int64_t)line * (m->atoms + 1);
    for (int32_t end = 0; end <= m->atoms; end++) {
        cost[end] = DBL_MAX;
    }
    for (int32_t from = 0; from < m->atoms; from++) {
        int32_t columns = 0;
        for (int32_t end = from + 1; end <= m->atoms && before[from] < DBL_MAX; end++) {
            columns += added_columns(m, from, end - 1);
            if (columns > m->line_length && end > from + 1) {
                break;
            }
            double sum = before[from] + cost_line(m, columns, end);
            if (sum < cost[end]) {
                cost[end] = sum;
                first[end] = from;
            }
        }
    }
}

static void break_cue(line_maker *m, int32_t lines) {
    for (int32_t i = 0; i <= m->atoms; i++) {
        m->cost[i] = i == 0 ? 0.0 : DBL_MAX;
    }
    for (int32_t line = 1; line <= lines; line++) {
        fill_row(m, line);
    }
    int32_t end = m->atoms;
    for (int32_t line = lines; line > 0; line--) {
        end = m->first[(int64_t)line * (m->atoms + 1) + end];
        m->atom[end].begins_line = true;
    }
}

oss_status oss_cue_lines_lay_out(oss_cue_atom *atom, int32_t atoms, int32_t line_length) {
    line_maker m = {.atom = atom, .atoms = atoms, .line_length = line_length};
    int32_t lines = count_lines(&m);
    if (lines == 1) {
        atom[0].begins_line = true;
        return OSS_OK;
    }
    size_t cells = ((size_t)lines + 1) * ((size_t)atoms + 1);
    m.cost = oss_alloc(cells, sizeof *m.cost);
    m.first = oss_alloc(cells, sizeof *m.first);
    bool made = m.cost != NULL && m.first != NULL;
    if (made) {
        break_cue(&m, lines);
    }
    oss_free(m.cost);
    oss_free(m.first);
    return made ? OSS_OK : OSS_ENOMEM;
}
