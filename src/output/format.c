#include "ossicle/format.h"

#include "base/fail.h"
#include "base/utf8.h"
#include "output/format_options.h"
#include "output/printers.h"

typedef struct format_entry {
    const char *name, *extension;
    int32_t holds_many;
    oss_status (*print)(oss_strbuf *out, const oss_printing *printing);
} format_entry;

static const format_entry entries[OSS_FORMATS] = {
    [OSS_FORMAT_TXT] = {"txt", "txt", 0, oss_print_txt},
    [OSS_FORMAT_JSON] = {"json", "json", 0, oss_print_json},
    [OSS_FORMAT_JSONL] = {"jsonl", "jsonl", 1, oss_print_jsonl},
    [OSS_FORMAT_SRT] = {"srt", "srt", 0, oss_print_srt},
    [OSS_FORMAT_VTT] = {"vtt", "vtt", 0, oss_print_vtt},
    [OSS_FORMAT_CTM] = {"ctm", "ctm", 1, oss_print_ctm},
    [OSS_FORMAT_STM] = {"stm", "stm", 1, oss_print_stm},
    [OSS_FORMAT_TRN] = {"trn", "trn", 1, oss_print_trn},
    [OSS_FORMAT_TEXTGRID] = {"textgrid", "TextGrid", 0, oss_print_textgrid},
    [OSS_FORMAT_TSV] = {"tsv", "tsv", 1, oss_print_tsv},
    [OSS_FORMAT_LRC] = {"lrc", "lrc", 0, oss_print_lrc},
};

static const format_entry *find_entry(oss_transcript_format format) {
    return (unsigned)format < OSS_FORMATS ? &entries[format] : NULL;
}

/* ---- Names ---- */

static oss_status fail_name(const char *name) {
    oss_strbuf list = {0};
    for (int i = 0; i < OSS_FORMATS; i++) {
        oss_strbuf_append(&list, i == 0 ? "" : i + 1 < OSS_FORMATS ? ", " : " or ");
        oss_strbuf_append(&list, entries[i].name);
    }
    oss_status status = oss_strbuf_ok(&list)
                            ? oss_fail(OSS_EUSAGE, "no format is called \"%s\": give %s", name, list.data)
                            : OSS_ENOMEM;
    oss_strbuf_deinit(&list);
    return status;
}

oss_status oss_format_from_name(const char *name, oss_transcript_format *out_format) {
    for (int i = 0; i < OSS_FORMATS; i++) {
        if (oss_same_letters(name, entries[i].name)) {
            *out_format = (oss_transcript_format)i;
            return OSS_OK;
        }
    }
    return fail_name(name);
}

const char *oss_format_name(oss_transcript_format format) {
    const format_entry *entry = find_entry(format);
    return entry != NULL ? entry->name : NULL;
}

const char *oss_format_extension(oss_transcript_format format) {
    const format_entry *entry = find_entry(format);
    return entry != NULL ? entry->extension : NULL;
}

int32_t oss_format_holds_many(oss_transcript_format format) {
    const format_entry *entry = find_entry(format);
    return entry != NULL ? entry->holds_many : 0;
}

/* ---- Printing ---- */

oss_status oss_print_txt(oss_strbuf *out, const oss_printing *printing) {
    oss_strbuf_append(out, printing->timeline->transcript->text);
    oss_strbuf_append(out, "\n");
    return oss_strbuf_ok(out) ? OSS_OK : OSS_ENOMEM;
}

static oss_status print_entry(const format_entry *entry, const oss_transcript *transcript,
                              const oss_format_options *options, char **out_text) {
    oss_strbuf text = {0};
    oss_timeline timeline = {0};
    oss_status status = oss_timeline_init(&timeline, transcript);
    if (status == OSS_OK) {
        status = entry->print(&text, &(oss_printing){.timeline = &timeline, .options = options});
    }
    oss_timeline_deinit(&timeline);
    char *printed = status == OSS_OK ? oss_strbuf_take(&text) : NULL;
    oss_strbuf_deinit(&text);
    if (printed == NULL) {
        return status == OSS_OK ? OSS_ENOMEM : status;
    }
    *out_text = printed;
    return OSS_OK;
}

oss_status oss_transcript_print(const oss_transcript *transcript, oss_transcript_format format,
                                const oss_format_options *options, char **out_text) {
    const format_entry *entry = find_entry(format);
    if (entry == NULL) {
        return oss_fail(OSS_EUSAGE, "%d is no format: give one of oss_transcript_format", (int)format);
    }
    oss_format_options complete;
    oss_status status = oss_format_complete(&complete, options);
    return status == OSS_OK ? print_entry(entry, transcript, &complete, out_text) : status;
}
