/* --help, made from the table that the parser reads. */
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli_common.h"

enum { LINE_CHARS = 100, HELP_COLUMN = 26 };

/* Appends words, breaking lines at LINE_CHARS; lines after the first begin in column `indent`. */
static void append_wrapped(oss_strbuf *text, const char *words, int column, int indent) {
    while (*words != '\0') {
        int length = (int)strcspn(words, " ");
        if (column > indent && column + 1 + length > LINE_CHARS) {
            oss_strbuf_printf(text, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            oss_strbuf_append(text, " ");
            column++;
        }
        oss_strbuf_append_bytes(text, words, (size_t)length);
        column += length;
        words += length;
        words += strspn(words, " ");
    }
    oss_strbuf_append(text, "\n");
}

/* "usage: ossicle eval --model M [--json] FILE..." */
static void append_usage(oss_strbuf *text, const oss_cli_command *command) {
    oss_strbuf line = {0};
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        oss_strbuf_printf(&line, " %s%s%s%s%s%s", option->required ? "" : "[", option->name,
                          option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value,
                          option->required ? "" : "]", option->repeats ? "..." : "");
    }
    if (command->operands != NULL) {
        oss_strbuf_printf(&line, " %s", command->operands);
    }
    oss_strbuf_printf(text, "usage: ossicle %s", command->name);
    int indent = (int)strlen("usage: ossicle ") + (int)strlen(command->name);
    if (line.data == NULL) {
        text->failed = text->failed || line.failed;
        oss_strbuf_append(text, "\n");
    } else {
        text->failed = text->failed || line.failed;
        oss_strbuf_append(text, " ");
        append_wrapped(text, line.data + 1, indent + 1, indent + 1);
    }
    oss_strbuf_deinit(&line);
}

static void append_option(oss_strbuf *text, const char *name, const char *value, const char *help) {
    oss_strbuf head = {0};
    oss_strbuf_printf(&head, "  %s%s%s", name, value == NULL ? "" : " ", value == NULL ? "" : value);
    text->failed = text->failed || head.failed;
    if (!head.failed) {
        oss_strbuf_append(text, head.data);
        if (head.length + 2 > HELP_COLUMN) {
            oss_strbuf_printf(text, "\n%*s", HELP_COLUMN, "");
        } else {
            oss_strbuf_printf(text, "%*s", HELP_COLUMN - (int)head.length, "");
        }
        append_wrapped(text, help, HELP_COLUMN, HELP_COLUMN);
    }
    oss_strbuf_deinit(&head);
}

/* Paragraphs are separated by newlines; one that begins with a space is kept as it is (a table or an
 * example). */
static void append_details(oss_strbuf *text, const char *details) {
    while (*details != '\0') {
        size_t length = strcspn(details, "\n");
        oss_strbuf paragraph = {0};
        oss_strbuf_append_bytes(&paragraph, details, length);
        text->failed = text->failed || paragraph.failed;
        if (length == 0 || details[0] == ' ') {
            oss_strbuf_append_bytes(text, details, length);
            oss_strbuf_append(text, "\n");
        } else if (!paragraph.failed) {
            append_wrapped(text, paragraph.data, 0, 0);
        }
        oss_strbuf_deinit(&paragraph);
        details += length + (details[length] == '\n');
    }
}

char *oss_cli_help(const oss_cli_command *command) {
    oss_strbuf text = {0};
    append_usage(&text, command);
    oss_strbuf_append(&text, "\n");
    append_wrapped(&text, command->summary, 0, 0);
    oss_strbuf_append(&text, "\n");
    for (int32_t i = 0; i < command->options; i++) {
        append_option(&text, command->option[i].name, command->option[i].value, command->option[i].help);
    }
    append_option(&text, "--help", NULL, "print this and exit");
    append_option(&text, "--version", NULL, "print the version and exit");
    if (command->details != NULL) {
        oss_strbuf_append(&text, "\n");
        append_details(&text, command->details);
    }
    return oss_strbuf_take(&text);
}
