/* Recordings that a small model can learn in seconds: every letter a to h is a tone of its own, a space is
 * silence, with a little noise and a tempo that varies. */
#ifndef OSS_TESTS_TONES_H
#define OSS_TESTS_TONES_H

#include <stdint.h>

typedef struct oss_tones {
    int32_t rows;
    uint64_t seed;
    int32_t min_letters, max_letters; /* per row; every fifth gap between letters is a space */
    int32_t speakers;                 /* 0: no such column; else rows take turns: "s0", "s1"... */
    int32_t rate_hz;                  /* 0: 16000 */
} oss_tones;

/* Writes FOLDER/NAME.csv (wav,text[,speaker]) and FOLDER/NAME-000.wav and so on. Returns the CSV's path, for
 * free(). */
char *oss_tones_make(const char *folder, const char *name, const oss_tones *spec);
/* One recording of a text of letters a to h and spaces. */
void oss_tones_write_wav(const char *path, const char *text, uint64_t seed, int32_t rate_hz);

#endif
