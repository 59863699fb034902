/* One function a form. All append to `out` and give OSS_ENOMEM when memory is short; `options` are complete: what was 0 is
 * the default (src/output/format.c). */
#ifndef OSS_OUTPUT_PRINTERS_H
#define OSS_OUTPUT_PRINTERS_H

#include "base/strbuf.h"
#include "ossicle/format.h"
#include "output/timeline.h"

typedef struct oss_printing {
    const oss_timeline *timeline;
    const oss_format_options *options;
} oss_printing;

oss_status oss_print_txt(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_json(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_jsonl(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_srt(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_vtt(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_lrc(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_ctm(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_stm(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_trn(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_textgrid(oss_strbuf *out, const oss_printing *printing);
oss_status oss_print_tsv(oss_strbuf *out, const oss_printing *printing);

#endif
