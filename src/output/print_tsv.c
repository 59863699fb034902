/* Tab-separated values as Whisper's users know them: start, end and text of a segment, times in milliseconds; two columns
 * more. */
#include "base/tsv.h"

#include "output/printers.h"

oss_status oss_print_tsv(oss_strbuf *out, const oss_printing *printing) {
    const oss_format_options *options = printing->options;
    oss_strbuf_append(out, options->continued != 0 ? "" : "start\tend\ttext\tconfidence\tfile\n");
    for (int32_t i = 0; i < printing->timeline->transcript->segments; i++) {
        oss_timeline_segment segment = oss_timeline_get_segment(printing->timeline, i);
        oss_strbuf text = {0};
        if (oss_timeline_append_segment(&text, printing->timeline, &segment) > 0 && oss_strbuf_ok(&text)) {
            oss_strbuf_printf(out, "%lld\t%lld\t", (long long)segment.start_ms, (long long)segment.end_ms);
            oss_tsv_append(out, text.data);
            oss_strbuf_printf(out, "\t%.4f\t", (double)segment.shown->confidence);
            oss_tsv_append(out, options->name == NULL ? "" : options->name);
            oss_strbuf_append(out, "\n");
        }
        out->failed = out->failed || text.failed;
        oss_strbuf_deinit(&text);
    }
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}
