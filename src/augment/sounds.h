/* The recordings of a folder, decoded once and kept in memory as 16-bit clips: the user's noise, or responses
 * of rooms. */
#ifndef OSS_AUGMENT_SOUNDS_H
#define OSS_AUGMENT_SOUNDS_H

#include <stdbool.h>

#include "audio/clip.h"
#include "augment/sound_parts.h"

typedef struct oss_sounds {
    oss_clip *clip;         /* [clips] in the order of their names */
    char **name;            /* [clips] below the folder */
    oss_sound_parts *parts; /* [clips] what of the recording the clip holds */
    int32_t clips;
    int32_t left_out; /* recordings for which there was no room */
    uint64_t hash;    /* of names and samples: resuming asks whether they are still the same */
} oss_sounds;

typedef struct oss_sounds_request {
    const char *folder;
    const char *setting; /* that named the folder, for messages */
    int32_t rate_hz;
    int64_t most_bytes; /* of all clips; recordings that come after the last for which there is room are left
                           out, with a warning */
    bool
        cut_silence; /* clips hold the parts with sound, one after the other: noise is wanted, wherever it is drawn */
} oss_sounds_request;

/* Reads the files whose names end in wav, flac, ogg, oga, opus, mp3, aif, aiff, au, caf or w64 (in any case),
 * in folders below as well to a depth of 8, in the order of their names by byte. One that is no recording, or
 * longer than an hour, and a folder without any, are OSS_EINPUT. One that is silent (all zeros; with cut_silence, without
 * a part that has sound) is named in a warning and does not take part; a folder of such is OSS_EINPUT. */
oss_status oss_sounds_load(oss_sounds *out, const oss_sounds_request *request);
void oss_sounds_deinit(oss_sounds *sounds);
/* Where in the recording, at the rate asked for, sample `at` of a clip is. */
int64_t oss_sounds_origin(const oss_sounds *sounds, int32_t clip, int64_t at);

#endif
