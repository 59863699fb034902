/* Which ways to write the texts fit into the frames that the recordings give. */
#include "base/mem.h"
#include "base/strbuf.h"
#include "check/check_internal.h"
#include "kernel/lengths.h"
#include "model/spec.h"

int32_t oss_check_given(const oss_check_report *report, const oss_check_choice *choice, int32_t row) {
    return report->frames[row] * choice->subframes;
}

bool oss_check_fits(const oss_check_report *report, const oss_check_choice *choice, int32_t row) {
    return report->units[choice->units].needed[row] <= oss_check_given(report, choice, row);
}

/* ---- Frames ---- */

static oss_status count_frames(oss_check_report *report, const oss_check_input *input) {
    report->frames = oss_alloc_zero((size_t)input->rows, sizeof *report->frames);
    if (report->frames == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < input->rows; i++) {
        if (input->row[i].usable) {
            report->frames[i] = oss_spec_encoder_frames(input->config, input->row[i].samples);
        }
    }
    return OSS_OK;
}

static oss_status count_needed(int32_t *needed, const oss_check_input *input, const oss_vocab *vocab) {
    for (int32_t i = 0; i < input->rows; i++) {
        needed[i] = -1;
        if (!input->row[i].usable) {
            continue;
        }
        int32_t *label = NULL, labels = 0;
        oss_status status = oss_vocab_encode(vocab, &label, &labels, NULL, input->row[i].text);
        if (status != OSS_OK) {
            return status;
        }
        needed[i] = oss_len_ctc_needed(label, labels);
        oss_free(label);
    }
    return OSS_OK;
}

/* The next unit set; report->units has room for it. */
static oss_status add_units(oss_check_report *report, const oss_check_input *input, const char *name,
                            const oss_vocab *vocab) {
    oss_check_units *units = &report->units[report->unit_sets];
    *units = (oss_check_units){.name = name, .symbols = oss_vocab_size(vocab)};
    units->needed = oss_alloc((size_t)input->rows, sizeof *units->needed);
    if (units->needed == NULL) {
        return OSS_ENOMEM;
    }
    report->unit_sets++;
    return count_needed(units->needed, input, vocab);
}

/* ---- Choices ---- */

static void add_choice(oss_check_report *report, const oss_check_input *input, int32_t units,
                       int32_t subframes) {
    oss_check_choice *choice = &report->choice[report->choices++];
    *choice = (oss_check_choice){.units = units,
                                 .subframes = subframes,
                                 .frames_hz = oss_spec_embedding_hz(input->config) * subframes};
    for (int32_t i = 0; i < input->rows; i++) {
        choice->infeasible[oss_check_set_of(input, i)] += !oss_check_fits(report, choice, i);
    }
    if (input->judge_by_config && units == 0 && subframes == input->config->ctc_subframes) {
        report->judge = report->choices - 1;
    }
}

static oss_status add_choices(oss_check_report *report, const oss_check_input *input) {
    int32_t most = OSS_CHECK_MAX_SUBFRAMES + 1;
    report->choice = oss_alloc((size_t)(report->unit_sets * most), sizeof *report->choice);
    if (report->choice == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t units = 0; units < report->unit_sets; units++) {
        for (int32_t k = 1; k <= OSS_CHECK_MAX_SUBFRAMES; k++) {
            add_choice(report, input, units, k);
        }
        if (units == 0 && input->judge_by_config && input->config->ctc_subframes > OSS_CHECK_MAX_SUBFRAMES) {
            add_choice(report, input, units, input->config->ctc_subframes);
        }
    }
    return OSS_OK;
}

/* The first unit set, and in it the fewest sub-frames, that lose no more train rows than is tolerated: fewer
 * frames are less work and an easier alignment. When all lose more, the one that loses the fewest. */
static void recommend(oss_check_report *report) {
    int64_t usable = report->set[OSS_CHECK_TRAIN].usable;
    if (usable == 0) {
        return;
    }
    int32_t best = 0;
    for (int32_t i = 0; i < report->choices; i++) {
        int64_t lost = report->choice[i].infeasible[OSS_CHECK_TRAIN];
        if ((double)lost <= OSS_CHECK_TOLERANCE * (double)usable) {
            best = i;
            break;
        }
        best = lost < report->choice[best].infeasible[OSS_CHECK_TRAIN] ? i : best;
    }
    report->recommended = best;
    report->judge = report->judge < 0 ? best : report->judge;
}

/* ---- Rows ---- */

static char *describe_row(const oss_check_report *report, int32_t row) {
    oss_strbuf text = {0};
    int32_t frames = report->frames[row];
    oss_strbuf_printf(&text, "%d frame%s", frames, frames == 1 ? "" : "s");
    for (int32_t i = 0; i < report->unit_sets; i++) {
        int32_t needed = report->units[i].needed[row];
        oss_strbuf_printf(&text, "; %s(%d) needs %d:", report->units[i].name, report->units[i].symbols,
                          needed);
        for (int32_t k = 1; k <= OSS_CHECK_MAX_SUBFRAMES; k++) {
            oss_strbuf_printf(&text, " %d at k=%d%s", frames * k, k, k < OSS_CHECK_MAX_SUBFRAMES ? "," : "");
        }
    }
    return oss_strbuf_take(&text);
}

static oss_status name_infeasible(oss_check_report *report, const oss_check_input *input) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < input->rows && report->judge >= 0 && status == OSS_OK; i++) {
        if (!oss_check_fits(report, &report->choice[report->judge], i)) {
            status = oss_check_add(report, OSS_CHECK_INFEASIBLE, i, -1, describe_row(report, i));
        }
    }
    return status;
}

oss_status oss_check_units_count(oss_check_report *report, const oss_check_input *input,
                                 const oss_vocab *vocab) {
    report->units = oss_alloc_zero(1, sizeof *report->units);
    oss_status status = report->units == NULL ? OSS_ENOMEM : count_frames(report, input);
    if (status == OSS_OK) {
        status = add_units(report, input, "char", vocab);
    }
    if (status == OSS_OK) {
        status = add_choices(report, input);
    }
    if (status == OSS_OK) {
        recommend(report);
        status = name_infeasible(report, input);
    }
    return status;
}
