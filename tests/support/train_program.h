/* The training command, run as a user would, on tones. */
#ifndef OSS_TESTS_TRAIN_PROGRAM_H
#define OSS_TESTS_TRAIN_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/program.h"
#include "support/tones.h"

typedef struct oss_train_place {
    char *folder; /* temporary; relative paths below start here */
    char *csv;
    char *config; /* a config file of a very small network that trains on csv */
} oss_train_place;

void oss_train_place_make(oss_train_place *place, const oss_tones *tones, const char *more_json);
void oss_train_place_remove(oss_train_place *place);
/* folder/name; free(). */
char *oss_train_place_path(const oss_train_place *place, const char *name);
bool oss_train_place_has(const oss_train_place *place, const char *name);

/* `ossicle-train` with these words (NULL at the end), waited for. */
oss_program_run oss_train_run(const char *const word[]);
#define oss_run_train(...) oss_train_run((const char *const[]){__VA_ARGS__, NULL})

/* The same, not waited for; stderr goes to the file `log`. */
pid_t oss_train_spawn(const char *const word[], const char *log);
/* Exit code, or 128 + the signal that ended it. */
int oss_train_wait(pid_t child);

/* The test fails unless both files of the folder hold the same bytes. */
void oss_train_place_assert_same(const oss_train_place *place, const char *a, const char *b);

#endif
