/* What all readers of transcripts need: lines, fields, utterances. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/number.h"
#include "score/transcripts_internal.h"
#include "text/unicode.h"

enum { FIRST_ITEMS = 64, MOST_ITEMS = 1 << 28 };

/* ---- Lines ---- */

oss_status oss_text_lines_next(oss_text_lines *lines, char **out) {
    *out = NULL;
    if (lines->at == lines->end) {
        return OSS_OK;
    }
    char *line = lines->at;
    size_t left = (size_t)(lines->end - line);
    char *feed = memchr(line, '\n', left);
    size_t bytes = feed == NULL ? left : (size_t)(feed - line);
    lines->at = feed == NULL ? lines->end : feed + 1;
    lines->number++;
    bytes -= bytes > 0 && line[bytes - 1] == '\r';
    line[bytes] = '\0';
    if (strlen(line) < bytes) {
        return oss_fail(OSS_EINPUT,
                        "%s:%lld: a NUL byte: this is not UTF-8 text (is it UTF-16? iconv converts it)",
                        lines->name, (long long)lines->number);
    }
    int64_t invalid = oss_text_invalid_offset(line, bytes);
    if (invalid >= 0) {
        return oss_fail(OSS_EINPUT, "%s:%lld: byte %lld of the line is not UTF-8: convert the file (iconv)",
                        lines->name, (long long)lines->number, (long long)invalid + 1);
    }
    *out = line;
    return OSS_OK;
}

char *oss_next_field(char **cursor) {
    char *field = *cursor + strspn(*cursor, " \t");
    char *end = field + strcspn(field, " \t");
    *cursor = *end == '\0' ? end : end + 1;
    *end = '\0';
    return *field == '\0' ? NULL : field;
}

/* ---- Utterances ---- */

const char *oss_line_id(char number[OSS_LINE_ID_BYTES], int64_t line) {
    (void)oss_format(number, OSS_LINE_ID_BYTES, "%lld", (long long)line);
    return number;
}

void oss_transcript_line_deinit(oss_transcript_line *line) {
    oss_free(line->id);
    oss_free(line->speaker);
    oss_free(line->text);
    *line = (oss_transcript_line){0};
}

bool oss_transcripts_is_nist(oss_transcripts_form form) {
    return form == OSS_TRANSCRIPTS_TRN || form == OSS_TRANSCRIPTS_STM || form == OSS_TRANSCRIPTS_CTM;
}

static void fold_ascii(char *text) {
    for (; *text != '\0'; text++) {
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    }
}

static oss_status copy_text(char **out, const char *text, oss_score_case letters) {
    if (letters == OSS_SCORE_CASE_LOWER) {
        return oss_text_normalize(out, text, OSS_CASE_LOWER);
    }
    *out = oss_strdup(text);
    if (*out != NULL && letters == OSS_SCORE_CASE_ASCII) {
        fold_ascii(*out);
    }
    return *out == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status make_room(oss_transcripts *transcripts) {
    if (transcripts->count < transcripts->capacity) {
        return OSS_OK;
    }
    if (transcripts->count >= MOST_ITEMS) {
        return oss_fail(OSS_EINPUT, "%s: more than %d utterances", transcripts->name, MOST_ITEMS);
    }
    int32_t capacity = transcripts->capacity == 0 ? FIRST_ITEMS : 2 * transcripts->capacity;
    void *item = oss_resize(transcripts->item, (size_t)capacity, sizeof *transcripts->item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    transcripts->item = item;
    transcripts->capacity = capacity;
    return OSS_OK;
}

oss_status oss_transcripts_add(oss_transcripts *transcripts, const oss_transcripts_options *options,
                               const oss_transcript_parts *parts) {
    oss_transcript_line item = {
        .start = parts->start, .end = parts->end, .line = parts->line, .is_ignored = parts->is_ignored};
    oss_status status = make_room(transcripts);
    if (status == OSS_OK) {
        item.id = oss_strndup(parts->id, parts->id_bytes);
        item.speaker = parts->speaker == NULL ? NULL : oss_strdup(parts->speaker);
        status = item.id == NULL || (parts->speaker != NULL && item.speaker == NULL) ? OSS_ENOMEM : OSS_OK;
    }
    if (status == OSS_OK) {
        status = copy_text(&item.text, parts->text, options->letters);
        status = status == OSS_EINPUT
                     ? oss_fail_prefix(status, "%s:%lld", transcripts->name, (long long)parts->line)
                     : status;
    }
    if (status != OSS_OK) {
        oss_transcript_line_deinit(&item);
        return status;
    }
    if (oss_transcripts_is_nist(options->form) && options->letters != OSS_SCORE_CASE_KEEP) {
        fold_ascii(item.id);
        if (item.speaker != NULL) {
            fold_ascii(item.speaker);
        }
    }
    transcripts->item[transcripts->count++] = item;
    return OSS_OK;
}

oss_transcript_names oss_transcript_names_of(const oss_transcripts_options *options) {
    const char *reference = "ref|reference|text|transcript|transcription|sentence";
    const char *hypothesis = "hyp|hypothesis|pred_text|prediction|text|transcript|transcription|sentence";
    return (oss_transcript_names){
        .id = options->id != NULL ? options->id
                                  : "id|utt_id|utterance_id|utt|wav|audio|path|file|file_name|"
                                    "audio_filepath|wav_filename|key",
        .text = options->text != NULL   ? options->text
                : options->is_reference ? reference
                                        : hypothesis,
        .speaker = options->speaker != NULL ? options->speaker : "speaker|speaker_id|spk|client_id"};
}
