/* What the parts of config share: config_keys.c (the table), config_value.c (one value in and out), config_lists.c
 * (values that are lists), config.c (whole configs), config_check.c. */
#ifndef OSS_MODEL_CONFIG_INTERNAL_H
#define OSS_MODEL_CONFIG_INTERNAL_H

#include <stddef.h>

#include "base/json.h"
#include "model/config.h"

typedef enum config_type {
    CONFIG_INTEGER, /* int32_t */
    CONFIG_LONG,    /* int64_t */
    CONFIG_SEED,    /* uint64_t */
    CONFIG_NUMBER,  /* double */
    CONFIG_DERIVED, /* double; null: follows from other keys */
    CONFIG_BETAS,   /* two doubles, one after the other */
    CONFIG_WORD,    /* an enum whose values count from 0 */
    CONFIG_PATH,    /* char *, NULL for null */
    CONFIG_SOURCES, /* train_csv and train_csvs */
    CONFIG_NAMES    /* freeze and freezes */
} config_type;

typedef struct config_field {
    const char *name;
    const char *alias;
    const char *section;
    config_type type;
    size_t offset;
    double low, high;
    bool above, below;       /* the bound itself is not allowed */
    const char *range;       /* in words, when the bounds do not say all */
    const char *const *word; /* [words], in the order of the enum */
    int32_t words;
    bool model;           /* stored in model files */
    bool unless_zero;     /* but not when it is 0: versions without the key read the file then; integers */
    bool resume;          /* --resume may change it */
    const char *fallback; /* the default, as JSON */
    const char *help;
} config_field;

typedef struct config_foreign {
    const char *name;
    const char *instead; /* the key here that does something like it; NULL: none */
} config_foreign;

extern const config_field oss_config_field[];
extern const int32_t oss_config_fields;
/* Keys of the program that the network comes from which have no meaning here. */
extern const config_foreign oss_config_foreign_key[];
extern const int32_t oss_config_foreign_keys;

/* Index of the field that is called name[0..length) (alias included), -1: none. */
int32_t oss_config_find(const char *name, size_t length);
/* Sets OSS_EINPUT `"nmae": unknown key; the nearest known one is "name"`. */
oss_status oss_config_fail_unknown(const char *name, size_t length);

/* config_value.c. `name` is what the user called the key. *given: whether it has a value of its own now. On failure both
 * are as before. */
oss_status oss_config_apply(oss_config *config, const config_field *field, bool *given, const char *name,
                            const oss_json *value);
oss_status oss_config_check_field(const oss_config *config, const config_field *field);
void oss_config_add(oss_json *object, const oss_config *config, const config_field *field);
void oss_config_describe_range(char *out, size_t bytes, const config_field *field);

/* config_lists.c. A path as a new string (oss_free). */
oss_status oss_config_copy_path(char **out, const char *name, const oss_json *value);
/* train_csv. */
oss_status oss_config_apply_sources(oss_config *config, const char *name, const oss_json *value);
oss_status oss_config_check_sources(const oss_config *config);
void oss_config_add_sources(oss_json *object, const char *name, const oss_config *config);
void oss_config_free_sources(oss_config *config);

/* freeze. */
oss_status oss_config_apply_names(oss_config *config, const char *name, const oss_json *value);
void oss_config_add_names(oss_json *object, const char *name, const oss_config *config);
void oss_config_free_names(oss_config *config);

/* config_check.c: values of keys that were not given and follow from others. */
void oss_config_derive(oss_config *config);

#endif
