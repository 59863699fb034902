/* Which form a dataset has, by what is in it. */
#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "dataset/dataset.h"
#include "dataset/row_source.h"
#include "dataset/separators.h"

enum { HEAD_BYTES = 1 << 16 }; /* what is looked at: the first line, as far as it fits */

oss_status oss_rows_explain(const char *csv_path, oss_status status) {
    static const char remedy[] =
        "give a CSV that lists recordings, with columns wav and text, or a dataset of another form";
    const oss_audio_request request = {.rate_hz = 16000, .keep_rate = true, .end_seconds = 0.001};
    if (oss_file_is_folder(csv_path)) {
        return oss_fail(status, "%s is a folder: %s", csv_path, remedy);
    }
    if (status != OSS_EINPUT || !oss_file_is_regular(csv_path)) { /* of a pipe nothing is read twice */
        return status;
    }
    char *message = oss_strdup(oss_last_error());
    const char *separator = oss_separator_find_in_file(csv_path);
    oss_audio audio;
    if (message == NULL) {
        status = OSS_ENOMEM;
    } else if (oss_audio_load(&audio, csv_path, &request) == OSS_OK) {
        oss_audio_deinit(&audio);
        status = oss_fail(status, "%s is a recording: %s", csv_path, remedy);
    } else if (separator != NULL) {
        status = oss_separator_refuse(csv_path, separator, "columns called wav and text");
    } else {
        status = oss_fail(status, "%s", message);
    }
    oss_free(message);
    return status;
}

/* ---- Folders ---- */

/* Whether there is such a file in the folder. *out stays when memory is short. */
static oss_status has_file(bool *out, const char *folder, const char *name) {
    char *path = oss_path_join(folder, name);
    if (path == NULL) {
        return OSS_ENOMEM;
    }
    *out = oss_file_exists(path);
    oss_free(path);
    return OSS_OK;
}

static oss_status find_format_of_list(oss_data_format *out, const char *path);

static oss_status find_format_of_folder(oss_data_format *out, const char *folder) {
    bool is_kaldi = false, has_csv = false, has_jsonl = false;
    oss_status status = has_file(&is_kaldi, folder, "wav.scp");
    if (status == OSS_OK) {
        status = has_file(&has_jsonl, folder, "metadata.jsonl");
    }
    if (status == OSS_OK) {
        status = has_file(&has_csv, folder, "metadata.csv");
    }
    if (status != OSS_OK) {
        return status;
    }
    if (!is_kaldi && !has_jsonl && has_csv) { /* of an audiofolder, or of LJSpeech */
        char *path = oss_path_join(folder, "metadata.csv");
        status = path == NULL ? OSS_ENOMEM : find_format_of_list(out, path);
        oss_free(path);
        *out = *out == OSS_DATA_LJSPEECH ? OSS_DATA_LJSPEECH : OSS_DATA_HUGGINGFACE;
        return status;
    }
    *out = is_kaldi ? OSS_DATA_KALDI : has_jsonl ? OSS_DATA_HUGGINGFACE : OSS_DATA_CSV;
    return OSS_OK;
}

/* ---- Files ---- */

typedef struct file_head {
    char text[HEAD_BYTES + 1]; /* NUL-terminated; of the first line alone */
    size_t bytes;              /* of the file, as far as they fit */
} file_head;

static oss_status read_head(file_head *out, const char *path) {
    oss_source source;
    oss_status status = oss_source_open(&source, path);
    if (status != OSS_OK) {
        return status;
    }
    out->bytes = oss_source_read(&source, 0, out->text, HEAD_BYTES);
    status = oss_source_status(&source, path);
    oss_source_close(&source);
    out->text[out->bytes] = '\0';
    return status;
}

/* What begins so is packed, or no text. */
static oss_status refuse_packed(const char *path, const file_head *head) {
    static const struct {
        const char *magic, *what;
    } packed[] = {
        {"\x1f\x8b", "compressed by gzip: unpack it first (gunzip -k)"},
        {"BZh", "compressed by bzip2: unpack it first (bunzip2 -k)"},
        {"\xfd"
         "7zXZ",
         "compressed by xz: unpack it first (unxz -k)"},
        {"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first (unzstd)"},
        {"PAR1", "Parquet, which holds the recordings too: write them to files, with a metadata.csv"}};
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        if (strncmp(head->text, packed[i].magic, strlen(packed[i].magic)) == 0) {
            return oss_fail(OSS_EINPUT, "%s is %s", path, packed[i].what);
        }
    }
    return OSS_OK;
}

static oss_status find_json_form(oss_data_format *out, const char *path, const char *line) {
    if (strstr(line, "\"audio_filepath\"") != NULL) {
        *out = OSS_DATA_NEMO;
    } else if (strstr(line, "\"file_name\"") != NULL) {
        *out = OSS_DATA_HUGGINGFACE;
    } else {
        return oss_fail(
            OSS_EINPUT,
            "%s: its first line is JSON, but has neither \"audio_filepath\" (as in a NeMo manifest) nor "
            "\"file_name\" (as in metadata.jsonl): name the recordings so",
            path);
    }
    return OSS_OK;
}

/* Whether one of the cells between separators is `name`, as it stands, in blanks or in quotes. */
static bool has_cell(const char *line, char separator, const char *name) {
    static const char around[] = " \"";
    for (const char *at = line; at != NULL;) {
        const char *next = strchr(at, separator);
        const char *end = next == NULL ? at + strlen(at) : next;
        at += strspn(at, around);
        while (end > at && strchr(around, end[-1]) != NULL) {
            end--;
        }
        if ((size_t)(end - at) == strlen(name) && strncmp(at, name, strlen(name)) == 0) {
            return true;
        }
        at = next == NULL ? NULL : next + 1;
    }
    return false;
}

/* Whether a header has a column of recordings that a plain CSV has: what else is there then decides nothing. */
static bool names_recording(const char *line) {
    static const char *const name[] = {"wav", "audio", "path", "wav_filename"};
    bool found = false;
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        found = found || has_cell(line, ',', name[i]);
    }
    return found;
}

/* id|text: beside a folder of recordings that LJSpeech names so, or with a path that is there. */
static oss_status is_ljspeech(bool *out, const char *path, char *line) {
    char *bar = strchr(line, '|'), *folder = NULL, *wavs = NULL, *first = NULL;
    *out = false;
    if (bar == NULL) {
        return OSS_OK;
    }
    *bar = '\0';
    folder = oss_path_folder(path);
    wavs = folder == NULL ? NULL : oss_path_join(folder, "wavs");
    first = folder == NULL ? NULL : oss_path_join(folder, line);
    *bar = '|';
    bool is_ok = wavs != NULL && first != NULL;
    *out = is_ok && (oss_file_is_folder(wavs) || oss_file_is_regular(first));
    oss_free(folder);
    oss_free(wavs);
    oss_free(first);
    return is_ok ? OSS_OK : OSS_ENOMEM;
}

static oss_status find_format_of_list(oss_data_format *out, const char *path) {
    file_head *head = oss_alloc(1, sizeof *head);
    bool is_ljspeech_list = false;
    oss_status status = head == NULL ? OSS_ENOMEM : read_head(head, path);
    if (status == OSS_OK) {
        status = refuse_packed(path, head);
    }
    if (status != OSS_OK) {
        oss_free(head);
        return status;
    }
    char *line = head->text + (strncmp(head->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
    line += strspn(line, " \t\r\n");
    line[strcspn(line, "\r\n")] = '\0';
    *out = OSS_DATA_CSV;
    if (line[0] == '{') {
        status = find_json_form(out, path, line);
    } else if (has_cell(line, '\t', "path") && has_cell(line, '\t', "sentence")) {
        *out = OSS_DATA_COMMONVOICE;
    } else if (has_cell(line, ',', "file_name") && !names_recording(line)) {
        *out = OSS_DATA_HUGGINGFACE;
    } else {
        status = is_ljspeech(&is_ljspeech_list, path, line);
        *out = is_ljspeech_list ? OSS_DATA_LJSPEECH : OSS_DATA_CSV;
    }
    oss_free(head);
    return status;
}

oss_status oss_dataset_find_format(oss_data_format *out, const char *path) {
    oss_data_format format = OSS_DATA_CSV;
    oss_status status = OSS_OK;
    if (oss_file_is_folder(path)) {
        status = find_format_of_folder(&format, path);
    } else if (oss_file_is_regular(
                   path)) { /* a pipe is read once, and what is not there is for the reader to tell */
        status = find_format_of_list(&format, path);
    }
    if (status == OSS_OK) {
        *out = format;
    }
    return status;
}
