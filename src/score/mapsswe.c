#include <math.h>

#include "base/mem.h"
#include "score/significance.h"

enum { GOOD_WORDS = 2 };

/* Errors of both systems at each unit of the reference, and in front of it: [units + 1], the last ones are behind the end. */
typedef struct unit_errors {
    int32_t at[2], before[2];
} unit_errors;

/* Sums of differences between the two systems. */
typedef struct segment_sums {
    int64_t segments, sum, squares;
} segment_sums;

static void note_errors(unit_errors *unit, int32_t units, const oss_scored_utterance *utterance,
                        int32_t system) {
    const oss_word_path *path = &utterance->text[system].path;
    int32_t next = 0; /* the first unit that was not reached yet */
    for (int32_t i = 0; i < path->edits; i++) {
        const oss_word_edit *edit = &path->edit[i];
        if (edit->reference >= 0) {
            int32_t here = utterance->net.arc[edit->reference].unit;
            unit[here].at[system] += edit->kind != OSS_WORD_CORRECT;
            next = here + 1;
        } else if (edit->kind != OSS_WORD_CORRECT) {
            /* Between words of one alternation an insertion is an error of it. */
            bool inside = next > 0 && i + 1 < path->edits && path->edit[i + 1].reference >= 0 &&
                          utterance->net.arc[path->edit[i + 1].reference].unit == next - 1;
            if (inside) {
                unit[next - 1].at[system]++;
            } else {
                unit[next < units ? next : units].before[system]++;
            }
        }
    }
}

static void end_segment(segment_sums *sums, int64_t errors[2]) {
    int64_t difference = errors[0] - errors[1];
    if (errors[0] + errors[1] > 0) {
        sums->segments++;
        sums->sum += difference;
        sums->squares += difference * difference;
    }
    errors[0] = errors[1] = 0;
}

static void count_segments(segment_sums *sums, const unit_errors *unit, int32_t units) {
    int64_t errors[2] = {0, 0};
    int32_t good = 0; /* right words in a row */
    for (int32_t i = 0; i <= units; i++) {
        for (int32_t k = 0; k < 2; k++) {
            good = unit[i].before[k] > 0 ? 0 : good;
            errors[k] += unit[i].before[k];
        }
        good = unit[i].at[0] + unit[i].at[1] == 0 ? good + 1 : 0;
        errors[0] += unit[i].at[0];
        errors[1] += unit[i].at[1];
        if (good >= GOOD_WORDS || i == units) {
            end_segment(sums, errors);
        }
    }
}

static oss_status add_utterance(segment_sums *sums, const oss_scored_utterance *utterance) {
    int32_t units = utterance->net.units;
    unit_errors *unit = oss_alloc_zero((size_t)units + 1, sizeof *unit);
    if (unit == NULL) {
        return OSS_ENOMEM;
    }
    note_errors(unit, units, utterance, 0);
    note_errors(unit, units, utterance, 1);
    count_segments(sums, unit, units);
    oss_free(unit);
    return OSS_OK;
}

oss_status oss_mapsswe_run(oss_mapsswe *out, const oss_scoreboard *board) {
    segment_sums sums = {0};
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < board->utterances && status == OSS_OK; i++) {
        status = add_utterance(&sums, &board->utterance[i]);
    }
    if (status != OSS_OK) {
        return status;
    }
    double n = (double)sums.segments, mean = sums.segments == 0 ? 0.0 : (double)sums.sum / n;
    double spread = (double)sums.squares - (double)sums.sum * mean;
    double deviation = sums.segments > 1 && spread > 0.0 ? sqrt(spread / (n - 1.0)) : 0.0;
    double z = deviation > 0.0 ? mean / (deviation / sqrt(n)) : sums.sum == 0 ? 0.0 : NAN;
    *out = (oss_mapsswe){.segments = sums.segments,
                         .mean = mean,
                         .deviation = deviation,
                         .z = z,
                         .p = isnan(z) ? NAN : erfc(fabs(z) / sqrt(2.0))};
    return OSS_OK;
}
