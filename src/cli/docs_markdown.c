/* Regions of docs/commands.md and docs/configuration.md. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "cli/docs.h"

enum { LINE_COLUMNS = 120 };

bool oss_docs_is_code(const char *word, size_t length, size_t *begin, size_t *end) {
    size_t from = 0;
    while (from < length && strchr("(\"'", word[from]) != NULL) {
        from++;
    }
    while (length > from && strchr(")\"'.,;:", word[length - 1]) != NULL) {
        length--;
    }
    bool code = length - from > 2 && memcmp(word + from, "--", 2) == 0;
    for (size_t i = from; i < length; i++) {
        code = code || strchr("_<>*$", word[i]) != NULL;
    }
    *begin = from;
    *end = length;
    return code;
}

/* One word of a cell; between backquotes it stays as it is. */
static void append_word(oss_strbuf *text, const char *word, size_t length, bool quoted) {
    size_t begin = 0, end = length;
    bool code = !quoted && oss_docs_is_code(word, length, &begin, &end);
    for (size_t i = 0; i < length; i++) {
        if (code && (i == begin || i == end)) {
            oss_strbuf_append(text, "`");
        }
        if (word[i] == '|') {
            oss_strbuf_append(text, "\\");
        }
        oss_strbuf_append_bytes(text, word + i, 1);
    }
    if (code && end == length) {
        oss_strbuf_append(text, "`");
    }
}

/* A line of help as the cell of a table: words that are typed become code. */
static void append_cell(oss_strbuf *text, const char *help) {
    bool quoted = false;
    while (*help != '\0') {
        size_t length = strcspn(help, " ");
        bool has_quote = memchr(help, '`', length) != NULL;
        append_word(text, help, length, quoted || has_quote);
        for (size_t i = 0; i < length; i++) {
            quoted = quoted != (help[i] == '`');
        }
        help += length;
        if (*help == ' ') {
            oss_strbuf_append(text, " ");
            help++;
        }
    }
}

static oss_status append_usage(oss_strbuf *text, const oss_cli_command *command) {
    char *usage = oss_cli_usage(command, "");
    if (usage == NULL) {
        return OSS_ENOMEM;
    }
    oss_strbuf_printf(text, "```\n%s```\n", usage);
    oss_free(usage);
    return OSS_OK;
}

static void append_options(oss_strbuf *text, const oss_cli_command *command) {
    oss_strbuf_append(text, "\n| option | |\n|---|---|\n");
    for (int32_t i = 0; i < command->options; i++) {
        const oss_cli_option *option = &command->option[i];
        oss_strbuf_printf(text, "| `%s%s", option->name, option->value == NULL ? "" : " ");
        if (option->value != NULL) {
            append_word(text, option->value, strlen(option->value), true);
        }
        oss_strbuf_append(text, "` | ");
        append_cell(text, option->help);
        oss_strbuf_printf(text, "%s |\n", oss_cli_repeats(option));
    }
}

oss_status oss_docs_command_list(oss_strbuf *text, oss_docs *docs, const char *argument) {
    (void)argument;
    oss_strbuf_append(text, "| command | |\n|---|---|\n");
    for (int32_t i = 0; i < docs->commands; i++) {
        const char *name = docs->command[i]->name;
        oss_strbuf_printf(text, "| [`%s`](#ossicle-", name);
        for (const char *at = name; *at != '\0'; at++) { /* "lm info" has the heading "ossicle lm info" */
            oss_strbuf_append_bytes(text, *at == ' ' ? "-" : at, 1);
        }
        oss_strbuf_append(text, ") | ");
        append_cell(text, docs->command[i]->summary);
        oss_strbuf_append(text, " |\n");
    }
    return OSS_OK;
}

oss_status oss_docs_options(oss_strbuf *text, oss_docs *docs, const char *argument) {
    for (int32_t i = 0; i < docs->commands; i++) {
        if (strcmp(docs->command[i]->name, argument) == 0 && !docs->command_told[i]) {
            docs->command_told[i] = true;
            oss_status status = append_usage(text, docs->command[i]);
            append_options(text, docs->command[i]);
            return status;
        }
    }
    return oss_fail(OSS_EINPUT, "options: there is no command \"%s\", or it is there twice", argument);
}

/* ---- Configuration ---- */

static void append_key(oss_strbuf *text, const oss_config_key *key) {
    oss_strbuf_printf(text, "| `%s`", key->name);
    if (key->alias != NULL) {
        oss_strbuf_printf(text, ", `%s`", key->alias);
    }
    oss_strbuf_printf(text, " | %s | `%s` | %s | %s | ", key->type, key->default_text, key->range,
                      key->resume ? "yes" : "");
    append_cell(text, key->help);
    oss_strbuf_append(text, " |\n");
}

oss_status oss_docs_keys(oss_strbuf *text, oss_docs *docs, const char *argument) {
    oss_strbuf_append(text,
                      "| key | type | default | range | resume | meaning |\n|---|---|---|---|---|---|\n");
    int32_t rows = 0;
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        oss_config_key key = oss_config_key_get(i);
        if (strcmp(key.section, argument) == 0 && !docs->key_told[i]) {
            docs->key_told[i] = true;
            append_key(text, &key);
            rows++;
        }
    }
    return rows > 0
               ? OSS_OK
               : oss_fail(OSS_EINPUT, "keys: there is no section \"%s\", or it is there twice", argument);
}

/* "`batch_size` (here: `batch_seconds`), ..." in lines. */
oss_status oss_docs_foreign_keys(oss_strbuf *text, oss_docs *docs, const char *argument) {
    (void)docs;
    (void)argument;
    size_t line = text->length;
    const char *name, *instead;
    for (int32_t i = 0; (name = oss_config_foreign_get(i, &instead)) != NULL; i++) {
        size_t more =
            strlen(name) + (instead == NULL ? 0 : strlen(instead) + sizeof " (here: ``)") + sizeof ", ``,";
        if (i > 0) {
            oss_strbuf_append(text, ",");
            bool full = text->length - line + more > LINE_COLUMNS;
            oss_strbuf_append(text, full ? "\n" : " ");
            line = full ? text->length : line;
        }
        oss_strbuf_printf(text, "`%s`", name);
        if (instead != NULL) {
            oss_strbuf_printf(text, " (here: `%s`)", instead);
        }
    }
    oss_strbuf_append(text, ".\n");
    return OSS_OK;
}
