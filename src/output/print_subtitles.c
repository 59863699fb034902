/* SubRip (srt), WebVTT (https://www.w3.org/TR/webvtt1/) and song lyrics (lrc). */
#include "output/cues.h"
#include "output/printers.h"
#include "output/swap.h"

/* Players take braces for a style and \N for a line break, ffmpeg in WebVTT and lyrics too. SubRip has no escapes: angle
 * brackets would be a style there as well, and the arrow a line of times. In lyrics what stands in square brackets at the
 * beginning of a line is a time or a tag, and in angle brackets the time of a word. */
static const oss_swap srt_swaps[] = {{"{", "("}, {"}", ")"}, {"\\", "/"}, {"-->", "→"},
                                     {"<", "‹"}, {">", "›"}, {0}};
static const oss_swap vtt_swaps[] = {{"{", "("},    {"}", ")"},    {"\\", "/"}, {"&", "&amp;"},
                                     {"<", "&lt;"}, {">", "&gt;"}, {0}};
static const oss_swap lrc_swaps[] = {{"{", "("}, {"}", ")"}, {"\\", "/"}, {"[", "("},
                                     {"]", ")"}, {"<", "‹"}, {">", "›"},  {0}};

static void append_clock(oss_strbuf *out, int64_t ms, char point) {
    oss_strbuf_printf(out, "%02lld:%02lld:%02lld%c%03lld", (long long)(ms / 3600000),
                      (long long)(ms / 60000 % 60), (long long)(ms / 1000 % 60), point,
                      (long long)(ms % 1000));
}

/* The lines of a cue, a line feed behind each. */
static void append_lines(oss_strbuf *out, const oss_cues *cues, const oss_cue *cue, const oss_swap *swaps) {
    oss_strbuf line = {0}; /* whole: what is swapped may go over from one atom to the next */
    for (int32_t i = cue->first; i < cue->first + cue->atoms; i++) {
        const oss_cue_atom *atom = &cues->atoms.atom[i];
        if (atom->begins_line) {
            oss_strbuf_clear(&line);
        }
        oss_strbuf_append(&line, atom->begins_line || atom->joined ? "" : " ");
        oss_strbuf_append_bytes(&line, atom->text, (size_t)atom->bytes);
        bool ends = i + 1 == cue->first + cue->atoms || atom[1].begins_line;
        if (ends && oss_strbuf_ok(&line)) {
            oss_append_swapped(out, line.data, line.length, swaps);
            oss_strbuf_append(out, "\n");
        }
    }
    out->failed = out->failed || line.failed;
    oss_strbuf_deinit(&line);
}

typedef struct subtitle_style {
    const char *head;
    char point;
    const oss_swap *swaps;
} subtitle_style;

/* A cue is a number, a line of times and its lines. WebVTT needs no number, but some readers take the last line of the cue
 * before for one where there is none. */
static oss_status print_cues(oss_strbuf *out, const oss_printing *printing, const subtitle_style *style) {
    oss_cues cues = {0};
    oss_status status = oss_cues_init(&cues, printing->timeline, printing->options, printing->options->lines);
    oss_strbuf_append(out, style->head);
    for (int32_t i = 0; i < cues.cues && status == OSS_OK; i++) {
        oss_strbuf_printf(out, "%s%d\n", i > 0 ? "\n" : "", i + 1);
        append_clock(out, cues.cue[i].start_ms, style->point);
        oss_strbuf_append(out, " --> ");
        append_clock(out, cues.cue[i].end_ms, style->point);
        oss_strbuf_append(out, "\n");
        append_lines(out, &cues, &cues.cue[i], style->swaps);
    }
    oss_cues_deinit(&cues);
    return status == OSS_OK && !oss_strbuf_ok(out) ? OSS_ENOMEM : status;
}

oss_status oss_print_srt(oss_strbuf *out, const oss_printing *printing) {
    return print_cues(out, printing, &(subtitle_style){.head = "", .point = ',', .swaps = srt_swaps});
}

oss_status oss_print_vtt(oss_strbuf *out, const oss_printing *printing) {
    return print_cues(out, printing,
                      &(subtitle_style){.head = "WEBVTT\n\n", .point = '.', .swaps = vtt_swaps});
}

/* A line is shown until the next one, so no two have the same hundredth of a second. */
oss_status oss_print_lrc(oss_strbuf *out, const oss_printing *printing) {
    oss_cues cues = {0};
    oss_status status = oss_cues_init(&cues, printing->timeline, printing->options, 1);
    int64_t before = -1;
    for (int32_t i = 0; i < cues.cues && status == OSS_OK; i++) {
        int64_t hundredths = cues.cue[i].start_ms / 10;
        hundredths = hundredths > before ? hundredths : before + 1;
        oss_strbuf_printf(out, "[%02lld:%02lld.%02lld]", (long long)(hundredths / 6000),
                          (long long)(hundredths / 100 % 60), (long long)(hundredths % 100));
        append_lines(out, &cues, &cues.cue[i], lrc_swaps);
        before = hundredths;
    }
    oss_cues_deinit(&cues);
    return status == OSS_OK && !oss_strbuf_ok(out) ? OSS_ENOMEM : status;
}
