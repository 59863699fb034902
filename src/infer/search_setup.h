/* What a recognizer searches with: options, language models, hotwords, and the search itself. Models and hotwords are shared
 * with siblings by counting; the search is the recognizer's own. */
#ifndef OSS_INFER_SEARCH_SETUP_H
#define OSS_INFER_SEARCH_SETUP_H

#include "decode/beam.h"
#include "infer/decoding_options.h"
#include "model/model_file.h"

typedef struct oss_search_models oss_search_models;
typedef struct oss_search_hotwords oss_search_hotwords;

/* Zero-initialise: greedy. */
typedef struct oss_search_setup {
    oss_decoding_options asked;    /* as they were given; the strings are the models' */
    oss_decoding_options used;     /* without defaults, when there is a beam */
    oss_search_models *models;     /* NULL: none */
    oss_search_hotwords *hotwords; /* NULL: none */
    oss_beam *beam;                /* NULL: greedy */
} oss_search_setup;

void oss_search_setup_deinit(oss_search_setup *setup);
/* The same for a sibling. */
oss_status oss_search_setup_share(oss_search_setup *out, const oss_search_setup *from,
                                  const oss_model *model);

/* `model` must outlive the setup, which stays as it was after a failure. given NULL: greedy, without hotwords. */
oss_status oss_search_setup_set(oss_search_setup *setup, const oss_model *model,
                                const oss_decoding_options *given);
/* The models and hotwords that are there, with other numbers. */
oss_status oss_search_setup_retune(oss_search_setup *setup, const oss_model *model,
                                   const oss_decoding_options *given);
/* Takes `hotwords` (NULL: none), also when it fails. */
oss_status oss_search_setup_set_hotwords(oss_search_setup *setup, const oss_model *model,
                                         oss_hotwords *hotwords);

/* Whether there is a language model of words. */
bool oss_search_setup_knows_words(const oss_search_setup *setup);
/* The second language model; NULL: none. */
const oss_ngram *oss_search_setup_rescorer(const oss_search_setup *setup);

#endif
