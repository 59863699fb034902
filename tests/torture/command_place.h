/* A folder with the smallest input of every command. */
#ifndef OSS_TESTS_COMMAND_PLACE_H
#define OSS_TESTS_COMMAND_PLACE_H

#include <stdbool.h>
#include <stdint.h>

enum { OSS_COMMAND_WORDS = 24 };

typedef struct oss_command_case {
    const char *name;
    const char *word[OSS_COMMAND_WORDS]; /* up to NULL */
    const char *input;                   /* for standard input; NULL: none */
    const char *output;                  /* file or folder that is written; NULL: none */
    bool rows;         /* it has many inputs: one that cannot be read is named and left out, exit code 1 */
    const char *begin; /* what `output` begins as a copy of; NULL: nothing */
} oss_command_case;

int32_t oss_command_cases(void);
const oss_command_case *oss_command_case_get(int32_t index);

/* Its path: recordings, CSV, texts, config, a trained run, a language model; every case runs in it with code 0 or 1. */
char *oss_command_place_make(void);

#endif
