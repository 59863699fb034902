/* --help, made from the table that the parser reads. */
#include <string.h>

#include "base/mem.h"
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

char *oss_cli_usage(const oss_cli_command *command, const char *before) {
    oss_strbuf words = {0}, text = {0};
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        oss_strbuf_printf(&words, "%s%s%s%s%s%s%s", i > 0 ? " " : "", option->required ? "" : "[",
                          option->name, option->value == NULL ? "" : " ",
                          option->value == NULL ? "" : option->value, option->required ? "" : "]",
                          option->repeats ? "..." : "");
    }
    if (command->operands != NULL) {
        oss_strbuf_printf(&words, "%s%s", command->options > 0 ? " " : "", command->operands);
    }
    oss_strbuf_printf(&text, "%sossicle %s%s", before, command->name, words.length > 0 ? " " : "");
    if (oss_strbuf_ok(&words)) {
        int indent = (int)(strlen(before) + strlen("ossicle  ") + strlen(command->name));
        append_wrapped(&text, words.data == NULL ? "" : words.data, indent, indent);
    }
    text.failed = text.failed || words.failed;
    oss_strbuf_deinit(&words);
    return oss_strbuf_take(&text);
}

const char *oss_cli_repeats(const oss_cli_option *option) {
    return option->repeats ? "; may be repeated" : "";
}

static void append_option(oss_strbuf *text, const oss_cli_option *option) {
    oss_strbuf head = {0}, help = {0};
    oss_strbuf_printf(&head, "  %s%s%s", option->name, option->value == NULL ? "" : " ",
                      option->value == NULL ? "" : option->value);
    oss_strbuf_printf(&help, "%s%s", option->help, oss_cli_repeats(option));
    text->failed = text->failed || head.failed || help.failed;
    if (!text->failed) {
        oss_strbuf_append(text, head.data);
        if (head.length + 2 > HELP_COLUMN) {
            oss_strbuf_printf(text, "\n%*s", HELP_COLUMN, "");
        } else {
            oss_strbuf_printf(text, "%*s", HELP_COLUMN - (int)head.length, "");
        }
        append_wrapped(text, help.data, HELP_COLUMN, HELP_COLUMN);
    }
    oss_strbuf_deinit(&head);
    oss_strbuf_deinit(&help);
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

static void append_usage(oss_strbuf *text, const oss_cli_command *command) {
    char *usage = oss_cli_usage(command, "usage: ");
    text->failed = text->failed || usage == NULL;
    oss_strbuf_append(text, usage == NULL ? "" : usage);
    oss_free(usage);
}

char *oss_cli_help(const oss_cli_command *command) {
    static const oss_cli_option common[] = {{.name = "--help", .help = "print this and exit"},
                                            {.name = "--version", .help = "print the version and exit"}};
    oss_strbuf text = {0};
    append_usage(&text, command);
    oss_strbuf_append(&text, "\n");
    append_wrapped(&text, command->summary, 0, 0);
    oss_strbuf_append(&text, "\n");
    for (int32_t i = 0; i < command->options; i++) {
        append_option(&text, &command->option[i]);
    }
    append_option(&text, &common[0]);
    append_option(&text, &common[1]);
    if (command->details != NULL) {
        oss_strbuf_append(&text, "\n");
        append_details(&text, command->details);
    }
    return oss_strbuf_take(&text);
}
