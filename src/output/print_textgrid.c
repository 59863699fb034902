/* Praat's TextGrid (https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html), long and short text form. */
#include <string.h>

#include "output/printers.h"
#include "output/swap.h"

static const oss_swap label_swaps[] = {{"\"", "\"\""}, {0}};

typedef struct grid {
    oss_strbuf *out;
    const oss_timeline *timeline;
    bool is_short;
} grid;

/* An interval of a tier; label NULL or "": nothing was said. */
typedef struct interval {
    int64_t start_ms, end_ms;
    const char *label;
} interval;

/* Intervals of a tier are made twice: counted, then printed. */
typedef struct tier_pass {
    const grid *to; /* NULL: count alone */
    int32_t intervals;
    int64_t end_ms; /* of the last one */
} tier_pass;

static void put_seconds(const grid *g, const char *indent, const char *name, int64_t ms) {
    if (!g->is_short) {
        oss_strbuf_printf(g->out, "%s%s = ", indent, name);
    }
    oss_strbuf_printf(g->out, "%lld", (long long)(ms / 1000));
    if (ms % 1000 != 0) {
        oss_strbuf_printf(g->out, ".%03lld", (long long)(ms % 1000));
    }
    oss_strbuf_append(g->out, g->is_short ? "\n" : " \n");
}

static void put_label(const grid *g, const char *indent, const char *name, const char *label) {
    if (!g->is_short) {
        oss_strbuf_printf(g->out, "%s%s = ", indent, name);
    }
    oss_strbuf_append(g->out, "\"");
    oss_append_swapped(g->out, label, strlen(label), label_swaps);
    oss_strbuf_append(g->out, g->is_short ? "\"\n" : "\" \n");
}

static void put_interval(tier_pass *pass, const interval *i) {
    static const char indent[] = "            ";
    pass->intervals++;
    pass->end_ms = i->end_ms;
    if (pass->to == NULL) {
        return;
    }
    if (!pass->to->is_short) {
        oss_strbuf_printf(pass->to->out, "        intervals [%d]:\n", pass->intervals);
    }
    put_seconds(pass->to, indent, "xmin", i->start_ms);
    put_seconds(pass->to, indent, "xmax", i->end_ms);
    put_label(pass->to, indent, "text", i->label);
}

/* An empty interval up to `until`, unless there is no room for one. */
static void fill_until(tier_pass *pass, int64_t until) {
    if (pass->end_ms < until) {
        put_interval(pass, &(interval){.start_ms = pass->end_ms, .end_ms = until, .label = ""});
    }
}

static void put_labelled(tier_pass *pass, const interval *i) {
    if (i->label[0] != '\0') {
        fill_until(pass, i->start_ms);
        put_interval(pass, i);
    }
}

static oss_status pass_words(tier_pass *pass, const oss_timeline *timeline) {
    for (int32_t i = 0; i < timeline->transcript->words; i++) {
        put_labelled(pass, &(interval){.start_ms = timeline->word[i].start_ms,
                                       .end_ms = timeline->word[i].end_ms,
                                       .label = oss_timeline_text(timeline, i)});
    }
    fill_until(pass, timeline->end_ms);
    return OSS_OK;
}

static oss_status pass_segments(tier_pass *pass, const oss_timeline *timeline) {
    oss_strbuf text = {0};
    for (int32_t i = 0; i < timeline->transcript->segments && oss_strbuf_ok(&text); i++) {
        oss_timeline_segment segment = oss_timeline_get_segment(timeline, i);
        oss_strbuf_clear(&text);
        oss_strbuf_append(&text, "");
        (void)oss_timeline_append_segment(&text, timeline, &segment);
        if (oss_strbuf_ok(&text)) {
            put_labelled(
                pass,
                &(interval){.start_ms = segment.start_ms, .end_ms = segment.end_ms, .label = text.data});
        }
    }
    fill_until(pass, timeline->end_ms);
    oss_status status = oss_strbuf_ok(&text) ? OSS_OK : OSS_ENOMEM;
    oss_strbuf_deinit(&text);
    return status;
}

typedef oss_status (*tier_fn)(tier_pass *pass, const oss_timeline *timeline);

static oss_status put_tier(const grid *g, int32_t number, const char *name, tier_fn run) {
    static const char indent[] = "        ";
    tier_pass counted = {0}, printed = {.to = g};
    oss_status status = run(&counted, g->timeline);
    if (status != OSS_OK) {
        return status;
    }
    if (!g->is_short) {
        oss_strbuf_printf(g->out, "    item [%d]:\n", number);
    }
    put_label(g, indent, "class", "IntervalTier");
    put_label(g, indent, "name", name);
    put_seconds(g, indent, "xmin", 0);
    put_seconds(g, indent, "xmax", g->timeline->end_ms);
    oss_strbuf_printf(g->out, g->is_short ? "%d\n" : "        intervals: size = %d \n", counted.intervals);
    return run(&printed, g->timeline);
}

/* Only segments have labels of many words. */
static oss_status find_equals(bool *out, const oss_timeline *timeline) {
    oss_strbuf text = {0};
    for (int32_t i = 0; i < timeline->transcript->segments; i++) {
        oss_timeline_segment segment = oss_timeline_get_segment(timeline, i);
        oss_strbuf_append(&text, "\"");
        (void)oss_timeline_append_segment(&text, timeline, &segment);
    }
    bool made = oss_strbuf_ok(&text);
    *out =
        made && text.data != NULL && (strstr(text.data, " = ") != NULL || strstr(text.data, "\"= ") != NULL);
    oss_strbuf_deinit(&text);
    return made ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_print_textgrid(oss_strbuf *out, const oss_printing *printing) {
    grid g = {.out = out,
              .timeline = printing->timeline,
              .is_short = printing->options->textgrid == OSS_TEXTGRID_SHORT};
    oss_status status = OSS_OK;
    if (printing->options->textgrid == OSS_TEXTGRID_AUTO) {
        status = find_equals(&g.is_short, g.timeline);
    }
    oss_strbuf_append(out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n");
    put_seconds(&g, "", "xmin", 0);
    put_seconds(&g, "", "xmax", g.timeline->end_ms);
    oss_strbuf_append(out, g.is_short ? "<exists>\n2\n" : "tiers? <exists> \nsize = 2 \nitem []: \n");
    if (status == OSS_OK) {
        status = put_tier(&g, 1, "words", pass_words);
    }
    if (status == OSS_OK) {
        status = put_tier(&g, 2, "segments", pass_segments);
    }
    return status == OSS_OK && !oss_strbuf_ok(out) ? OSS_ENOMEM : status;
}
