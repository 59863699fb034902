/* ossicle-docs [--check] FILE...: renews the generated regions of documents (docs.h), or with --check
 * tells whether they are what the tables say. Exit 0; 1: a document differs; 3: a document or a mark in it
 * is bad. */
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/docs.h"

enum { MAX_FILE_BYTES = 1 << 22, MARK_BYTES = 80 };

static const struct {
    const char *mark;
    oss_docs_writer write;
} regions[] = {{"commands", oss_docs_command_list},
               {"options", oss_docs_options},
               {"keys", oss_docs_keys},
               {"foreign keys", oss_docs_foreign_keys},
               {"manual", oss_docs_manual}};
enum { REGIONS = sizeof regions / sizeof *regions };

static void list_commands(oss_docs *docs) {
    docs->command[docs->commands++] = &oss_command_train;
    docs->command[docs->commands++] = &oss_command_bench;
    for (int i = 0; i < OSS_COMMANDS; i++) {
        docs->command[docs->commands++] = oss_command[i];
    }
}

/* A line that is a comment alone, `<!-- X -->` or `.\" X`: mark = X, or "". */
static void read_mark(char mark[MARK_BYTES], const char *line, size_t length) {
    static const struct { const char *open, *close; } comment[] = {{"<!-- ", " -->"}, {".\\\" ", ""}};
    mark[0] = '\0';
    for (int i = 0; i < 2; i++) {
        size_t open = strlen(comment[i].open), close = strlen(comment[i].close);
        if (length > open + close && length - open - close < MARK_BYTES &&
            memcmp(line, comment[i].open, open) == 0 &&
            memcmp(line + length - close, comment[i].close, close) == 0) {
            memcpy(mark, line + open, length - open - close);
            mark[length - open - close] = '\0';
        }
    }
}

/* The region that `mark` begins, -1: none; *argument is what follows its colon. */
static int find_region(const char *mark, const char **argument) {
    size_t length = strcspn(mark, ":");
    *argument = mark + length + strspn(mark + length, ": ");
    for (int i = 0; i < REGIONS; i++) {
        if (strlen(regions[i].mark) == length && memcmp(regions[i].mark, mark, length) == 0) {
            return i;
        }
    }
    return -1;
}

/* The line `.\" end` or `<!-- end -->` from `at` on; NULL: none before the next region. */
static const char *find_end(const char *at) {
    char mark[MARK_BYTES];
    const char *argument;
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        read_mark(mark, at, length);
        if (strcmp(mark, "end") == 0) {
            return at;
        }
        if (find_region(mark, &argument) >= 0) {
            return NULL;
        }
        at += length + (at[length] == '\n');
    }
    return NULL;
}

/* A document that tells of one command, or key, tells of all. */
static oss_status check_all_told(const oss_docs *docs) {
    bool commands = false, keys = false;
    for (int32_t i = 0; i < docs->commands; i++) {
        commands = commands || docs->command_told[i];
    }
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        keys = keys || docs->key_told[i];
    }
    for (int32_t i = 0; commands && i < docs->commands; i++) {
        if (!docs->command_told[i]) {
            return oss_fail(OSS_EINPUT, "no region for the options of %s", docs->command[i]->name);
        }
    }
    for (int32_t i = 0; keys && i < oss_config_key_count(); i++) {
        if (!docs->key_told[i]) {
            oss_config_key key = oss_config_key_get(i);
            return oss_fail(OSS_EINPUT, "no region for the keys of the section \"%s\"", key.section);
        }
    }
    return OSS_OK;
}

/* *out = `text` with its regions renewed (oss_free). */
static oss_status renew(char **out, const char *text) {
    oss_docs docs = {0};
    list_commands(&docs);
    oss_strbuf result = {0};
    oss_status status = OSS_OK;
    for (int number = 1; *text != '\0' && status == OSS_OK; number++) {
        char mark[MARK_BYTES];
        const char *argument;
        size_t length = strcspn(text, "\n");
        read_mark(mark, text, length);
        length += text[length] == '\n';
        oss_strbuf_append_bytes(&result, text, length);
        text += length;
        int region = find_region(mark, &argument);
        if (region >= 0) {
            const char *end = find_end(text);
            status = end == NULL ? oss_fail(OSS_EINPUT, "no end of the region \"%s\"", mark)
                                 : regions[region].write(&result, &docs, argument);
            status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "line %d", number);
            for (; status == OSS_OK && text < end; text++) {
                number += *text == '\n';
            }
        }
    }
    status = status == OSS_OK ? check_all_told(&docs) : status;
    *out = oss_strbuf_take(&result);
    return status == OSS_OK && *out == NULL ? OSS_ENOMEM : status;
}

static int find_difference(const char *a, const char *b) {
    int line = 1;
    for (; *a == *b && *a != '\0'; a++, b++) {
        line += *a == '\n';
    }
    return line;
}

/* 0 or 1: it differs, and --check forbids writing. */
static oss_status treat(bool *differs, const char *path, bool check) {
    char *text = NULL, *renewed = NULL;
    size_t bytes = 0;
    oss_status status = oss_file_read_all(&text, &bytes, path, MAX_FILE_BYTES);
    if (status == OSS_OK) {
        status = renew(&renewed, text);
        status = status == OSS_OK ? OSS_OK : oss_fail_prefix(status, "%s", path);
    }
    if (status == OSS_OK && strcmp(text, renewed) != 0) {
        if (check) {
            *differs = true;
            (void)printf("%s:%d: not what the tables in the sources say: `make docs` renews it\n", path,
                         find_difference(text, renewed));
        } else {
            (void)printf("%s is renewed\n", path);
            status = oss_file_write_all(path, renewed, strlen(renewed));
        }
    }
    oss_free(text);
    oss_free(renewed);
    return status;
}

int main(int argc, char **argv) {
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0, differs = false;
    int first = check ? 2 : 1;
    if (first >= argc) {
        (void)fprintf(stderr, "usage: ossicle-docs [--check] FILE...\n");
        return 2;
    }
    for (int i = first; i < argc; i++) {
        oss_status status = treat(&differs, argv[i], check);
        if (status != OSS_OK) {
            (void)fprintf(stderr, "ossicle-docs: %s\n", oss_last_error());
            return oss_cli_exit_code(status);
        }
    }
    return differs ? 1 : 0;
}
