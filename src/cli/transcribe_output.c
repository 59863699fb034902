#include "cli/transcribe_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/tsv.h"
#include "cli/cli_files.h"

/* ---- Names ---- */

/* "a/b.wav" without what follows the last dot of its name. */
static char *strip_extension(const char *place) {
    const char *name = oss_path_name(place), *dot = strrchr(name, '.');
    return dot == NULL || dot == name ? oss_strdup(place) : oss_strndup(place, (size_t)(dot - place));
}

/* "a/b.srt" for "a/b.wav": below the folder of results, where there is one, else the id. */
static char *name_result(const oss_transcribe_output *output, const char *place) {
    char *stem = strip_extension(place);
    oss_strbuf name = {0};
    if (stem == NULL || output->folder == NULL) {
        return stem;
    }
    oss_strbuf_printf(&name, "%s.%s", stem, oss_format_extension(output->format));
    oss_free(stem);
    return oss_strbuf_take(&name);
}

static char *find_result(const oss_transcribe_output *output, const oss_recording_item *item) {
    char *name = name_result(output, item->place);
    char *path = name == NULL ? NULL : oss_path_join(output->folder, name);
    oss_free(name);
    return path;
}

/* ---- No two recordings have one file or id, and no file is one that is read ---- */

typedef struct named_result {
    char *name; /* below the folder */
    const oss_recording_item *item;
} named_result;

static int compare_results(const void *left, const void *right) {
    const named_result *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static oss_status refuse_pair(const oss_transcribe_output *output, const named_result *result, const char *a,
                              const char *b) {
    if (output->folder == NULL) {
        return oss_fail(OSS_EUSAGE, "%s and %s would both be called %s: name the folder that holds both", a,
                        b, result->name);
    }
    if (strcmp(a, b) == 0) {
        return oss_fail(OSS_EUSAGE, "%s is given twice, and has one file in %s", a, output->folder);
    }
    return oss_fail(OSS_EUSAGE,
                    "%s and %s would both be written to %s/%s: name the folder that holds both, or give each "
                    "a call and an --output-dir of its own",
                    a, b, output->folder, result->name);
}

static oss_status refuse_twins(const oss_transcribe_output *output, const named_result *result,
                               int32_t results) {
    for (int32_t i = 1; i < results; i++) {
        if (strcmp(result[i - 1].name, result[i].name) == 0) {
            return refuse_pair(output, &result[i], result[i - 1].item->path, result[i].item->path);
        }
    }
    return OSS_OK;
}

static oss_status check_results(const oss_transcribe_output *output, const oss_cli_args *args,
                                const oss_recording_list *list) {
    named_result *result = oss_alloc_zero((size_t)list->items, sizeof *result);
    oss_status status = result == NULL ? OSS_ENOMEM : OSS_OK;
    int32_t results = 0;
    for (int32_t i = 0; i < list->items && status == OSS_OK; i++) {
        const oss_recording_item *item = &list->item[i];
        if (item->status == OSS_OK) {
            result[results] = (named_result){.name = name_result(output, item->place), .item = item};
            status = result[results++].name == NULL ? OSS_ENOMEM : OSS_OK;
        }
    }
    if (status == OSS_OK && results > 0) {
        qsort(result, (size_t)results, sizeof *result, compare_results);
        status = refuse_twins(output, result, results);
    }
    for (int32_t i = 0; i < results && status == OSS_OK && output->folder != NULL; i++) {
        char *path = oss_path_join(output->folder, result[i].name);
        status = path == NULL ? OSS_ENOMEM : oss_cli_writes(args, path);
        oss_free(path);
    }
    for (int32_t i = 0; i < results; i++) {
        oss_free(result[i].name);
    }
    oss_free(result);
    return status;
}

/* ---- Options ---- */

/* By which programs that score tell recordings from each other. */
static bool has_ids(oss_transcript_format format) {
    return format == OSS_FORMAT_CTM || format == OSS_FORMAT_STM || format == OSS_FORMAT_TRN;
}

static oss_status check_options(const oss_transcribe_output *output, const oss_cli_args *args,
                                const oss_recording_list *list) {
    if (output->skips && output->folder == NULL) {
        return oss_fail(OSS_EUSAGE, "--skip-existing goes with --output-dir: give that too");
    }
    if (list->many && output->folder == NULL && output->format != OSS_FORMAT_TXT &&
        !oss_format_holds_many(output->format)) {
        return oss_fail(OSS_EUSAGE,
                        "%s is a file for each recording: say with --output-dir DIR where they are to be",
                        oss_format_name(output->format));
    }
    return oss_cli_either(args, "-o", "--output-dir", "where transcripts go");
}

/* What searches and lists found; operands were checked before. */
static oss_status check_recordings(const oss_cli_args *args, const oss_recording_list *list) {
    oss_status status = OSS_OK;
    for (int32_t i = 0; i < list->items && status == OSS_OK; i++) {
        status = oss_cli_reads(args, oss_cli_recording(list->item[i].path));
    }
    return status;
}

oss_status oss_transcribe_output_open(oss_transcribe_output *output, const oss_cli_args *args,
                                      const oss_recording_list *list) {
    *output = (oss_transcribe_output){.folder = oss_cli_value(args, "--output-dir"),
                                      .skips = oss_cli_has(args, "--skip-existing"),
                                      .to_file = oss_cli_has(args, "-o")};
    oss_status status = oss_transcribe_format_read(args, OSS_FORMAT_TXT, &output->format, &output->options);
    if (status == OSS_OK) {
        status = check_options(output, args, list);
    }
    if (status != OSS_OK) {
        return status;
    }
    output->table = output->format == OSS_FORMAT_TXT && list->many && output->folder == NULL;
    status = check_recordings(args, list);
    if (status == OSS_OK && (output->folder != NULL || has_ids(output->format))) {
        status = check_results(output, args, list);
    }
    if (status == OSS_OK && output->folder != NULL) {
        status = oss_file_make_folders(output->folder);
    }
    return status == OSS_OK && output->to_file ? oss_writer_open(&output->file, oss_cli_value(args, "-o"))
                                               : status;
}

oss_status oss_transcribe_output_commit(oss_transcribe_output *output) {
    return output->to_file ? oss_writer_commit(&output->file) : OSS_OK;
}

void oss_transcribe_output_deinit(oss_transcribe_output *output) {
    oss_writer_abort(&output->file);
}

/* ---- Transcripts ---- */

bool oss_transcribe_output_has(const oss_transcribe_output *output, const oss_recording_item *item) {
    int64_t bytes = 0;
    char *path = output->skips ? find_result(output, item) : NULL;
    bool there =
        path != NULL && oss_file_is_regular(path) && oss_file_size(&bytes, path) == OSS_OK && bytes > 0;
    oss_free(path);
    return there;
}

/* The text as a line, or a row of the table. */
static oss_status make_line(const oss_transcribe_output *output, const oss_recording_item *item,
                            oss_recognizer *recognizer, char **out_text, double *out_seconds) {
    char *text = NULL;
    oss_strbuf line = {0};
    oss_status status =
        oss_recognizer_transcribe_file(recognizer, oss_cli_recording(item->path), &text, out_seconds);
    if (status != OSS_OK) {
        return status;
    }
    if (output->table) {
        oss_tsv_append(&line, item->path);
        oss_strbuf_append(&line, "\t");
        oss_tsv_append(&line, text);
    } else {
        oss_strbuf_append(&line, text);
    }
    oss_strbuf_append(&line, "\n");
    oss_string_free(text);
    *out_text = oss_strbuf_take(&line);
    return *out_text == NULL ? OSS_ENOMEM : OSS_OK;
}

static oss_status print_transcript(const oss_transcribe_output *output, const oss_recording_item *item,
                                   const oss_transcript *transcript, char **out_text) {
    char *id = strip_extension(item->place);
    if (id == NULL) {
        return OSS_ENOMEM;
    }
    oss_format_options options = output->options;
    options.name = item->path;
    options.id = id;
    oss_status status = oss_transcript_print(transcript, output->format, &options, out_text);
    oss_free(id);
    return status;
}

oss_status oss_transcribe_output_make(const oss_transcribe_output *output, const oss_recording_item *item,
                                      oss_recognizer *recognizer, char **out_text, double *out_seconds) {
    oss_transcript *transcript = NULL;
    if (output->format == OSS_FORMAT_TXT) {
        return make_line(output, item, recognizer, out_text, out_seconds);
    }
    oss_status status = oss_recognizer_recognize_file(recognizer, oss_cli_recording(item->path), &transcript);
    if (status == OSS_OK) {
        *out_seconds = transcript->audio_seconds;
        status = print_transcript(output, item, transcript, out_text);
    }
    oss_transcript_free(transcript);
    return status;
}

oss_status oss_transcribe_output_save(const oss_transcribe_output *output, const oss_recording_item *item,
                                      const char *text) {
    char *path = find_result(output, item);
    char *folder = path == NULL ? NULL : oss_path_folder(path);
    oss_status status = folder == NULL ? OSS_ENOMEM : oss_file_make_folders(folder);
    if (status == OSS_OK) {
        status = oss_file_write_soon(path, text, strlen(text));
    }
    oss_free(folder);
    oss_free(path);
    return status;
}

void oss_transcribe_output_put(oss_transcribe_output *output, const char *text) {
    /* One header is enough for all. */
    const char *header = output->begun && output->format == OSS_FORMAT_TSV ? strchr(text, '\n') : NULL;
    const char *from = header == NULL ? text : header + 1;
    output->begun = true;
    if (output->to_file) {
        oss_writer_put(&output->file, from, strlen(from));
    } else {
        oss_cli_print("%s", from);
    }
}
