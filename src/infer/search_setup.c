#include "infer/search_setup.h"

#include <stdatomic.h>

#include "base/fail.h"
#include "base/mem.h"
#include "decode/symbol_priors.h"
#include "decode/symbol_tokens.h"

struct oss_search_models {
    _Atomic int32_t owners;
    oss_ngram *words, *symbols, *rescorer;      /* NULL: none */
    oss_lexicon *lexicon;                       /* of `words` */
    float *symbol_prior;                        /* by `words`, else by `symbols` */
    char *lm_path, *symbol_path, *rescore_path; /* NULL: none */
};

struct oss_search_hotwords {
    _Atomic int32_t owners;
    oss_hotwords *hotwords;
};

/* ---- What is counted ---- */

static void release_models(oss_search_models *models) {
    if (models == NULL || atomic_fetch_sub(&models->owners, 1) > 1) {
        return;
    }
    oss_lexicon_free(models->lexicon);
    oss_ngram_free(models->words);
    oss_ngram_free(models->symbols);
    oss_ngram_free(models->rescorer);
    oss_free(models->symbol_prior);
    oss_free(models->lm_path);
    oss_free(models->symbol_path);
    oss_free(models->rescore_path);
    oss_free(models);
}

static oss_search_models *share_models(oss_search_models *models) {
    if (models != NULL) {
        atomic_fetch_add(&models->owners, 1);
    }
    return models;
}

static void release_hotwords(oss_search_hotwords *shared) {
    if (shared != NULL && atomic_fetch_sub(&shared->owners, 1) == 1) {
        oss_hotwords_free(shared->hotwords);
        oss_free(shared);
    }
}

static oss_search_hotwords *share_hotwords(oss_search_hotwords *shared) {
    if (shared != NULL) {
        atomic_fetch_add(&shared->owners, 1);
    }
    return shared;
}

/* ---- Language models ---- */

static oss_status load_lm(oss_search_models *models, const oss_model *model, const char *path) {
    oss_ngram *ngram = NULL;
    models->lm_path = oss_strdup(path);
    oss_status status = models->lm_path == NULL ? OSS_ENOMEM : oss_ngram_load(&ngram, path);
    if (status == OSS_OK && oss_ngram_is_of_symbols(ngram)) {
        models->symbols = ngram;
        return oss_symbol_tokens_check(ngram, model->vocab, path);
    }
    models->words = ngram;
    return status == OSS_OK ? oss_lexicon_create(&models->lexicon, ngram, model->vocab, path) : status;
}

/* ARPA files do not say that they are of symbols; here they need not. */
static oss_status load_symbol_lm(oss_search_models *models, const oss_model *model, const char *path) {
    if (models->symbols != NULL) {
        return oss_fail(OSS_EINPUT, "%s is a language model of symbols as %s is: give one of words beside it",
                        models->lm_path, path);
    }
    models->symbol_path = oss_strdup(path);
    oss_status status = models->symbol_path == NULL ? OSS_ENOMEM : oss_ngram_load(&models->symbols, path);
    return status == OSS_OK ? oss_symbol_tokens_check(models->symbols, model->vocab, path) : status;
}

static oss_status load_rescorer(oss_search_models *models, const char *path) {
    models->rescore_path = oss_strdup(path);
    oss_status status = models->rescore_path == NULL ? OSS_ENOMEM : oss_ngram_load(&models->rescorer, path);
    if (status == OSS_OK && oss_ngram_is_of_symbols(models->rescorer)) {
        status =
            oss_fail(OSS_EINPUT,
                     "%s is a language model of symbols: what ranks hypotheses anew is one of words", path);
    }
    return status;
}

static oss_status find_priors(oss_search_models *models, const oss_model *model) {
    models->symbol_prior = oss_alloc((size_t)oss_vocab_size(model->vocab), sizeof *models->symbol_prior);
    return models->symbol_prior == NULL
               ? OSS_ENOMEM
               : oss_symbol_priors_find(models->symbol_prior,
                                        models->words != NULL ? models->words : models->symbols,
                                        model->vocab);
}

static oss_status load_models(oss_search_models **out, const oss_model *model,
                              const oss_decoding_options *options) {
    oss_search_models *models = oss_alloc_zero(1, sizeof *models);
    if (models == NULL) {
        return OSS_ENOMEM;
    }
    atomic_init(&models->owners, 1);
    oss_status status = options->lm == NULL ? OSS_OK : load_lm(models, model, options->lm);
    if (status == OSS_OK && options->lm != NULL) {
        status = find_priors(models, model);
    }
    if (status == OSS_OK && options->symbol_lm != NULL) {
        status = load_symbol_lm(models, model, options->symbol_lm);
    }
    if (status == OSS_OK && options->rescore_lm != NULL) {
        status = load_rescorer(models, options->rescore_lm);
    }
    if (status != OSS_OK) {
        release_models(models);
        return status;
    }
    *out = models;
    return OSS_OK;
}

bool oss_search_setup_knows_words(const oss_search_setup *setup) {
    return setup->models != NULL && setup->models->words != NULL;
}

const oss_ngram *oss_search_setup_rescorer(const oss_search_setup *setup) {
    return setup->models == NULL ? NULL : setup->models->rescorer;
}

/* ---- The search ---- */

static oss_ngram_tuning tuning_of(const oss_search_models *models) {
    const oss_ngram *ngram = models == NULL ? NULL : models->words != NULL ? models->words : models->symbols;
    return ngram == NULL ? (oss_ngram_tuning){0} : oss_ngram_get_tuning(ngram);
}

/* Makes the beam that the rest asks for. */
static oss_status make_beam(oss_search_setup *setup, const oss_model *model) {
    const oss_search_models *models = setup->models;
    const oss_ngram_tuning tuning = tuning_of(models);
    setup->used = setup->asked;
    if (setup->hotwords == NULL && !oss_decoding_searches(&setup->asked)) {
        return OSS_OK;
    }
    oss_decoding_fill_in(&setup->used, &tuning);
    const oss_beam_options options = oss_decoding_beam_options(&setup->used);
    const oss_beam_models with = {.vocab = model->vocab,
                                  .lexicon = models == NULL ? NULL : models->lexicon,
                                  .words = models == NULL ? NULL : models->words,
                                  .symbols = models == NULL ? NULL : models->symbols,
                                  .symbol_prior = models == NULL ? NULL : models->symbol_prior,
                                  .hotwords = setup->hotwords == NULL ? NULL : setup->hotwords->hotwords};
    return oss_beam_create(&setup->beam, &with, &options);
}

void oss_search_setup_deinit(oss_search_setup *setup) {
    oss_beam_free(setup->beam);
    release_hotwords(setup->hotwords);
    release_models(setup->models);
    *setup = (oss_search_setup){0};
}

/* `made` in place of *setup, once its beam is made. */
static oss_status replace(oss_search_setup *setup, oss_search_setup *made, const oss_model *model) {
    oss_status status = make_beam(made, model);
    if (status != OSS_OK) {
        oss_search_setup_deinit(made);
        return status;
    }
    oss_search_setup_deinit(setup);
    *setup = *made;
    return OSS_OK;
}

oss_status oss_search_setup_share(oss_search_setup *out, const oss_search_setup *from,
                                  const oss_model *model) {
    oss_search_setup made = {.asked = from->asked,
                             .models = share_models(from->models),
                             .hotwords = share_hotwords(from->hotwords)};
    return replace(out, &made, model);
}

oss_status oss_search_setup_set(oss_search_setup *setup, const oss_model *model,
                                const oss_decoding_options *given) {
    oss_search_setup made = {0};
    if (given == NULL) {
        oss_search_setup_deinit(setup);
        return OSS_OK;
    }
    oss_status status = oss_decoding_read_options(&made.asked, given);
    if (status == OSS_OK) {
        status = load_models(&made.models, model, &made.asked);
    }
    if (status != OSS_OK) {
        return status;
    }
    made.asked.lm = made.models->lm_path;
    made.asked.symbol_lm = made.models->symbol_path;
    made.asked.rescore_lm = made.models->rescore_path;
    made.hotwords = share_hotwords(setup->hotwords);
    return replace(setup, &made, model);
}

oss_status oss_search_setup_retune(oss_search_setup *setup, const oss_model *model,
                                   const oss_decoding_options *given) {
    oss_search_setup made = {0};
    oss_status status = oss_decoding_read_options(&made.asked, given);
    if (status != OSS_OK) {
        return status;
    }
    made.asked.lm = setup->asked.lm;
    made.asked.symbol_lm = setup->asked.symbol_lm;
    made.asked.rescore_lm = setup->asked.rescore_lm;
    made.models = share_models(setup->models);
    made.hotwords = share_hotwords(setup->hotwords);
    return replace(setup, &made, model);
}

/* A beam that goes on costs nothing; one that is asked for by hotwords alone comes and goes with them. */
oss_status oss_search_setup_set_hotwords(oss_search_setup *setup, const oss_model *model,
                                         oss_hotwords *hotwords) {
    oss_search_setup made = {.asked = setup->asked, .models = share_models(setup->models)};
    if (hotwords != NULL) {
        made.hotwords = oss_alloc_zero(1, sizeof *made.hotwords);
        if (made.hotwords == NULL) {
            oss_hotwords_free(hotwords);
            release_models(made.models);
            return OSS_ENOMEM;
        }
        atomic_init(&made.hotwords->owners, 1);
        made.hotwords->hotwords = hotwords;
    }
    if (setup->beam != NULL && (hotwords != NULL || oss_decoding_searches(&setup->asked))) {
        oss_beam_set_hotwords(setup->beam, hotwords);
        release_models(made.models);
        release_hotwords(setup->hotwords);
        setup->hotwords = made.hotwords;
        return OSS_OK;
    }
    return replace(setup, &made, model);
}
