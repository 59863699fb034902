/* Small strict readers of the forms of a transcript: whatever a form does not allow fails the test. */
#ifndef OSS_TESTS_FORM_READERS_H
#define OSS_TESTS_FORM_READERS_H

#include <stdint.h>

typedef struct oss_form_item {
    int64_t start_ms, end_ms; /* lrc: end_ms is start_ms; trn: both 0 */
    char *text;               /* lines of a cue with line feeds between, entities decoded */
    char *who;                /* ctm, stm, trn: recording; tsv: file; else NULL */
} oss_form_item;

typedef struct oss_form_items {
    oss_form_item *item;
    int32_t count;
} oss_form_items;

oss_form_items oss_read_srt(const char *text);
oss_form_items oss_read_vtt(const char *text);
oss_form_items oss_read_lrc(const char *text);
oss_form_items oss_read_ctm(const char *text);
oss_form_items oss_read_stm(const char *text);
oss_form_items oss_read_trn(const char *text);
oss_form_items oss_read_tsv(const char *text);
/* Either form; tier 1 or 2. Intervals must fill the file; those without a label are left out. */
oss_form_items oss_read_textgrid(const char *text, int32_t tier);
void oss_form_items_free(oss_form_items items);

#endif
