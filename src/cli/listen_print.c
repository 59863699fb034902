#include "cli/listen_print.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/cli_common.h"
#include "cli/cli_terminal.h"

void oss_listen_print_begin(oss_listen_printer *printer, bool json) {
    bool terminal = isatty(STDOUT_FILENO) == 1 && oss_cli_on_terminal();
    *printer = (oss_listen_printer){.json = json, .redraws = terminal && !json};
}

void oss_listen_print_end(oss_listen_printer *printer) {
    oss_cli_clear_line();
    oss_free(printer->shown);
    printer->shown = NULL;
}

/* Milliseconds are as fine as it gets. */
static void add_time(oss_json *object, const char *key, double seconds) {
    oss_json_add_number(object, key, round(seconds * 1000.0) / 1000.0);
}

static void add_confidence(oss_json *object, const char *key, float confidence) {
    oss_json_add_number(object, key, round((double)confidence * 10000.0) / 10000.0);
}

/* Named as transcribe's JSON names them. */
static void add_words(oss_json *object, const oss_transcript *heard) {
    oss_json *words = oss_json_add_array(object, "words");
    for (int32_t i = 0; i < heard->words; i++) {
        const oss_transcript_word *word = &heard->word[i];
        oss_json *entry = oss_json_add_object(words, NULL);
        oss_json_add_string(entry, "word", word->text);
        add_time(entry, "start", word->start_seconds);
        add_time(entry, "end", word->end_seconds);
        add_confidence(entry, "probability", word->confidence);
    }
}

static void add_alternative(oss_json *list, const oss_transcript_alternative *alternative) {
    oss_json *entry = oss_json_add_object(list, NULL);
    oss_json_add_string(entry, "text", alternative->text);
    oss_json_add_number(entry, "score", alternative->score);
    oss_json_add_number(entry, "acoustic", alternative->acoustic);
    oss_json_add_number(entry, "lm", alternative->lm);
    oss_json_add_number(entry, "hotwords", alternative->hotwords);
    oss_json_add_number(entry, "rescore", alternative->rescore);
    oss_json_add_number(entry, "posterior", alternative->posterior);
    oss_json_add_integer(entry, "words", alternative->words);
    oss_json_add_integer(entry, "unknown_words", alternative->unknown_words);
}

/* Named as transcribe's JSON names them. */
static void add_utterances(oss_json *object, const oss_transcript *heard) {
    oss_json *utterances = oss_json_add_array(object, "utterances");
    for (int32_t i = 0; i < heard->utterances; i++) {
        const oss_transcript_utterance *utterance = &heard->utterance[i];
        oss_json *entry = oss_json_add_object(utterances, NULL);
        add_time(entry, "start", utterance->start_seconds);
        add_time(entry, "end", utterance->end_seconds);
        oss_json *list = oss_json_add_array(entry, "alternatives");
        for (int32_t k = 0; k < utterance->alternatives; k++) {
            add_alternative(list, &utterance->alternative[k]);
        }
    }
}

static oss_status print_json(const char *type, const oss_transcript *heard) {
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "type", type);
    oss_json_add_string(object, "text", heard->text);
    add_time(object, "start", heard->words > 0 ? heard->word[0].start_seconds : heard->audio_seconds);
    add_time(object, "end",
             heard->words > 0 ? heard->word[heard->words - 1].end_seconds : heard->audio_seconds);
    add_time(object, "heard", heard->audio_seconds);
    add_confidence(object, "confidence", heard->confidence);
    add_words(object, heard);
    if (heard->utterances > 0) {
        add_utterances(object, heard);
    }
    return oss_cli_print_json(object);
}

/* The end of the text that fits into a line: what is new stands there. Characters beyond ASCII may take two columns. */
static const char *find_end(const char *text, int32_t columns) {
    const char *at = text + strlen(text);
    for (int32_t left = columns - 1; at > text; at--) {
        unsigned char byte = (unsigned char)at[-1];
        bool inside = (byte & 0xc0) == 0x80;
        left -= inside ? 0 : byte < 0x80 ? 1 : 2;
        if (left < 0) {
            break;
        }
    }
    return at;
}

bool oss_listen_print_wants_partials(const oss_listen_printer *printer) {
    return printer->json || printer->redraws;
}

oss_status oss_listen_print_partial(oss_listen_printer *printer, const oss_transcript *heard) {
    if (strcmp(heard->text, printer->shown == NULL ? "" : printer->shown) == 0) {
        return OSS_OK;
    }
    char *shown = oss_strdup(heard->text);
    if (shown == NULL) {
        return OSS_ENOMEM;
    }
    oss_free(printer->shown);
    printer->shown = shown;
    if (printer->redraws) {
        char *line = oss_cli_shown(heard->text, "");
        if (line == NULL) {
            return OSS_ENOMEM;
        }
        oss_cli_draw_line(find_end(line, oss_cli_columns()));
        oss_free(line);
        return OSS_OK;
    }
    oss_status status = print_json("partial", heard);
    return status == OSS_OK ? oss_cli_flush() : status;
}

oss_status oss_listen_print_final(oss_listen_printer *printer, const oss_transcript *heard) {
    oss_listen_print_end(printer);
    if (heard->words == 0) {
        return OSS_OK;
    }
    if (!printer->json) {
        oss_cli_print_line("%s", heard->text);
        return oss_cli_flush();
    }
    oss_status status = print_json("final", heard);
    return status == OSS_OK ? oss_cli_flush() : status;
}
