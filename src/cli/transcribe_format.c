#include "cli/transcribe_format.h"

#include "base/fail.h"

enum {
    JSON = 1 << OSS_FORMAT_JSON | 1 << OSS_FORMAT_JSONL,
    CUES = 1 << OSS_FORMAT_SRT | 1 << OSS_FORMAT_VTT,
    LEAST_COLUMNS = 8,
    MOST_COLUMNS = 1000,
    MOST_LINES = 8
};

static oss_status choose_format(const oss_cli_args *args, oss_transcript_format *out) {
    const char *name = oss_cli_has(args, "--json") ? "jsonl" : oss_cli_value(args, "--format");
    oss_status status = oss_cli_either(args, "--json", "--format", "the format");
    return status == OSS_OK && name != NULL ? oss_format_from_name(name, out) : status;
}

static oss_status check_meaning(const oss_cli_args *args, oss_transcript_format format) {
    static const struct {
        const char *option, *names;
        unsigned formats; /* bits */
    } table[] = {{"--symbols", "json or jsonl", JSON},
                 {"--line-length", "srt, vtt or lrc", CUES | 1 << OSS_FORMAT_LRC},
                 {"--lines", "srt or vtt", CUES},
                 {"--textgrid", "textgrid", 1 << OSS_FORMAT_TEXTGRID},
                 {"--ctm-level", "ctm", 1 << OSS_FORMAT_CTM},
                 {"--stm-labels", "stm", 1 << OSS_FORMAT_STM}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (oss_cli_has(args, table[i].option) && (table[i].formats >> format & 1) == 0) {
            return oss_fail(OSS_EUSAGE, "%s goes with --format %s, and here it is %s: leave it out",
                            table[i].option, table[i].names, oss_format_name(format));
        }
    }
    return OSS_OK;
}

static oss_status read_options(const oss_cli_args *args, oss_format_options *out) {
    static const char *const form[] = {"auto", "long", "short"};
    int64_t columns = 0, lines = 0;
    static const char *const level[] = {"word", "token", "segment"};
    int32_t index = 0, level_index = 0;
    oss_status status = oss_cli_integer(args, "--line-length", LEAST_COLUMNS, MOST_COLUMNS, 0, &columns);
    if (status == OSS_OK) {
        status = oss_cli_integer(args, "--lines", 1, MOST_LINES, 0, &lines);
    }
    if (status == OSS_OK) {
        status = oss_cli_choice(args, "--textgrid", form, 3, &index);
    }
    if (status == OSS_OK) {
        status = oss_cli_choice(args, "--ctm-level", level, 3, &level_index);
    }
    if (status == OSS_OK) {
        *out = (oss_format_options){.size = sizeof *out,
                                    .line_length = (int32_t)columns,
                                    .lines = (int32_t)lines,
                                    .textgrid = (oss_textgrid_form)index,
                                    .labels = oss_cli_value(args, "--stm-labels"),
                                    .ctm_level = (oss_ctm_level)level_index,
                                    .symbols = oss_cli_has(args, "--symbols")};
    }
    return status;
}

oss_status oss_transcribe_format_read(const oss_cli_args *args, oss_transcript_format usual,
                                      oss_transcript_format *out_format, oss_format_options *out_options) {
    oss_transcript_format format = usual;
    oss_status status = choose_format(args, &format);
    if (status == OSS_OK) {
        status = check_meaning(args, format);
    }
    if (status == OSS_OK) {
        status = read_options(args, out_options);
    }
    if (status == OSS_OK) {
        *out_format = format;
    }
    return status;
}
