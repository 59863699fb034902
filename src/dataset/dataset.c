#include "dataset/dataset.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "dataset/row_source.h"

struct oss_dataset {
    oss_row_source *source;
    char *path;   /* of the file that is opened: in a folder, that of its list */
    char *folder; /* what its paths are relative to */
    oss_data_format format;
    oss_case policy;
    const char *source_text; /* of the last row, the source's */
};

const char *oss_dataset_folder_file(int index) {
    static const char *const name[] = {"metadata.csv", "metadata.jsonl", "text", "wav.scp",
                                       "segments",     "utt2spk",        NULL};
    return name[index];
}

/* ---- Opening ---- */

/* Lists that a folder of a form has one of. */
static const char *const list[OSS_DATA_FORMATS][3] = {
    [OSS_DATA_HUGGINGFACE] = {"metadata.csv", "metadata.jsonl"},
    [OSS_DATA_LJSPEECH] = {"metadata.csv"},
    [OSS_DATA_KALDI] = {"text"}};

/* *out NULL: there is none. */
static oss_status find_list(char **out, const char *folder, oss_data_format format) {
    char *found = NULL;
    oss_status status = OSS_OK;
    for (int i = 0; list[format][i] != NULL && status == OSS_OK; i++) {
        char *path = oss_path_join(folder, list[format][i]);
        if (path == NULL) {
            status = OSS_ENOMEM;
        } else if (oss_file_exists(path) && found == NULL) {
            found = path;
            continue;
        } else if (oss_file_exists(path)) {
            status = oss_fail(OSS_EINPUT, "%s has both %s and %s: give the path of one", folder,
                              oss_path_name(found), oss_path_name(path));
        }
        oss_free(path);
    }
    if (status != OSS_OK) {
        oss_free(found);
        return status;
    }
    *out = found;
    return OSS_OK;
}

static oss_status refuse_folder(const char *path, oss_data_format format) {
    const char *title = oss_data_format_title(format);
    if (format == OSS_DATA_CSV) {
        return oss_rows_explain(path, OSS_EINPUT);
    }
    if (list[format][0] == NULL) {
        return oss_fail(OSS_EINPUT, "%s is a folder: give the path of %s", path, title);
    }
    bool is_either = list[format][1] != NULL;
    return oss_fail(OSS_EINPUT, "%s has no file %s%s%s, which %s has", path, list[format][0],
                    is_either ? " or " : "", is_either ? list[format][1] : "", title);
}

static oss_status place_folder(oss_dataset *dataset, const char *path) {
    oss_status status = find_list(&dataset->path, path, dataset->format);
    if (status == OSS_OK && dataset->path == NULL) {
        return refuse_folder(path, dataset->format);
    }
    dataset->folder = oss_strdup(path);
    return status == OSS_OK && dataset->folder == NULL ? OSS_ENOMEM : status;
}

static oss_status place_file(oss_dataset *dataset, const char *path) {
    if (dataset->format == OSS_DATA_KALDI) {
        return oss_fail(OSS_EINPUT, "%s is a file, and a Kaldi dataset is a folder: give that", path);
    }
    dataset->path = oss_strdup(path);
    dataset->folder = oss_path_folder(path);
    return dataset->path == NULL || dataset->folder == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status open_source(oss_dataset *dataset) {
    static oss_rows_open *const open[OSS_DATA_FORMATS] = {
        [OSS_DATA_CSV] = oss_csv_rows_open,
        [OSS_DATA_NEMO] = oss_nemo_rows_open,
        [OSS_DATA_HUGGINGFACE] = oss_csv_folder_rows_open,
        [OSS_DATA_COMMONVOICE] = oss_commonvoice_rows_open,
        [OSS_DATA_LJSPEECH] = oss_ljspeech_rows_open,
        [OSS_DATA_KALDI] = oss_kaldi_rows_open,
    };
    oss_rows_open *opens = open[dataset->format];
    if (dataset->format == OSS_DATA_HUGGINGFACE && oss_path_ends_in(dataset->path, ".jsonl")) {
        opens = oss_json_folder_rows_open;
    }
    return opens(&dataset->source, dataset->path, dataset->folder);
}

static oss_status open_parts(oss_dataset *dataset, const char *path) {
    oss_status status = OSS_OK;
    bool is_found = dataset->format == OSS_DATA_AUTO;
    if (is_found) {
        status = oss_dataset_find_format(&dataset->format, path);
    }
    if (status == OSS_OK) {
        status = oss_file_is_folder(path) ? place_folder(dataset, path) : place_file(dataset, path);
    }
    if (status == OSS_OK) {
        status = open_source(dataset);
    }
    if (status == OSS_OK && is_found && dataset->format != OSS_DATA_CSV) {
        oss_log_info("%s: read as %s", path, oss_data_format_title(dataset->format));
    }
    return status;
}

oss_status oss_dataset_open(oss_dataset **out, const char *path, oss_data_format format, oss_case policy) {
    oss_dataset *dataset = oss_alloc_zero(1, sizeof *dataset);
    if (dataset == NULL) {
        return OSS_ENOMEM;
    }
    dataset->policy = policy;
    dataset->format = format;
    oss_status status = open_parts(dataset, path);
    if (status != OSS_OK) {
        oss_dataset_free(dataset);
        return status;
    }
    *out = dataset;
    return OSS_OK;
}

void oss_dataset_free(oss_dataset *dataset) {
    if (dataset == NULL) {
        return;
    }
    if (dataset->source != NULL) {
        dataset->source->type->free(dataset->source);
    }
    oss_free(dataset->path);
    oss_free(dataset->folder);
    oss_free(dataset);
}

/* ---- Rows ---- */

static oss_status copy_row(const oss_dataset *dataset, const oss_source_row *from, oss_dataset_row *row) {
    oss_status status = oss_text_normalize(&row->text, from->text, dataset->policy);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s:%lld: row %lld", from->file, (long long)from->line,
                               (long long)from->number);
    }
    row->wav = oss_strdup(from->wav);
    row->path = oss_rows_resolve(dataset->folder, from->wav);
    row->speaker = from->speaker == NULL ? NULL : oss_strdup(from->speaker);
    bool whole = row->wav != NULL && row->path != NULL && (from->speaker == NULL || row->speaker != NULL);
    return whole ? OSS_OK : OSS_ENOMEM;
}

oss_status oss_dataset_next(oss_dataset *dataset, oss_dataset_row *out, bool *out_is_there) {
    oss_source_row from;
    bool is_there = false;
    oss_status status = dataset->source->type->next(dataset->source, &from, &is_there);
    if (status == OSS_OK && is_there) {
        oss_dataset_row row = {.number = from.number,
                               .line = from.line,
                               .start_seconds = from.start_seconds,
                               .end_seconds = from.end_seconds};
        status = copy_row(dataset, &from, &row);
        if (status != OSS_OK) {
            oss_dataset_row_deinit(&row);
            return status == OSS_EINPUT ? dataset->source->type->refuse(dataset->source) : status;
        }
        dataset->source_text = from.text;
        *out = row;
    }
    if (status == OSS_OK) {
        *out_is_there = is_there;
    }
    return status;
}

oss_data_format oss_dataset_format(const oss_dataset *dataset) {
    return dataset->format;
}

oss_csv_place oss_dataset_place(const oss_dataset *dataset) {
    return dataset->source->type->place(dataset->source);
}

const char *oss_dataset_source_text(const oss_dataset *dataset) {
    return dataset->source_text;
}

uint64_t oss_dataset_wav_offset(const oss_dataset *dataset) {
    const oss_row_source_type *type = dataset->source->type;
    return type->wav_offset == NULL ? 0 : type->wav_offset(dataset->source);
}
