#include "cli/align_input.h"

#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/source.h"
#include "cli/cli_files.h"

enum { MOST_BYTES = 1 << 28 };

static bool is_stdin(const char *name) {
    return name != NULL && strcmp(name, "-") == 0;
}

oss_status oss_align_input_check(const oss_cli_args *args) {
    int32_t texts =
        oss_cli_has(args, "--text") + oss_cli_has(args, "--text-file") + oss_cli_has(args, "--srt");
    bool csv = oss_cli_has(args, "--csv"), audio = oss_cli_operands(args) > 0;
    if (csv && (texts > 0 || audio)) {
        return oss_fail(OSS_EUSAGE, "--csv names recordings and texts: give no AUDIO and no other text");
    }
    if (!csv && (texts > 1 || !audio)) {
        return oss_fail(OSS_EUSAGE,
                        "give AUDIO and one of --text, --text-file and --srt, or --csv DATA for many");
    }
    if (!csv && texts == 0) {
        return oss_fail(
            OSS_EUSAGE,
            "say what was said in %s: --text TEXT, --text-file FILE or --srt FILE.srt (without a text, "
            "`ossicle transcribe` has times too)",
            oss_cli_operand(args, 0));
    }
    if (audio && is_stdin(oss_cli_operand(args, 0)) && is_stdin(oss_cli_value(args, "--text-file"))) {
        return oss_fail(OSS_EUSAGE,
                        "AUDIO and --text-file are both standard input: name a file for one of them");
    }
    return OSS_OK;
}

/* A pipe too: texts are made by programs. */
static oss_status load(const char *file, char **out_text, size_t *out_bytes) {
    oss_source source = {.fd = -1};
    const char *bytes = NULL;
    oss_status status = oss_source_open_any(&source, oss_cli_recording(file), MOST_BYTES);
    if (status == OSS_OK) {
        status = oss_source_load(&source, file, MOST_BYTES, &bytes, out_bytes);
    }
    if (status == OSS_OK) {
        size_t mark = *out_bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        *out_bytes -= mark;
        *out_text = oss_strndup(*out_bytes > 0 ? bytes + mark : "", *out_bytes);
        status = *out_text == NULL ? OSS_ENOMEM : OSS_OK;
    }
    oss_source_close(&source);
    return oss_cli_name_recording(file, status);
}

static oss_status read_file(const char *file, char **out_text) {
    size_t bytes = 0;
    char *text = NULL;
    oss_status status = load(file, &text, &bytes);
    if (status == OSS_OK && strlen(text) != bytes) {
        status = oss_fail(OSS_EINPUT, "%s: has a NUL byte: give a text in UTF-8", file);
    } else if (status == OSS_OK && oss_align_cues_has_times(text)) {
        status = oss_fail(OSS_EINPUT, "%s: has times of subtitles in it: give subtitles with --srt", file);
    }
    if (status != OSS_OK) {
        oss_free(text);
        return status;
    }
    *out_text = text;
    return OSS_OK;
}

oss_status oss_align_input_read(const oss_cli_args *args, char **out_text, oss_align_cues *cues) {
    const char *file = oss_cli_value(args, "--text-file"), *srt = oss_cli_value(args, "--srt");
    if (file != NULL) {
        return read_file(file, out_text);
    }
    oss_status status = OSS_OK;
    if (srt != NULL) {
        status = oss_align_cues_read(cues, srt);
        *out_text = status == OSS_OK ? oss_align_cues_text(cues) : NULL;
    } else if (oss_cli_has(args, "--text")) {
        *out_text = oss_strdup(oss_cli_value(args, "--text"));
    } else {
        return OSS_OK;
    }
    return status == OSS_OK && *out_text == NULL ? OSS_ENOMEM : status;
}
