/* What somebody meant who typed what no command takes. */
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/cli_internal.h"
#include "model/config.h"
#include "text/edit_distance.h"

const char *oss_cli_nearest(const char *typed, const char *const *word, int32_t count) {
    const char *nearest = NULL;
    int64_t limit = (int64_t)(strlen(typed) + 2) / 3;
    for (int32_t i = 0; i < count; i++) {
        oss_edits edits = {0};
        if (oss_edits_characters(&edits, word[i], typed) != OSS_OK) {
            return NULL; /* a hint is not worth a second message */
        }
        int64_t distance = edits.substitutions + edits.deletions + edits.insertions;
        if (distance <= limit) {
            nearest = word[i];
            limit = distance - 1;
        }
    }
    return nearest;
}

static bool has_option(const oss_cli_command *command, const char *name) {
    return oss_cli_find_option(command, name, strlen(name)) != NULL;
}

/* ---- Options ---- */

static const char *find_near_option(const oss_cli_command *command, const char *name) {
    const char *word[OSS_CLI_MAX_OPTIONS + 2] = {"--help", "--version"};
    int32_t count = 2;
    for (int32_t i = 0; i < command->options && i < OSS_CLI_MAX_OPTIONS; i++) {
        word[count++] = command->option[i].name;
    }
    return oss_cli_nearest(name, word, count);
}

/* "max_steps" and "num_steps" are both steps. */
static const char *find_counted(const char *word) {
    return strncmp(word, "max_", 4) == 0 || strncmp(word, "num_", 4) == 0 ? word + 4 : word;
}

/* The key of that name, or of what that name counts; NULL when there is none. */
static const char *find_key(const char *word) {
    const char *counts = NULL;
    for (int32_t i = 0; i < oss_config_key_count(); i++) {
        oss_config_key key = oss_config_key_get(i);
        if (strcmp(key.name, word) == 0 || (key.alias != NULL && strcmp(key.alias, word) == 0)) {
            return key.name;
        }
        if (strcmp(find_counted(key.name), find_counted(word)) == 0) {
            counts = key.name;
        }
    }
    return counts;
}

/* The first key whose last words these are ("csv": train_csv), else a near one. */
static const char *find_near_key(const char *word) {
    const char *name[OSS_CONFIG_MAX_KEYS];
    int32_t count = oss_config_key_count();
    size_t tail = strlen(word);
    for (int32_t i = 0; i < count; i++) {
        name[i] = oss_config_key_get(i).name;
        size_t length = strlen(name[i]);
        if (length > tail && name[i][length - tail - 1] == '_' &&
            strcmp(name[i] + length - tail, word) == 0) {
            return name[i];
        }
    }
    return oss_cli_nearest(word, name, count);
}

/* "--max-steps" is written max_steps in a config. */
static void spell_as_key(char *name) {
    size_t dashes = strspn(name, "-");
    memmove(name, name + dashes, strlen(name + dashes) + 1);
    for (char *at = strchr(name, '-'); at != NULL; at = strchr(at, '-')) {
        *at = '_';
    }
}

/* The key that does something like what is called `word` elsewhere ("epochs": max_steps), NULL: none. */
static const char *find_instead(const char *word) {
    const char *known = NULL, *instead = NULL;
    for (int32_t i = 0; (known = oss_config_foreign_get(i, &instead)) != NULL; i++) {
        if (strcmp(find_counted(known), find_counted(word)) == 0) {
            return instead;
        }
    }
    return NULL;
}

/* A key of the config that was given as an option; NULL: none, or the command has no --set. *converts: its value is in
 * other units than what was given. */
static const char *choose_key(const oss_cli_command *command, const char *name, const char *near_option,
                              bool *converts) {
    char *word = has_option(command, "--set") ? oss_strdup(name) : NULL;
    if (word == NULL) {
        return NULL; /* a hint is not worth a second message */
    }
    spell_as_key(word);
    const char *key = find_key(word);
    if (key == NULL && near_option == NULL) {
        key = find_instead(word);
        *converts = key != NULL;
        key = key == NULL ? find_near_key(word) : key;
    }
    oss_free(word);
    return key;
}

/* What stands after an option, unless it is another one. */
static const char *choose_value(const oss_cli_command *command, const char *argument, const char *next) {
    const char *equals = strchr(argument, '=');
    if (equals != NULL) {
        return equals[1] == '\0' ? "VALUE" : equals + 1;
    }
    bool missing =
        next == NULL || next[0] == '\0' || strncmp(next, "--", 2) == 0 || has_option(command, next);
    return missing ? "VALUE" : next;
}

oss_status oss_cli_refuse_option(const oss_cli_command *command, const char *argument, const char *next) {
    char *name = oss_strndup(argument, strcspn(argument, "="));
    if (name == NULL) {
        return OSS_ENOMEM;
    }
    const char *option = find_near_option(command, name);
    bool converts = false;
    const char *key = choose_key(command, name, option, &converts);
    if (key != NULL) {
        (void)oss_fail(OSS_EUSAGE, "unknown option %s: did you mean --set %s=%s?", name, key,
                       converts ? "VALUE" : choose_value(command, argument, next));
    } else if (option != NULL) {
        (void)oss_fail(OSS_EUSAGE, "unknown option %s: did you mean %s?", name, option);
    } else {
        (void)oss_fail(OSS_EUSAGE, "unknown option %s: `ossicle %s --help` lists the options", name,
                       command->name);
    }
    oss_free(name);
    return OSS_EUSAGE;
}

/* ---- Operands ---- */

/* Could the option be given (again)? */
static bool is_open(const oss_cli_args *args, const char *name) {
    const oss_cli_option *option = oss_cli_find_option(args->command, name, strlen(name));
    return option != NULL && (option->repeats || !oss_cli_has(args, name));
}

oss_status oss_cli_refuse_operand(const oss_cli_args *args, const char *operand) {
    const char *meant = NULL;
    if (is_open(args, "--text-file") && !oss_path_ends_in(operand, ".csv")) {
        meant = oss_path_ends_in(operand, ".txt")   ? "--text-file "
                : oss_path_ends_in(operand, ".srt") ? "--srt "
                                                    : NULL;
        if (meant == NULL) {
            return oss_fail(
                OSS_EUSAGE,
                "\"%s\" is one argument too many: give one recording, and what was said in it with "
                "--text-file FILE",
                operand);
        }
    } else if (is_open(args, "--csv")) {
        if (!oss_path_ends_in(operand, ".csv")) {
            return oss_fail(
                OSS_EUSAGE,
                "\"%s\" is one argument too many: recordings are listed in a CSV: give --csv DATA", operand);
        }
        meant = "--csv ";
    } else if (is_open(args, "--config") && oss_path_ends_in(operand, ".json")) {
        meant = "--config ";
    } else if (is_open(args, "--set") && oss_path_ends_in(operand, ".csv")) {
        meant = "--set train_csv=";
    }
    return meant != NULL
               ? oss_fail(OSS_EUSAGE, "\"%s\" is one argument too many: did you mean %s%s?", operand, meant,
                          operand)
               : oss_fail(OSS_EUSAGE,
                          "\"%s\" is one argument too many: `ossicle %s --help` tells how it is used",
                          operand, args->command->name);
}
