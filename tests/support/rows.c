#include "support/rows.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

void oss_rows_add(oss_manifest *manifest, int64_t number, const char *text, const char *speaker,
                  int64_t samples) {
    char wav[32];
    snprintf(wav, sizeof wav, "r%lld.wav", (long long)number);
    oss_row row = {.csv.number = number, .csv.end_seconds = -1, .sound.samples = samples};
    row.csv.wav = oss_strdup(wav);
    row.csv.path = oss_strdup(wav);
    row.csv.text = oss_strdup(text);
    row.csv.speaker = speaker == NULL ? NULL : oss_strdup(speaker);
    const uint64_t identity[2] = {(uint64_t)number, oss_hash(text, strlen(text))};
    row.key = oss_hash(identity, sizeof identity);
    ck_assert_int_eq(oss_manifest_add(manifest, &row), OSS_OK);
}

oss_config *oss_rows_config(const char *json) {
    oss_config *config = NULL;
    oss_status status = oss_config_parse(&config, json, "test config");
    ck_assert_msg(status == OSS_OK, "%s", oss_last_error());
    return config;
}
