/* ossicle info: what a model is. */
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "cli/commands.h"
#include "cli/default_model.h"
#include "model/model_file.h"
#include "model/model_internal.h"
#include "model/safetensors.h"
#include "model/sizes.h"
#include "model/vocab_file.h"

enum { STATE_MAX_BYTES = 1 << 20 };

static const oss_cli_option options[] = {
    {.name = "--json", .help = "print one JSON object"},
};

typedef struct description {
    char *file; /* the model file itself */
    oss_model *model;
    int64_t bytes;
    char sum[17];
    bool has_step;
    int64_t step;      /* of the checkpoint that the file belongs to */
    char *config_text; /* JSON, pretty */
} description;

/* state.json beside a checkpoint's model says which step it is; a model file by itself has none. */
static oss_status read_step(description *d) {
    char *folder = oss_path_folder(d->file);
    char *path = folder == NULL ? NULL : oss_path_join(folder, "state.json");
    oss_json *state = NULL;
    oss_status status = path == NULL ? OSS_ENOMEM : OSS_OK;
    if (path != NULL && oss_file_exists(path)) {
        status = oss_json_load(&state, path, STATE_MAX_BYTES);
        if (status == OSS_OK) {
            status = oss_json_get_integer(state, "step", 0, OSS_JSON_MAX_INTEGER, &d->step);
        }
        d->has_step = status == OSS_OK;
        if (status != OSS_OK) {
            status = oss_fail_prefix(status, "%s", path);
        }
    }
    oss_json_free(state);
    oss_free(path);
    oss_free(folder);
    return status;
}

static oss_status print_config(const oss_model_config *config, char **out) {
    char *text = oss_config_print_model(config);
    if (text == NULL) {
        return OSS_ENOMEM;
    }
    oss_json *json = NULL;
    oss_status status = oss_json_parse(&json, text, strlen(text), "config");
    if (status == OSS_OK) {
        status = oss_json_print(out, json, OSS_JSON_PRETTY | OSS_JSON_SORTED);
    }
    oss_json_free(json);
    oss_free(text);
    return status;
}

static oss_status describe(description *d, const char *path) {
    oss_status status = oss_model_resolve(&d->file, path);
    if (status == OSS_OK) {
        status = oss_file_size(&d->bytes, d->file);
    }
    if (status == OSS_OK) {
        status = oss_model_load_file(&d->model, d->file, d->sum);
    }
    if (status == OSS_OK) {
        status = read_step(d);
    }
    if (status == OSS_OK) {
        status = print_config(&d->model->config, &d->config_text);
    }
    return status;
}

static int32_t count_symbols(const description *d) {
    return d->model->vocab == NULL ? 0 : oss_vocab_size(d->model->vocab);
}

static oss_status build_json(const description *d, char **out) {
    const oss_model_config *config = &d->model->config;
    oss_json *config_json = NULL;
    oss_status status = oss_json_parse(&config_json, d->config_text, strlen(d->config_text), "config");
    if (status != OSS_OK) {
        return status;
    }
    oss_json *object = oss_json_object();
    oss_json_add_string(object, "file", d->file);
    if (d->has_step) {
        oss_json_add_integer(object, "step", d->step);
    } else {
        oss_json_add_null(object, "step");
    }
    oss_json_add_integer(object, "bytes", d->bytes);
    oss_json_add_string(object, "sum", d->sum);
    oss_json_add_integer(object, "parameters", (int64_t)d->model->params->parameters);
    oss_json_add_string(object, "storage", oss_storage_name[d->model->storage]);
    oss_json_add_number(object, "embedding_hz", oss_sizes_embedding_hz(config));
    oss_json_add_integer(object, "embedding_width", config->d_model);
    oss_json_add_integer(object, "projected_width", config->projector_dim);
    oss_json_add_integer(object, "vocabulary_size", count_symbols(d));
    oss_json *vocabulary = oss_json_add_array(object, "vocabulary");
    if (d->model->vocab != NULL) {
        oss_vocab_add_symbols(vocabulary, d->model->vocab);
    }
    oss_json_add_copy(object, "config", config_json);
    status = oss_json_print(out, object, OSS_JSON_LINE);
    oss_json_free(object);
    oss_json_free(config_json);
    return status;
}

static oss_status print_vocabulary(const description *d) {
    oss_status status = OSS_OK;
    int32_t count = count_symbols(d);
    if (count == 0) {
        oss_cli_print("%-15snone: the model has no CTC head\n", "vocabulary");
        return OSS_OK;
    }
    oss_strbuf line = {0};
    oss_strbuf_printf(&line, "%-15s%d symbols:", "vocabulary", count);
    for (int32_t id = 0; id < count; id++) {
        const char *symbol = oss_vocab_symbol(d->model->vocab, id);
        bool is_space = strcmp(symbol, " ") == 0;
        bool begins_word =
            symbol[0] == ' ' && !is_space; /* of byte-pair units, as SentencePiece prints them */
        oss_strbuf_printf(&line, " %s%s", begins_word ? "\xe2\x96\x81" : "",
                          is_space ? "(space)" : symbol + begins_word);
    }
    if (oss_strbuf_ok(&line)) {
        oss_cli_print_line("%s", line.data);
    }
    status = oss_strbuf_ok(&line) ? OSS_OK : OSS_ENOMEM;
    oss_strbuf_deinit(&line);
    return status;
}

static oss_status print_table(const description *d) {
    const oss_model_config *config = &d->model->config;
    oss_cli_print_line("%-15s%s", "file", d->file);
    if (d->has_step) {
        oss_cli_print("%-15s%lld\n", "step", (long long)d->step);
    }
    oss_cli_print("%-15s%lld\n", "bytes", (long long)d->bytes);
    oss_cli_print("%-15s%s\n", "sum", d->sum);
    oss_cli_print("%-15s%zu\n", "parameters", d->model->params->parameters);
    oss_cli_print("%-15s%s\n", "storage", oss_storage_name[d->model->storage]);
    oss_cli_print("%-15s%d wide, %g a second\n", "embeddings", config->d_model,
                  oss_sizes_embedding_hz(config));
    if (config->projector_dim > 0) {
        oss_cli_print("%-15s%d wide\n", "projected", config->projector_dim);
    }
    if (d->model->vocab != NULL) {
        oss_cli_print("%-15s%d rows for each row of embeddings\n", "logits", config->ctc_subframes);
    }
    oss_status status = print_vocabulary(d);
    oss_cli_print("%-15s%s", "config", d->config_text);
    return status;
}

static int run_info(const oss_cli_args *args) {
    description d = {0};
    char *path = NULL;
    oss_status status =
        oss_cli_find_model(&path, oss_cli_operands(args) > 0 ? oss_cli_operand(args, 0) : NULL, "M");
    if (status == OSS_OK) {
        status = describe(&d, path);
    }
    if (status == OSS_OK && oss_cli_has(args, "--json")) {
        char *line = NULL;
        status = build_json(&d, &line);
        if (status == OSS_OK) {
            oss_cli_print("%s\n", line);
        }
        oss_free(line);
    } else if (status == OSS_OK) {
        status = print_table(&d);
    }
    oss_model_free(d.model);
    oss_free(d.file);
    oss_free(d.config_text);
    oss_free(path);
    return status == OSS_OK ? 0 : oss_cli_fail(args, status);
}

const oss_cli_command oss_command_info = {
    .name = "info",
    .summary = "what a model is: file, checksum, sizes, vocabulary, config",
    .operands = "[M]",
    .max_operands = 1,
    .details =
        "M: a model file, a checkpoint folder, or a run folder, whose best checkpoint (else the latest) is "
        "described, with its step. Without M: the model that other commands take without --model.",
    .option = options,
    .options = sizeof options / sizeof *options,
    .run = run_info};
