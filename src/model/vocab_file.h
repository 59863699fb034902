/* Vocabularies as JSON: the list in a model file, and a file by itself that `ossicle vocab` writes and
 * training takes by `vocab_json`:
 *
 *     {"case":"lower","units":"bpe","vocab":["<blank>","<UNK>"," ","a",...]} */
#ifndef OSS_MODEL_VOCAB_FILE_H
#define OSS_MODEL_VOCAB_FILE_H

#include "base/json.h"
#include "model/config.h"
#include "text/vocab.h"

/* An array of strings, index = id. OSS_EINPUT names the symbol that is wrong. */
oss_status oss_vocab_from_json(oss_vocab **out, oss_units units, const oss_json *array);
/* The same array; `container` as oss_json_add_array takes it. */
void oss_vocab_add_symbols(oss_json *array, const oss_vocab *vocab);

/* The file, or a bare array. OSS_EINPUT when its units or case are not those of the config. */
oss_status oss_vocab_load(oss_vocab **out, const char *path, const oss_config *config);
/* `config` says the case. */
oss_status oss_vocab_save(const oss_vocab *vocab, const oss_config *config, const char *path);

#endif
