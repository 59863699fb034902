/* Transcripts of many utterances, read from a file in one of the forms that people keep them in. */
#ifndef OSS_SCORE_TRANSCRIPTS_H
#define OSS_SCORE_TRANSCRIPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ossicle/status.h"

typedef enum oss_transcripts_form {
    OSS_TRANSCRIPTS_TRN,   /* words (id) */
    OSS_TRANSCRIPTS_STM,   /* recording channel speaker start end [<labels>] words */
    OSS_TRANSCRIPTS_CTM,   /* recording channel start duration word [confidence] */
    OSS_TRANSCRIPTS_CSV,   /* a header that names columns */
    OSS_TRANSCRIPTS_TSV,   /* the same with tabs, without quotes */
    OSS_TRANSCRIPTS_JSONL, /* an object a line */
    OSS_TRANSCRIPTS_JSON,  /* one object, or a list of them */
    OSS_TRANSCRIPTS_TXT    /* a text a line; its number is the id */
} oss_transcripts_form;
enum { OSS_TRANSCRIPTS_FORMS = 8 };
extern const char *const oss_transcripts_form_name[OSS_TRANSCRIPTS_FORMS]; /* "trn"... */

/* The form that the ending of the name stands for, .text being txt. OSS_EUSAGE: none. */
oss_status oss_transcripts_form_of(const char *path, oss_transcripts_form *out);
/* trn, stm and ctm: the notation of sclite has a meaning, and ids are the same in upper and lower case. */
bool oss_transcripts_is_nist(oss_transcripts_form form);

/* What texts and, in NIST's forms, ids are made of what the file has. */
typedef enum oss_score_case {
    OSS_SCORE_CASE_ASCII, /* A to Z become a to z: sclite */
    OSS_SCORE_CASE_KEEP,  /* nothing is done: sclite -s */
    OSS_SCORE_CASE_LOWER /* text/unicode.h's normalisation to lower case, as `eval` has it: NFC, white space */
} oss_score_case;

typedef struct oss_transcript_line {
    char *id;          /* stm: recording and channel with a space between; ctm: the same */
    char *speaker;     /* NULL: not known */
    char *text;        /* of ctm: a word */
    double start, end; /* seconds: of stm; of ctm `end` is the word's middle; of others 0 */
    int64_t line;
    bool is_ignored; /* stm: IGNORE_TIME_SEGMENT_IN_SCORING */
} oss_transcript_line;

typedef struct oss_transcripts {
    char *name; /* for messages */
    oss_transcripts_form form;
    oss_transcript_line
        *item; /* [count] in the order of the file; stm and ctm, but by_line: by id, then by start */
    int32_t count, capacity;
    bool has_parts; /* what follows each other with one id is one utterance in parts */
} oss_transcripts;

typedef struct oss_transcripts_options {
    oss_transcripts_form form;
    bool is_reference;
    /* Ids do not matter: the order is the file's, and what a table or an object has no id for is called by its number. */
    bool by_line;
    oss_score_case letters;
    /* Names of columns, or of members; several with | between them: the first that is there counts. NULL: the usual ones. */
    const char *id, *text, *speaker;
} oss_transcripts_options;

/* Zero-initialise; free with oss_transcripts_deinit, after failure too. path: /dev/stdin, called `name`, or a file. OSS_EINPUT:
 * what is wrong is named with its line. has_parts: stm, ctm, and a csv or tsv with columns `start` and `end`. */
oss_status oss_transcripts_load(oss_transcripts *transcripts, const char *path, const char *name,
                                const oss_transcripts_options *options);
void oss_transcripts_deinit(oss_transcripts *transcripts);

/* Joins what follows each other with the same id: stm and ctm become an utterance for each recording. OSS_EINPUT: a part is
 * ignored. */
oss_status oss_transcripts_join(oss_transcripts *transcripts);

#endif
