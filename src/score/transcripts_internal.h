/* Readers of the forms, between the files transcript*.c. */
#ifndef OSS_SCORE_TRANSCRIPTS_INTERNAL_H
#define OSS_SCORE_TRANSCRIPTS_INTERNAL_H

#include "score/transcripts.h"

/* Lines of a text in memory: CR LF is a line feed. */
typedef struct oss_text_lines {
    const char *name;
    char *at, *end; /* what is left; *end may be written to */
    int64_t number; /* of the line that was given last, from 1 */
} oss_text_lines;
/* *out: the next line, NUL-terminated, to be written to; NULL: none is left. OSS_EINPUT: not UTF-8, or a NUL. */
oss_status oss_text_lines_next(oss_text_lines *lines, char **out);

/* The next word of *cursor, parted by blanks and tabs, NUL-terminated there; NULL: none is left. */
char *oss_next_field(char **cursor);

/* One utterance, copied; its text and, where the form folds them, ids are made what options->letters says. id[id_bytes]. */
typedef struct oss_transcript_parts {
    const char *id;
    size_t id_bytes;
    const char *speaker; /* NULL: not known */
    const char *text;
    double start, end;
    int64_t line;
    bool is_ignored;
} oss_transcript_parts;
oss_status oss_transcripts_add(oss_transcripts *transcripts, const oss_transcripts_options *options,
                               const oss_transcript_parts *parts);

/* The id of what has none: the number of its line; written to `number`. */
enum { OSS_LINE_ID_BYTES = 24 };
const char *oss_line_id(char number[OSS_LINE_ID_BYTES], int64_t line);

void oss_transcript_line_deinit(oss_transcript_line *line);

/* Usual names of what a file has, or those of the options. */
typedef struct oss_transcript_names {
    const char *id, *text, *speaker;
} oss_transcript_names;
oss_transcript_names oss_transcript_names_of(const oss_transcripts_options *options);

/* Each reads all of a file that is in memory, or all that a reader of base has. */
oss_status oss_transcripts_read_trn(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines);
oss_status oss_transcripts_read_stm(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines);
oss_status oss_transcripts_read_ctm(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines);
oss_status oss_transcripts_read_tsv(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines);
oss_status oss_transcripts_read_jsonl(oss_transcripts *t, const oss_transcripts_options *o,
                                      oss_text_lines *lines);
oss_status oss_transcripts_read_txt(oss_transcripts *t, const oss_transcripts_options *o,
                                    oss_text_lines *lines);
oss_status oss_transcripts_read_json(oss_transcripts *t, const oss_transcripts_options *o, const char *text,
                                     size_t bytes);
oss_status oss_transcripts_read_csv(oss_transcripts *t, const oss_transcripts_options *o, const char *path);

#endif
