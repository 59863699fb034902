/* The recordings that a command line names: files, folders that are searched, and lists of names. */
#ifndef OSS_CLI_RECORDING_LIST_H
#define OSS_CLI_RECORDING_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli_common.h"

/* What the names of recordings that a search finds end with, in any case. Of those that cannot be read here a message
 * is better than silence. */
#define OSS_RECORDING_EXTENSIONS                                                                             \
    "3gp aac ac3 aif aifc aiff amr ape au avi awb caf flac flv m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpg oga " \
    "ogg ogv opus rf64 snd sph spx tta w64 wav wave webm wma wmv wv"

#define OSS_RECORDING_LIST_OPTION                                                                            \
    {                                                                                                        \
        .name = "--list", .value = "FILE",                                                                   \
        .help = "also the recordings that FILE names, a line each or up to a NUL byte each; - is standard "  \
                "input",                                                                                     \
        .repeats = true                                                                                      \
    }

typedef struct oss_recording_item {
    char *path; /* what to open, and what it is called; "-" is standard input */
    /* Where it has its place below a folder of results: of a recording that a search found, its path below the folder
     * that was named; of an operand, its last part ("stdin" for standard input). Those of a list begin with all of the
     * name in it, less what is "." or "..". */
    char *place;
    oss_status status; /* not OSS_OK: a folder that could not be searched, or holds none; no recording */
    char *message;     /* of it */
    bool found;        /* by a search, so its name ends like a recording's; else somebody named it */
} oss_recording_item;

/* Zero-initialise. */
typedef struct oss_recording_list {
    oss_recording_item *item;
    int32_t items, capacity;
    bool many; /* a folder or a list was there, or more than one operand: however many recordings it became */
} oss_recording_list;

/* A file, or a folder, in which recordings are searched for: files whose names end with one of the extensions, in it
 * and in the folders below, links to files and folders included, in the byte order of their places without extensions.
 * What begins with a dot is passed by, and so is a folder that lies in itself by way of a link. A folder that cannot be
 * read, or that has no recording, becomes an item that says so. OSS_ENOMEM; OSS_EUSAGE: more than 2^31 - 1. */
oss_status oss_recording_list_add(oss_recording_list *list, const char *operand);
/* The names of a file, which are added each as an operand would be: one a line (LF or CR LF, a UTF-8 byte-order mark is
 * passed by), or, when the file has a NUL byte, each up to a NUL (`find -print0`); empty ones are passed by. "-" is
 * standard input. OSS_EINPUT, OSS_EIO: it cannot be read, or names nothing. */
oss_status oss_recording_list_add_names(oss_recording_list *list, const char *path);

/* All operands, and all --list FILE after them. OSS_EUSAGE: neither was given. */
oss_status oss_recording_list_read(oss_recording_list *list, const oss_cli_args *args);

void oss_recording_list_deinit(oss_recording_list *list);

#endif
