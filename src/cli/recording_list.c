#include "cli/recording_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "base/utf8.h"

enum { MOST_LIST_BYTES = 1 << 30 };

/* ---- Items ---- */

static void clear_item(oss_recording_item *item) {
    oss_free(item->path);
    oss_free(item->place);
    oss_free(item->message);
}

void oss_recording_list_deinit(oss_recording_list *list) {
    for (int32_t i = 0; i < list->items; i++) {
        clear_item(&list->item[i]);
    }
    oss_free(list->item);
    *list = (oss_recording_list){0};
}

static oss_status make_room(oss_recording_list *list) {
    if (list->items < list->capacity) {
        return OSS_OK;
    }
    if (list->capacity > INT32_MAX / 2) {
        return oss_fail(OSS_EUSAGE, "more recordings than a call can take (%d): make several calls",
                        INT32_MAX);
    }
    int32_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
    oss_recording_item *item = oss_resize(list->item, (size_t)capacity, sizeof *item);
    if (item == NULL) {
        return OSS_ENOMEM;
    }
    list->item = item;
    list->capacity = capacity;
    return OSS_OK;
}

/* Takes `path` and `place`, which may be NULL for want of memory. */
static oss_status add_item(oss_recording_list *list, char *path, char *place, bool found) {
    oss_recording_item item = {.path = path, .place = place, .found = found};
    oss_status status = path == NULL || place == NULL ? OSS_ENOMEM : make_room(list);
    if (status != OSS_OK) {
        clear_item(&item);
        return status;
    }
    list->item[list->items++] = item;
    return OSS_OK;
}

/* In the place of a recording: what is wrong, with the message of `why`. */
static oss_status add_failure(oss_recording_list *list, const char *path, const char *place, oss_status why) {
    char *message = oss_strdup(oss_last_error());
    oss_status status = message == NULL || why == OSS_ENOMEM
                            ? OSS_ENOMEM
                            : add_item(list, oss_strdup(path), oss_strdup(place), false);
    if (status != OSS_OK) {
        oss_free(message);
        return status;
    }
    list->item[list->items - 1].status = why;
    list->item[list->items - 1].message = message;
    return OSS_OK;
}

/* ---- Folders ---- */

/* A folder that is being searched, and those that it lies in. */
typedef struct searched_folder {
    const struct searched_folder *above;
    const char *path;
    const char *place; /* that of its recordings begins with this, and a slash unless it is "" */
} searched_folder;

static bool is_recording(const char *name) {
    static const char known[] = OSS_RECORDING_EXTENSIONS;
    const char *dot = strrchr(name, '.');
    size_t length = dot == NULL ? 0 : strlen(dot + 1), bytes = 0;
    for (const char *at = known; *at != '\0' && length > 0; at += bytes + (at[bytes] == ' ')) {
        bytes = strcspn(at, " ");
        if (bytes == length && oss_same_first_letters(at, dot + 1, length)) {
            return true;
        }
    }
    return false;
}

static bool lies_in_itself(const searched_folder *folder) {
    for (const searched_folder *above = folder->above; above != NULL; above = above->above) {
        if (oss_file_is_same(above->path, folder->path)) {
            return true;
        }
    }
    return false;
}

static oss_status search_folder(oss_recording_list *list, const searched_folder *folder);

static oss_status search_entry(oss_recording_list *list, const searched_folder *folder, const char *name) {
    char *path = oss_path_join(folder->path, name);
    char *place = folder->place[0] == '\0' ? oss_strdup(name) : oss_path_join(folder->place, name);
    if (path == NULL || place == NULL) {
        oss_free(path);
        oss_free(place);
        return OSS_ENOMEM;
    }
    oss_status status = OSS_OK;
    if (oss_file_is_folder(path)) {
        searched_folder below = {.above = folder, .path = path, .place = place};
        status = lies_in_itself(&below) ? OSS_OK : search_folder(list, &below);
    } else if (is_recording(name)) {
        return add_item(list, path, place, true);
    }
    oss_free(path);
    oss_free(place);
    return status;
}

static oss_status search_folder(oss_recording_list *list, const searched_folder *folder) {
    char **name = NULL;
    size_t names = 0;
    oss_status status = oss_file_list(&name, &names, folder->path);
    if (status != OSS_OK) {
        return add_failure(list, folder->path, folder->place, status);
    }
    for (size_t i = 0; i < names && status == OSS_OK; i++) {
        if (name[i][0] != '.') {
            status = search_entry(list, folder, name[i]);
        }
    }
    oss_file_free_names(name, names);
    return status;
}

static size_t stem_bytes(const char *place) {
    const char *dot = strrchr(oss_path_name(place), '.');
    return dot == NULL ? strlen(place) : (size_t)(dot - place);
}

static int compare_places(const void *left, const void *right) {
    const char *a = ((const oss_recording_item *)left)->place,
               *b = ((const oss_recording_item *)right)->place;
    size_t a_bytes = stem_bytes(a), b_bytes = stem_bytes(b);
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    order = order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
    return order != 0 ? order : strcmp(a, b);
}

static oss_status add_folder(oss_recording_list *list, const char *operand, const char *place) {
    const searched_folder folder = {.path = operand, .place = place};
    int32_t before = list->items;
    list->many = true;
    oss_status status = search_folder(list, &folder);
    if (status == OSS_OK && list->items == before) {
        return add_failure(list, operand, place,
                           oss_fail(OSS_EINPUT,
                                    "%s: no recording is in this folder (a name that ends in .wav, .flac, "
                                    ".mp3, .m4a and so on): name the files themselves",
                                    operand));
    }
    if (status == OSS_OK) {
        qsort(list->item + before, (size_t)(list->items - before), sizeof *list->item, compare_places);
    }
    return status;
}

/* ---- Operands and lists ---- */

oss_status oss_recording_list_add(oss_recording_list *list, const char *operand) {
    list->many = list->many || list->items > 0;
    if (oss_file_is_folder(operand)) {
        return add_folder(list, operand, "");
    }
    const char *place = strcmp(operand, "-") == 0 ? "stdin" : oss_path_name(operand);
    return add_item(list, oss_strdup(operand), oss_strdup(place), false);
}

/* "../a//./b/../c.wav" becomes "a/b/c.wav". */
static char *tidy_place(const char *name) {
    oss_strbuf place = {0};
    while (*name != '\0') {
        size_t bytes = strcspn(name, "/");
        bool says = bytes > 2 || strspn(name, ".") < bytes;
        if (says) {
            oss_strbuf_append(&place, place.length > 0 ? "/" : "");
            oss_strbuf_append_bytes(&place, name, bytes);
        }
        name += bytes + (name[bytes] == '/');
    }
    return oss_strbuf_take(&place);
}

static oss_status add_listed(oss_recording_list *list, const char *name) {
    char *place = tidy_place(name);
    if (place == NULL) {
        return OSS_ENOMEM;
    }
    if (!oss_file_is_folder(name)) {
        return add_item(list, oss_strdup(name), place, false);
    }
    oss_status status = add_folder(list, name, place);
    oss_free(place);
    return status;
}

static oss_status add_lines(oss_recording_list *list, const char *text, size_t bytes) {
    const bool nul = memchr(text, '\0', bytes) != NULL;
    const char *at = text, *end = text + bytes;
    oss_status status = OSS_OK;
    while (at < end && status == OSS_OK) {
        const char *stop = memchr(at, nul ? '\0' : '\n', (size_t)(end - at));
        size_t length = (size_t)((stop == NULL ? end : stop) - at);
        size_t kept = !nul && length > 0 && at[length - 1] == '\r' ? length - 1 : length;
        char *name = oss_strndup(at, kept);
        if (name == NULL) {
            return OSS_ENOMEM;
        }
        status = kept == 0 ? OSS_OK : add_listed(list, name);
        oss_free(name);
        at += length + 1;
    }
    return status;
}

/* Its bytes between zeros would be names, and one of them may be "/". */
static oss_status check_names(const char *name, const char *text, size_t bytes) {
    static const char *const recording[] = {"RIFF", "RF64", "fLaC", "OggS", "ID3", "FORM", ".snd", "caff"};
    for (size_t i = 0; i < sizeof recording / sizeof *recording; i++) {
        size_t count = strlen(recording[i]);
        if (bytes > count && memcmp(text, recording[i], count) == 0 && memchr(text, '\0', bytes) != NULL) {
            return oss_fail(OSS_EINPUT,
                            "%s: a recording, where --list wants names of recordings: leave out --list",
                            name);
        }
    }
    return OSS_OK;
}

oss_status oss_recording_list_add_names(oss_recording_list *list, const char *path) {
    static const char mark[] = "\xef\xbb\xbf";
    const bool input = strcmp(path, "-") == 0;
    const char *name = input ? "standard input" : path, *text = NULL;
    oss_source source;
    size_t bytes = 0;
    int32_t before = list->items;
    oss_status status = oss_source_open_any(&source, input ? "/dev/stdin" : path, MOST_LIST_BYTES);
    if (status != OSS_OK) {
        return status;
    }
    status = oss_source_load(&source, name, MOST_LIST_BYTES, &text, &bytes);
    if (status == OSS_OK) {
        status = check_names(name, text, bytes);
    }
    if (status == OSS_OK) {
        size_t skip = bytes >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
        status = add_lines(list, text + skip, bytes - skip);
    }
    oss_source_close(&source);
    list->many = true;
    return status == OSS_OK && list->items == before
               ? oss_fail(OSS_EINPUT, "%s: names no recording: write a path a line", name)
               : status;
}

oss_status oss_recording_list_read(oss_recording_list *list, const oss_cli_args *args) {
    oss_status status = OSS_OK;
    if (oss_cli_operands(args) == 0 && !oss_cli_has(args, "--list")) {
        return oss_fail(OSS_EUSAGE, "FILE... is missing: `ossicle transcribe --help` tells how it is used");
    }
    for (int32_t i = 0; i < oss_cli_operands(args) && status == OSS_OK; i++) {
        status = oss_recording_list_add(list, oss_cli_operand(args, i));
    }
    for (int32_t i = 0; i < oss_cli_count(args, "--list") && status == OSS_OK; i++) {
        status = oss_recording_list_add_names(list, oss_cli_value_at(args, "--list", i));
    }
    return status;
}
