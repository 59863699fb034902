/* Which ways to write the texts fit into the frames that the recordings give. */
#include "base/mem.h"
#include "base/strbuf.h"
#include "check/parts.h"
#include "check/report_internal.h"
#include "kernel/lengths.h"
#include "model/sizes.h"
#include "units/learn.h"

enum { BPE_LEAST = 64, BPE_MOST = 512, BPE_MAX_SUBFRAMES = 2, MOST_SETS = 8 };

const char *oss_check_units_name(const oss_check_units *units) {
    return units->kind == OSS_UNITS_BPE ? "bpe" : "char";
}

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
            report->frames[i] = oss_sizes_encoder_frames(&input->config->model, input->row[i].sound.samples);
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
        oss_status status = oss_vocab_encode(vocab, &label, &labels, NULL, input->row[i].csv.text);
        if (status != OSS_OK) {
            return status;
        }
        needed[i] = oss_len_ctc_needed(label, labels);
        oss_free(label);
    }
    return OSS_OK;
}

/* The next unit set; report->units has room for it. */
static oss_status add_units(oss_check_report *report, const oss_check_input *input, const oss_vocab *vocab) {
    oss_check_units *units = &report->units[report->unit_sets];
    *units = (oss_check_units){.kind = oss_vocab_units(vocab), .symbols = oss_vocab_size(vocab)};
    units->needed = oss_alloc((size_t)input->rows, sizeof *units->needed);
    if (units->needed == NULL) {
        return OSS_ENOMEM;
    }
    report->unit_sets++;
    return count_needed(units->needed, input, vocab);
}

/* A unit is added to those before it, so a smaller vocabulary is the beginning of a larger one. */
static oss_status add_beginning(oss_check_report *report, const oss_check_input *input,
                                const oss_vocab *vocab, int32_t size) {
    const char **symbol = oss_alloc((size_t)size, sizeof *symbol);
    if (symbol == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t id = 0; id < size; id++) {
        symbol[id] = oss_vocab_symbol(vocab, id);
    }
    oss_vocab *beginning = NULL;
    oss_status status = oss_vocab_from_units(&beginning, OSS_UNITS_BPE, symbol, size);
    if (status == OSS_OK) {
        status = add_units(report, input, beginning);
    }
    oss_vocab_free(beginning);
    oss_free(symbol);
    return status;
}

/* Sizes that the texts' characters do not fit into are no choice; the last is what these texts fill. */
static oss_status add_bpe(oss_check_report *report, const oss_check_input *input, const char *const *text,
                          int64_t texts) {
    oss_vocab *vocab = NULL;
    oss_status status = oss_vocab_learn(&vocab, text, texts, BPE_MOST);
    if (status == OSS_EINPUT) {
        return OSS_OK;
    }
    bool last = status != OSS_OK;
    for (int32_t size = BPE_LEAST; !last && status == OSS_OK; size *= 2) {
        last = size >= oss_vocab_size(vocab);
        int32_t fits = last ? oss_vocab_size(vocab) : size;
        if (fits >= oss_vocab_characters(vocab) + OSS_VOCAB_SPECIALS) {
            status = add_beginning(report, input, vocab, fits);
        }
    }
    oss_vocab_free(vocab);
    return status;
}

/* Characters first: what comes first is recommended first. */
static oss_status add_all_units(oss_check_report *report, const oss_check_input *input,
                                const oss_vocab *vocab, const char *const *text, int64_t texts) {
    bool bpe = oss_vocab_units(vocab) == OSS_UNITS_BPE;
    oss_vocab *characters = NULL;
    oss_status status = bpe ? oss_vocab_build(&characters, text, texts, 0) : OSS_OK;
    if (status == OSS_OK) {
        status = add_units(report, input, bpe ? characters : vocab);
    }
    oss_vocab_free(characters);
    if (status == OSS_OK && bpe) {
        report->own_units = report->unit_sets;
        status = add_units(report, input, vocab);
    }
    if (status == OSS_OK && input->bpe_choices) {
        status = add_bpe(report, input, text, texts);
    }
    return status;
}

/* ---- Choices ---- */

static void add_choice(oss_check_report *report, const oss_check_input *input, int32_t units,
                       int32_t subframes) {
    oss_check_choice *choice = &report->choice[report->choices++];
    *choice = (oss_check_choice){.units = units,
                                 .subframes = subframes,
                                 .frames_hz = oss_sizes_embedding_hz(&input->config->model) * subframes};
    for (int32_t i = 0; i < input->rows; i++) {
        choice->infeasible[oss_check_set_of(input, i)] += !oss_check_fits(report, choice, i);
    }
    if (input->judge_by_config && units == report->own_units &&
        subframes == input->config->model.ctc_subframes) {
        report->judge = report->choices - 1;
    }
}

static oss_status add_choices(oss_check_report *report, const oss_check_input *input) {
    int32_t most = OSS_CHECK_MAX_SUBFRAMES + 1;
    int32_t own = input->judge_by_config ? input->config->model.ctc_subframes : 0;
    report->choice = oss_alloc((size_t)(report->unit_sets * most), sizeof *report->choice);
    if (report->choice == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t units = 0; units < report->unit_sets; units++) {
        int32_t last =
            report->units[units].kind == OSS_UNITS_BPE ? BPE_MAX_SUBFRAMES : OSS_CHECK_MAX_SUBFRAMES;
        for (int32_t k = 1; k <= last; k++) {
            add_choice(report, input, units, k);
        }
        if (units == report->own_units && own > last) {
            add_choice(report, input, units, own);
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
    oss_strbuf_append(&text, "needs");
    for (int32_t i = 0; i < report->unit_sets; i++) {
        const oss_check_units *units = &report->units[i];
        oss_strbuf_printf(&text, "%s %d as %s(%d)", i == 0 ? "" : ",", units->needed[row],
                          oss_check_units_name(units), units->symbols);
    }
    oss_strbuf_append(&text, "; has");
    for (int32_t k = 1; k <= OSS_CHECK_MAX_SUBFRAMES; k++) {
        oss_strbuf_printf(&text, "%s %d at k=%d", k == 1 ? "" : ",", k * report->frames[row], k);
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
                                 const oss_vocab *vocab, const char *const *text, int64_t texts) {
    report->units = oss_alloc_zero(MOST_SETS, sizeof *report->units);
    oss_status status = report->units == NULL ? OSS_ENOMEM : count_frames(report, input);
    if (status == OSS_OK) {
        status = add_all_units(report, input, vocab, text, texts);
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
