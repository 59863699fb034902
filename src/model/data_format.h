/* The forms in which a dataset may come (docs/file-formats.md). */
#ifndef OSS_MODEL_DATA_FORMAT_H
#define OSS_MODEL_DATA_FORMAT_H

typedef enum oss_data_format {
    OSS_DATA_AUTO, /* found by what is in it */
    OSS_DATA_CSV,
    OSS_DATA_NEMO,
    OSS_DATA_HUGGINGFACE,
    OSS_DATA_COMMONVOICE,
    OSS_DATA_LJSPEECH,
    OSS_DATA_KALDI,
    OSS_DATA_FORMATS
} oss_data_format;

/* As a config and --data-format write them, in the order of the enum. */
extern const char *const oss_data_format_word[OSS_DATA_FORMATS];
/* For people: "a NeMo manifest". */
const char *oss_data_format_title(oss_data_format format);

#endif
