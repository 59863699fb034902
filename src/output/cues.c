#include "output/cues.h"

#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "output/cue_lines.h"

/* A longer pause parts cues always: nobody wants to read on while nobody speaks. */
enum { PART_PAUSE_MS = 1500 };
/* From this pause on a cue ends as well as it can. */
enum { FULL_PAUSE_MS = 600, PART_STOP_MS = 300 };

/* What makes a division into cues worse; the least sum wins. The unit is a cue. */
static const double cost_of_bad_end = 0.6; /* a cue that ends where nobody pauses */
static const double cost_of_fast = 2.0;    /* one that nobody can read, by the share of time that it lacks */
static const double cost_of_short = 1.0;   /* one that flashes up, by the share of time that it lacks */
static const double cost_of_emptiness =
    0.4; /* of the square of the room left: even cues rather than a full one and a rest */
static const double cost_of_split = 0.5; /* one that breaks off inside a word */

typedef struct cue_maker {
    oss_cues *cues;
    const oss_format_options *options;
    int32_t lines;
    int64_t end_ms; /* of the recording */
} cue_maker;

static int32_t space_before(const oss_cue_atom *atom) {
    return atom->joined ? 0 : 1;
}

/* ---- Which words stand together ---- */

/* A cue that grows at its end. */
typedef struct open_cue {
    int32_t first, atoms;
    int32_t lines, line_columns; /* lines filled greedily, and the columns of the last one */
    int32_t columns;             /* of all, with single spaces */
} open_cue;

/* Adds the next atom; false when there is no room, or a cue should not go on there. */
static bool grow_cue(const cue_maker *m, open_cue *cue) {
    const oss_cue_atom *atom = &m->cues->atoms.atom[cue->first + cue->atoms];
    if (cue->atoms == 0) {
        *cue = (open_cue){.first = cue->first,
                          .atoms = 1,
                          .lines = 1,
                          .line_columns = atom->columns,
                          .columns = atom->columns};
        return true;
    }
    const oss_cue_atom *before = atom - 1;
    if (before->ends_segment || atom->start_ms - before->end_ms >= PART_PAUSE_MS ||
        atom->end_ms - m->cues->atoms.atom[cue->first].start_ms > m->options->maximum_duration_ms) {
        return false;
    }
    int32_t added = space_before(atom) + atom->columns;
    bool same_line = cue->line_columns + added <= m->options->line_length;
    cue->line_columns = same_line ? cue->line_columns + added : atom->columns;
    cue->lines += same_line ? 0 : 1;
    cue->columns += added;
    cue->atoms++;
    return cue->lines <= m->lines;
}

/* Milliseconds of pause that ending behind this atom is worth. */
static double pause_behind(const cue_maker *m, int32_t last) {
    const oss_cue_atom *atom = &m->cues->atoms.atom[last];
    if (last + 1 == m->cues->atoms.count || atom->ends_segment) {
        return FULL_PAUSE_MS;
    }
    int32_t stop = oss_cue_atom_stop(atom);
    double worth = stop == 2 ? FULL_PAUSE_MS : stop == 1 ? PART_STOP_MS : 0;
    return fmin(FULL_PAUSE_MS, worth + (double)(atom[1].start_ms - atom->end_ms));
}

static int64_t reading_ms(const cue_maker *m, int32_t columns) {
    return (int64_t)ceil(1000.0 * columns / m->options->characters_second);
}

/* The share that `has` lacks to `wanted`. */
static double lack(double has, double wanted) {
    return wanted > 0.0 ? fmin(1.0, fmax(0.0, (wanted - has) / wanted)) : 0.0;
}

static double cost_cue(const cue_maker *m, const open_cue *cue) {
    const oss_cue_atom *atom = m->cues->atoms.atom;
    int32_t next = cue->first + cue->atoms;
    bool is_last = next == m->cues->atoms.count;
    int64_t until = is_last ? m->end_ms : atom[next].start_ms - m->options->minimum_gap_ms;
    double room = (double)(until - atom[cue->first].start_ms);
    double emptiness = lack(cue->columns, (double)m->lines * m->options->line_length);
    return 1.0 + cost_of_bad_end * (1.0 - pause_behind(m, next - 1) / FULL_PAUSE_MS) +
           cost_of_fast * lack(room, (double)reading_ms(m, cue->columns)) +
           cost_of_short * lack(room, m->options->minimum_duration_ms) +
           cost_of_emptiness * emptiness * emptiness + (!is_last && atom[next].joined ? cost_of_split : 0.0);
}

/* The cheapest way to cut the first i atoms into cues: what it costs, and how many atoms the last cue has. */
typedef struct cut {
    double cost;
    int32_t atoms, cues;
} cut;

static void find_cuts(const cue_maker *m, cut *best) {
    int32_t count = m->cues->atoms.count;
    best[0] = (cut){0};
    for (int32_t i = 1; i <= count; i++) {
        best[i].cost = DBL_MAX;
    }
    for (int32_t first = 0; first < count; first++) {
        open_cue cue = {.first = first};
        while (first + cue.atoms < count && grow_cue(m, &cue)) {
            cut *to = &best[first + cue.atoms];
            double cost = best[first].cost + cost_cue(m, &cue);
            if (cost < to->cost) {
                *to = (cut){.cost = cost, .atoms = cue.atoms, .cues = best[first].cues + 1};
            }
        }
    }
}

static oss_status choose_cues(cue_maker *m) {
    oss_cues *cues = m->cues;
    cut *best = oss_alloc((size_t)cues->atoms.count + 1, sizeof *best);
    if (best == NULL) {
        return OSS_ENOMEM;
    }
    find_cuts(m, best);
    int32_t count = best[cues->atoms.count].cues;
    cues->cue = oss_alloc_zero((size_t)count, sizeof *cues->cue);
    if (cues->cue != NULL) {
        cues->cues = count;
        for (int32_t end = cues->atoms.count; end > 0; end -= best[end].atoms) {
            cues->cue[--count] = (oss_cue){.first = end - best[end].atoms, .atoms = best[end].atoms};
        }
    }
    oss_free(best);
    return cues->cue != NULL ? OSS_OK : OSS_ENOMEM;
}

/* ---- From when to when ---- */

static int64_t largest(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int64_t smallest(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int32_t cue_columns(const oss_cues *cues, const oss_cue *cue) {
    int32_t columns = 0;
    for (int32_t i = cue->first; i < cue->first + cue->atoms; i++) {
        columns += cues->atoms.atom[i].columns + (i > cue->first ? space_before(&cues->atoms.atom[i]) : 0);
    }
    return columns;
}

/* When the cue would end if nothing followed. */
static int64_t wanted_end(const cue_maker *m, const oss_cue *cue) {
    int64_t spoken = m->cues->atoms.atom[cue->first + cue->atoms - 1].end_ms;
    int64_t longest = cue->start_ms + m->options->maximum_duration_ms;
    int64_t read = cue->start_ms + reading_ms(m, cue_columns(m->cues, cue));
    int64_t seen = cue->start_ms + m->options->minimum_duration_ms;
    return largest(spoken, smallest(longest, largest(read, seen)));
}

static void place_cues(cue_maker *m) {
    oss_cue *cue = m->cues->cue;
    int32_t count = m->cues->cues;
    for (int32_t i = 0; i < count; i++) {
        int64_t start = m->cues->atoms.atom[cue[i].first].start_ms;
        cue[i].start_ms = i > 0 ? largest(start, cue[i - 1].start_ms + 1) : start;
    }
    for (int32_t i = 0; i < count; i++) {
        int64_t room =
            i + 1 < count ? cue[i + 1].start_ms - cue[i].start_ms : largest(m->end_ms - cue[i].start_ms, 1);
        /* The gap is cut off the cue, but never more than half of it. */
        int64_t gap = i + 1 < count ? smallest(m->options->minimum_gap_ms, room / 2) : 0;
        cue[i].end_ms =
            largest(smallest(wanted_end(m, &cue[i]), cue[i].start_ms + room - gap), cue[i].start_ms + 1);
    }
}

oss_status oss_cues_init(oss_cues *cues, const oss_timeline *timeline, const oss_format_options *options,
                         int32_t lines) {
    cue_maker m = {.cues = cues, .options = options, .lines = lines, .end_ms = timeline->end_ms};
    oss_status status = oss_cue_atoms_init(&cues->atoms, timeline, options->line_length);
    if (status == OSS_OK) {
        status = choose_cues(&m);
    }
    if (status == OSS_OK) {
        place_cues(&m);
    }
    for (int32_t i = 0; i < cues->cues && status == OSS_OK; i++) {
        status = oss_cue_lines_lay_out(cues->atoms.atom + cues->cue[i].first, cues->cue[i].atoms,
                                       options->line_length);
    }
    return status;
}

void oss_cues_deinit(oss_cues *cues) {
    oss_free(cues->atoms.atom);
    oss_free(cues->cue);
    *cues = (oss_cues){0};
}
