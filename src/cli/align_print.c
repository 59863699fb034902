#include "cli/align_print.h"

static void print_id(oss_strbuf *out, const char *id) {
    for (; *id != '\0'; id++) {
        bool blank = *id == ' ' || *id == '\t' || *id == '\n' || *id == '\r';
        oss_strbuf_append_bytes(out, blank ? "_" : id, 1);
    }
}

void oss_align_print_symbols(oss_strbuf *out, const oss_transcript *transcript, const char *id) {
    for (int32_t i = 0; i < transcript->words; i++) {
        const oss_transcript_word *word = &transcript->word[i];
        for (int32_t k = 0; k < word->symbols; k++) {
            const oss_transcript_symbol *s = &word->symbol[k];
            print_id(out, id);
            oss_strbuf_printf(
                out, " 1 %.3f %.3f %s %.4f\n", s->start_seconds, s->end_seconds - s->start_seconds,
                s->text[0] == ' ' && s->text[1] != '\0' ? s->text + 1 : s->text, (double)s->confidence);
        }
    }
}
