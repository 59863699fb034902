/* ossicle COMMAND ...: finds the command and runs it. */
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "cli/commands.h"

typedef struct listed_command {
    const char *name, *summary;
    const oss_cli_command *command; /* NULL: another program */
} listed_command;

enum {
    TRAINS = 2 /* commands of ossicle-train, which come first */,
    COMMANDS = TRAINS + OSS_COMMANDS,
    NAME_BYTES = 64
};

static void list_commands(listed_command out[COMMANDS]) {
    out[0] = (listed_command){"train", OSS_TRAIN_SUMMARY " (runs ossicle-train)", NULL};
    out[1] = (listed_command){"bench", OSS_BENCH_SUMMARY " (runs ossicle-train)", NULL};
    for (int i = 0; i < OSS_COMMANDS; i++) {
        out[TRAINS + i] = (listed_command){oss_command[i]->name, oss_command[i]->summary, oss_command[i]};
    }
}

static const listed_command *find_command(const listed_command list[COMMANDS], const char *name) {
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

/* Whether a command's name is `group` and a word behind it: "lm score" is one of "lm". */
static bool is_of_group(const char *name, const char *group) {
    size_t length = strlen(group);
    return length > 0 && strncmp(name, group, length) == 0 && name[length] == ' ';
}

/* `second` is what followed `name` on the command line, or NULL. */
static oss_status refuse_group(const listed_command list[COMMANDS], const char *name, const char *second) {
    char words[256] = "";
    size_t length = 0;
    for (int i = 0; i < COMMANDS && length < sizeof words; i++) {
        if (is_of_group(list[i].name, name)) {
            length += (size_t)oss_format(words + length, sizeof words - length, "%s%s",
                                         length == 0 ? "" : ", ", list[i].name + strlen(name) + 1);
        }
    }
    return second == NULL || second[0] == '-'
               ? oss_fail(OSS_EUSAGE, "%s: what about it? Choose one of: %s", name, words)
               : oss_fail(OSS_EUSAGE, "there is no command \"%s %s\"; there are: %s", name, second, words);
}

static bool is_group(const listed_command list[COMMANDS], const char *name) {
    for (int i = 0; i < COMMANDS; i++) {
        if (is_of_group(list[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The command that the first one or two of `word` name; *out_words: how many. NULL: none. */
static const listed_command *find_words(const listed_command list[COMMANDS], int words,
                                        const char *const *word, int *out_words) {
    char name[NAME_BYTES];
    const listed_command *found = find_command(list, word[0]);
    *out_words = 1;
    if (found == NULL && words > 1 &&
        oss_format(name, sizeof name, "%s %s", word[0], word[1]) < (int)sizeof name) {
        found = find_command(list, name);
        *out_words = 2;
    }
    return found;
}

static oss_status refuse_command(const listed_command list[COMMANDS], const char *name, const char *second) {
    if (is_group(list, name)) {
        return refuse_group(list, name, second);
    }
    const char *word[COMMANDS + 1];
    for (int i = 0; i < COMMANDS; i++) {
        word[i] = list[i].name;
    }
    word[COMMANDS] = "help";
    const char *nearest = oss_cli_nearest(name, word, COMMANDS + 1);
    if (nearest != NULL) {
        return oss_fail(OSS_EUSAGE, "there is no command \"%s\": did you mean %s?", name, nearest);
    }
    return oss_fail(OSS_EUSAGE, "there is no command \"%s\": `ossicle --help` lists the commands", name);
}

static void print_commands(const listed_command list[COMMANDS]) {
    oss_cli_print(
        "usage: ossicle COMMAND [OPTION]... [FILE]...\n\n"
        "Trains and runs a small speech encoder: recordings in, transcripts or embeddings out.\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        oss_cli_print("  %-12s%s\n", list[i].name, list[i].summary);
    }
    oss_cli_print("  %-12s%s\n", "help", "this list, or the help of one command: ossicle help COMMAND");
    oss_cli_print(
        "\n`ossicle COMMAND --help` lists the options of a command; `ossicle --version` prints the "
        "version.\n\n"
        "A model M is a model file, a checkpoint folder, or a run folder (its best checkpoint, else its "
        "latest).\n"
        "Without one, transcribe, listen, eval, embed and info take that of $OSSICLE_MODEL, else the English model\n"
        "that ships with Ossicle.\n"
        "Results go to standard output, everything else to standard error.\n"
        "Exit codes: 0 done; 1 finished with findings, or some inputs failed; 2 wrong usage; 3 bad input;\n"
        "4 out of memory or disk; 129, 130, 143 and 152 stopped by SIGHUP, SIGINT, SIGTERM and SIGXCPU, with\n"
        "everything saved.\n"
        "OSSICLE_CPU=generic|avx2|avx512 forces an instruction set.\n");
}

/* `ossicle train` is ossicle-train without a word before its options. */
static oss_status exec_command(const char *name, int count, char *const *argument) {
    return oss_cli_exec_train(strcmp(name, "train") == 0 ? NULL : name, argument, count);
}

static int run_help(const oss_cli_args *args) {
    listed_command list[COMMANDS];
    list_commands(list);
    if (oss_cli_operands(args) == 0 || strcmp(oss_cli_operand(args, 0), "help") == 0) {
        print_commands(list);
        return 0;
    }
    int words = oss_cli_operands(args);
    const char *word[2] = {oss_cli_operand(args, 0), words > 1 ? oss_cli_operand(args, 1) : NULL};
    const listed_command *found = find_words(list, words, word, &words);
    if (found == NULL) {
        return oss_cli_fail(args, refuse_command(list, word[0], word[1]));
    }
    if (found->command == NULL) {
        return oss_cli_fail(args, exec_command(word[0], 1, (char *const[]){(char[]){"--help"}}));
    }
    return oss_cli_print_help(found->command);
}

static const oss_cli_command help_command = {.name = "help",
                                             .summary = "Lists the commands, or the options of one command.",
                                             .operands = "[COMMAND]",
                                             .max_operands = 2,
                                             .run = run_help};

int main(int argc, char **argv) {
    if (argc < 2) {
        oss_cli_prepare();
        oss_cli_say("ossicle: a command is missing: `ossicle --help` lists the commands");
        return oss_cli_exit_code(OSS_EUSAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return oss_cli_run(&help_command, 1, argv);
    }
    if (strcmp(name, "help") == 0) {
        return oss_cli_run(&help_command, argc - 1, argv + 1);
    }
    if (strcmp(name, "--version") == 0) {
        return oss_cli_run(&help_command, 2, argv);
    }
    listed_command list[COMMANDS];
    list_commands(list);
    int words = 1;
    const char *word[2] = {name, argc > 2 ? argv[2] : NULL};
    const listed_command *found = find_words(list, argc - 1, word, &words);
    if (found != NULL && found->command != NULL) {
        return oss_cli_run(found->command, argc - words, argv + words);
    }
    oss_cli_prepare();
    oss_status status =
        found == NULL ? refuse_command(list, name, word[1]) : exec_command(name, argc - 2, argv + 2);
    oss_cli_say("ossicle: %s", oss_last_error());
    return oss_cli_exit_code(status);
}
