/* A transcript as text: subtitles, tables of words, and what programs for scoring and phonetics read.
 *
 *     oss_format_options options = {.size = sizeof options, .name = "talk.wav"};
 *     char *text = NULL;
 *     if (oss_transcript_print(transcript, OSS_FORMAT_SRT, &options, &text) == OSS_OK) {
 *         fputs(text, stdout);
 *     }
 *     oss_string_free(text);
 *
 * docs/file-formats.md describes every form with an example. All are UTF-8 with line feeds, and a line feed is the last
 * of them (srt, ctm and lrc of a transcript without words are ""). In all but txt times are rounded to the millisecond
 * (lrc: a hundredth of a second): a word lasts at least one and begins no earlier than the one before it ended, and
 * where two meet both times have the same digits. What a form gives a meaning of its own is written otherwise; bytes
 * that are not UTF-8 become U+FFFD, but in the file's name in tsv.
 *
 * Many recordings can follow each other in one file in the forms jsonl, ctm, stm, trn and tsv: print each and join the
 * texts. Nothing stands at the top of such a file but the header of tsv, which `continued` leaves out. sclite wants the
 * recordings of a ctm or stm in the order of their ids (LC_ALL=C sort). */
#ifndef OSSICLE_FORMAT_H
#define OSSICLE_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ossicle/status.h"
#include "ossicle/transcript.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum oss_transcript_format {
    OSS_FORMAT_TXT = 0,      /* the text in one line */
    OSS_FORMAT_JSON = 1,     /* one object with segments and words, over many lines */
    OSS_FORMAT_JSONL = 2,    /* the same in one line */
    OSS_FORMAT_SRT = 3,      /* SubRip subtitles */
    OSS_FORMAT_VTT = 4,      /* WebVTT subtitles */
    OSS_FORMAT_CTM = 5,      /* NIST: a word (oss_ctm_level) a line, for scoring by time */
    OSS_FORMAT_STM = 6,      /* NIST: a segment a line */
    OSS_FORMAT_TRN = 7,      /* NIST: a recording a line, its id in brackets behind */
    OSS_FORMAT_TEXTGRID = 8, /* Praat: tiers `words` and `segments` */
    OSS_FORMAT_TSV = 9,      /* a segment a row, times in milliseconds */
    OSS_FORMAT_LRC = 10      /* lines of a song with the time of each */
} oss_transcript_format;

/* How many there are: 0 to OSS_FORMATS - 1. Later versions may have more. */
#define OSS_FORMATS 11

/* The format called "txt", "json", "jsonl", "srt", "vtt", "ctm", "stm", "trn", "textgrid", "tsv" or "lrc", in any case.
 * OSS_EUSAGE: no format has this name (the message lists them). */
OSS_API oss_status oss_format_from_name(const char *name, oss_transcript_format *out_format);

/* That name; NULL for a number that is no format. Constant. */
OSS_API const char *oss_format_name(oss_transcript_format format);

/* What names of its files end with, without the dot: the format's name, but "TextGrid". NULL for a number that is no
 * format. Constant. */
OSS_API const char *oss_format_extension(oss_transcript_format format);

/* 1: a file of this format may hold many recordings, each printed after the other (jsonl, ctm, stm, trn, tsv). Else
 * 0. */
OSS_API int32_t oss_format_holds_many(oss_transcript_format format);

typedef enum oss_textgrid_form {
    OSS_TEXTGRID_AUTO = 0, /* long, unless a label holds " = ", where some readers of the long form cut it */
    OSS_TEXTGRID_LONG = 1,
    OSS_TEXTGRID_SHORT = 2
} oss_textgrid_form;

typedef enum oss_ctm_level {
    OSS_CTM_WORD = 0,
    OSS_CTM_TOKEN = 1,  /* a symbol a line, in order; the spaces between words are none */
    OSS_CTM_SEGMENT = 2 /* a segment a line, "<space>" between its words; not for sclite */
} oss_ctm_level;

typedef struct oss_format_options {
    /* sizeof(oss_format_options): later versions have more at the end. Everything else 0 (NULL) is the default. */
    size_t size;
    /* The recording's file as json, jsonl ("file") and tsv name it, any bytes. NULL: json and jsonl have no such
     * member, and the cell of tsv is empty. */
    const char *name;
    /* The recording in ctm, stm and trn. NULL: the last part of `name` without its extension; "recording" without a
     * name. Blanks, brackets and control characters become '_', a byte that is not UTF-8 '%' and its two digits: ids of
     * two files may be the same. */
    const char *id;
    const char *channel; /* ctm, stm; NULL: "1" */
    const char *speaker; /* stm (NULL: the id) and trn (NULL: none, else "speaker-id") */
    const char *labels; /* stm: "<o,f0,male>" before each text; NULL: none, for not every reader knows them */
    int32_t continued;  /* not 0: others stand before it in the file (tsv: no header) */
    int32_t symbols;    /* not 0: words in json and jsonl have their symbols */
    oss_textgrid_form textgrid;
    /* Subtitles: srt and vtt; lrc has line_length and one line. */
    int32_t line_length;         /* columns, 8 to 1000; 0: 42. East Asian wide characters take two */
    int32_t lines;               /* of a cue, 1 to 8; 0: 2 */
    double characters_second;    /* reading speed in columns a second, 0.1 to 10000; 0: 17 */
    int32_t minimum_gap_ms;      /* between cues; 0: 80; negative: none */
    int32_t minimum_duration_ms; /* of a cue, where the next one is far enough; 0: 833; negative: none */
    int32_t maximum_duration_ms; /* of a cue of several words, 100 or more; 0: 7000 */
    int32_t unused;              /* padding of earlier versions, not looked at */
    oss_ctm_level ctm_level;
} oss_format_options;

/* All defaults, for this version: the size is set, everything else is 0. */
static inline oss_format_options oss_format_options_init(void) {
    oss_format_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

/* *out_text: the transcript in this format, the caller's: free with oss_string_free. options NULL: the defaults.
 * OSS_EUSAGE: an option is out of its range, or one that this version does not have. */
OSS_API oss_status oss_transcript_print(const oss_transcript *transcript, oss_transcript_format format,
                                        const oss_format_options *options, char **out_text);

#ifdef __cplusplus
}
#endif
#endif
