/* The commands in docs/ossicle.1, in mdoc. */
#include <string.h>

#include "cli/docs.h"

enum { LINE_COLUMNS = 100 };

/* A word of running text: what would be a request or an escape is made harmless, and the hyphens of what
 * is typed stay those that can be typed. Backquotes are for other readers. Returns the columns taken. */
static size_t append_word(oss_strbuf *text, const char *word, size_t length, bool first) {
    size_t begin, end, before = text->length;
    bool code = oss_docs_is_code(word, length, &begin, &end) || word[0] == '-';
    if (first && (word[0] == '.' || word[0] == '\'')) {
        oss_strbuf_append(text, "\\&");
    }
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\') {
            oss_strbuf_append(text, "\\e");
        } else if (word[i] == '-' && code) {
            oss_strbuf_append(text, "\\-");
        } else if (word[i] != '`') {
            oss_strbuf_append_bytes(text, word + i, 1);
        }
    }
    return text->length - before;
}

/* A paragraph; a sentence begins a line, as mdoc wants it. */
static void append_prose(oss_strbuf *text, const char *words, size_t bytes) {
    size_t column = 0;
    bool new_line = true;
    for (size_t at = 0; at < bytes;) {
        size_t length = 0;
        while (at + length < bytes && words[at + length] != ' ') {
            length++;
        }
        if (!new_line && column + 1 + length > LINE_COLUMNS) {
            new_line = true;
            oss_strbuf_append(text, "\n");
        }
        if (new_line) {
            column = append_word(text, words + at, length, true);
        } else {
            oss_strbuf_append(text, " ");
            column += 1 + append_word(text, words + at, length, false);
        }
        char last = length == 0 ? ' ' : words[at + length - 1];
        at += length + 1;
        new_line = strchr(".!?", last) != NULL && at < bytes;
        oss_strbuf_append(text, new_line ? "\n" : "");
    }
    oss_strbuf_append(text, "\n");
}

/* "Fl -model Ar M" */
static void append_flag(oss_strbuf *text, const oss_cli_option *option) {
    oss_strbuf_printf(text, "Fl %s", option->name + 1);
    if (option->value != NULL) {
        oss_strbuf_printf(text, " Ar %s", option->value);
    }
}

static void append_usage(oss_strbuf *text, const oss_cli_command *command) {
    oss_strbuf_printf(text, ".Bd -ragged -offset indent\n.Nm ossicle Cm %s\n", command->name);
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        oss_strbuf_append(text, option->required ? "." : ".Oo ");
        append_flag(text, option);
        oss_strbuf_printf(text, "%s%s\n", option->required ? "" : " Oc", option->repeats ? " Ns ..." : "");
    }
    const char *operands = command->operands == NULL ? "" : command->operands;
    size_t length = strcspn(operands, "].");
    bool optional = operands[0] == '[';
    if (length > 0) {
        oss_strbuf_printf(text, ".%s %.*s%s\n", optional ? "Op Ar" : "Ar", (int)length - optional,
                          operands + optional, strstr(operands, "...") == NULL ? "" : " ...");
    }
    oss_strbuf_append(text, ".Ed\n");
}

static void append_options(oss_strbuf *text, const oss_cli_command *command) {
    oss_strbuf_append(text, ".Bl -tag -width Ds\n");
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        oss_strbuf help = {0};
        oss_strbuf_printf(&help, "%s%s.", option->help, oss_cli_repeats(option));
        oss_strbuf_append(text, ".It ");
        append_flag(text, option);
        oss_strbuf_append(text, "\n");
        text->failed = text->failed || help.failed;
        if (!help.failed) {
            append_prose(text, help.data, help.length);
        }
        oss_strbuf_deinit(&help);
    }
    oss_strbuf_append(text, ".El\n");
}

/* Paragraphs as --help has them: one that begins with a space is kept as it is. */
static void append_details(oss_strbuf *text, const char *details) {
    bool literal = false;
    while (details != NULL && *details != '\0') {
        size_t length = strcspn(details, "\n");
        bool table = details[0] == ' ';
        if (table != literal) {
            oss_strbuf_append(text, table ? ".Bd -literal\n" : ".Ed\n");
            literal = table;
        }
        if (table) {
            for (size_t i = 0; i < length; i++) {
                oss_strbuf_append_bytes(text, details[i] == '\\' ? "\\e" : details + i,
                                        details[i] == '\\' ? 2 : 1);
            }
            oss_strbuf_append(text, "\n");
        } else if (length > 0) {
            oss_strbuf_append(text, ".Pp\n");
            append_prose(text, details, length);
        }
        details += length + (details[length] == '\n');
    }
    oss_strbuf_append(text, literal ? ".Ed\n" : "");
}

oss_status oss_docs_manual(oss_strbuf *text, oss_docs *docs, const char *argument) {
    (void)argument;
    for (int32_t i = 0; i < docs->commands; i++) {
        const oss_cli_command *command = docs->command[i];
        docs->command_told[i] = true;
        oss_strbuf_printf(text, ".Ss %s\n", command->name);
        oss_strbuf summary = {0};
        oss_strbuf_printf(&summary, "%s.", command->summary);
        text->failed = text->failed || summary.failed;
        if (!summary.failed) {
            summary.data[0] = (char)(summary.data[0] >= 'a' && summary.data[0] <= 'z' ? summary.data[0] - 32
                                                                                      : summary.data[0]);
            append_prose(text, summary.data, summary.length);
        }
        oss_strbuf_deinit(&summary);
        append_usage(text, command);
        append_options(text, command);
        append_details(text, command->details);
    }
    return OSS_OK;
}
