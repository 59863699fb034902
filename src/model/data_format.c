#include "model/data_format.h"

const char *const oss_data_format_word[OSS_DATA_FORMATS] = {"auto",        "csv",      "nemo", "huggingface",
                                                            "commonvoice", "ljspeech", "kaldi"};

static const char *const title[OSS_DATA_FORMATS] = {"a dataset",          "a CSV",
                                                    "a NeMo manifest",    "a Hugging Face audiofolder",
                                                    "a Common Voice TSV", "an LJSpeech list",
                                                    "a Kaldi folder"};

const char *oss_data_format_title(oss_data_format format) {
    return title[format];
}
