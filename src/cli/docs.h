/* The documents' generated regions: what `ossicle-docs` (`make docs`; a program of the source tree that is
 * not installed) writes between two marks of docs/commands.md, docs/configuration.md and docs/ossicle.1, from
 * the tables that the parsers read. The prose around them is written by hand.
 *
 *     <!-- commands -->          a table of the commands
 *     <!-- options: eval -->     usage and options of one command
 *     <!-- keys: front end -->   keys of one section of the config
 *     <!-- foreign keys -->      keys that mean nothing here
 *     <!-- end -->
 *
 *     .\" manual                 usage, options and details of every command, for man
 *     .\" end
 */
#ifndef OSS_CLI_DOCS_H
#define OSS_CLI_DOCS_H

#include "base/strbuf.h"
#include "cli/cli_common.h"
#include "model/config.h"

enum { OSS_DOCS_MAX_COMMANDS = 32 };

typedef struct oss_docs {
    const oss_cli_command *command[OSS_DOCS_MAX_COMMANDS]; /* [commands], in the order of `ossicle --help` */
    int32_t commands;
    /* What this document has told, since a document that tells one must tell all. */
    bool command_told[OSS_DOCS_MAX_COMMANDS], key_told[OSS_CONFIG_MAX_KEYS];
} oss_docs;

/* Appends what belongs between a mark and its end. `argument` is what follows the colon, "" without one.
 * OSS_EINPUT when it names nothing, or something that was told before. */
typedef oss_status (*oss_docs_writer)(oss_strbuf *text, oss_docs *docs, const char *argument);

/* docs_markdown.c */
oss_status oss_docs_command_list(oss_strbuf *text, oss_docs *docs, const char *argument);
oss_status oss_docs_options(oss_strbuf *text, oss_docs *docs, const char *argument);
oss_status oss_docs_keys(oss_strbuf *text, oss_docs *docs, const char *argument);
oss_status oss_docs_foreign_keys(oss_strbuf *text, oss_docs *docs, const char *argument);
/* docs_man.c */
oss_status oss_docs_manual(oss_strbuf *text, oss_docs *docs, const char *argument);

/* A word that is typed, not read: an option, or one with a character that prose has not. word[0..length) has
 * no spaces; *begin and *end are its part without brackets, quotes and punctuation. */
bool oss_docs_is_code(const char *word, size_t length, size_t *begin, size_t *end);

#endif
