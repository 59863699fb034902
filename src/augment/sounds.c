#include "augment/sounds.h"

#include <stdbool.h>
#include <string.h>

#include "audio/audio_file.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/logger.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"

enum { DEEPEST = 8 };
static const double LONGEST_S = 3600.0;

typedef struct reading {
    const oss_sounds_request *request;
    oss_sounds *sounds;
    int32_t capacity;
    int64_t bytes_left;
    bool full;
    int32_t silent; /* recordings without sound */
    oss_hasher *hasher;
} reading;

static bool is_recording(const char *name) {
    static const char *const ending[] = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3",
                                         ".aif", ".aiff", ".au",  ".caf", ".w64"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof ending / sizeof *ending; i++) {
        if (oss_same_letters(dot, ending[i])) {
            return true;
        }
    }
    return false;
}

static oss_status reserve_clip(reading *state) {
    oss_sounds *sounds = state->sounds;
    if (sounds->clips < state->capacity) {
        return OSS_OK;
    }
    int32_t larger = state->capacity == 0 ? 64 : 2 * state->capacity;
    oss_clip *clip = oss_resize(sounds->clip, (size_t)larger, sizeof *clip);
    if (clip == NULL) {
        return OSS_ENOMEM;
    }
    sounds->clip = clip;
    char **name = oss_resize((void *)sounds->name, (size_t)larger, sizeof *name);
    if (name == NULL) {
        return OSS_ENOMEM;
    }
    sounds->name = name;
    oss_sound_parts *parts = oss_resize(sounds->parts, (size_t)larger, sizeof *parts);
    if (parts == NULL) {
        return OSS_ENOMEM;
    }
    sounds->parts = parts;
    state->capacity = larger;
    return OSS_OK;
}

/* Takes over `parts` when it succeeds. x: the parts, joined. */
static oss_status keep_clip(reading *state, const char *name, const float *x, int32_t samples,
                            const oss_sound_parts *parts) {
    oss_sounds *sounds = state->sounds;
    oss_status status = reserve_clip(state);
    char *copy = status == OSS_OK ? oss_strdup(name) : NULL;
    if (copy == NULL) {
        return OSS_ENOMEM;
    }
    oss_clip *clip = &sounds->clip[sounds->clips];
    status = oss_clip_init(clip, x, samples);
    if (status != OSS_OK) {
        oss_free(copy);
        return status;
    }
    sounds->parts[sounds->clips] = *parts;
    sounds->name[sounds->clips++] = copy;
    oss_hasher_update(state->hasher, name, strlen(name) + 1);
    oss_hasher_update(state->hasher, &clip->scale, sizeof clip->scale);
    oss_hasher_update(state->hasher, clip->value, (size_t)clip->samples * sizeof *clip->value);
    return OSS_OK;
}

static bool is_zero(const oss_audio *audio) {
    int64_t i = 0;
    while (i < audio->samples && audio->sample[i] == 0.0f) {
        i++;
    }
    return i == audio->samples;
}

/* No parts: the recording is silent. */
static oss_status find_parts(oss_sound_parts *out, const oss_sounds_request *request,
                             const oss_audio *audio) {
    *out = (oss_sound_parts){0};
    if (request->cut_silence) {
        return oss_sound_parts_find(out, audio->sample, (int32_t)audio->samples, request->rate_hz);
    }
    return is_zero(audio) ? OSS_OK : oss_sound_parts_whole(out, (int32_t)audio->samples);
}

static oss_status keep_sound(reading *state, const char *path, const char *name, oss_audio *audio) {
    oss_sound_parts parts;
    oss_status status = find_parts(&parts, state->request, audio);
    if (status != OSS_OK) {
        return status;
    }
    if (parts.parts == 0) {
        oss_log_warn("%s: %s is silent: it is not used", state->request->setting, path);
        state->silent++;
        return OSS_OK;
    }
    int32_t samples = oss_sound_parts_join(audio->sample, &parts);
    int64_t bytes = samples * (int64_t)sizeof(int16_t);
    int32_t clips = state->sounds->clips;
    if (bytes > state->bytes_left) {
        state->full = true;
        state->sounds->left_out++;
    } else {
        state->bytes_left -= bytes;
        status = keep_clip(state, name, audio->sample, samples, &parts);
    }
    if (state->sounds->clips == clips) {
        oss_sound_parts_deinit(&parts);
    }
    return status;
}

static oss_status read_recording(reading *state, const char *path, const char *name) {
    if (state->full) {
        state->sounds->left_out++;
        return OSS_OK;
    }
    const oss_audio_request request = {
        .rate_hz = state->request->rate_hz, .end_seconds = -1.0, .max_seconds = LONGEST_S};
    oss_audio audio;
    oss_status status = oss_audio_load(&audio, path, &request);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", state->request->setting);
    }
    status = keep_sound(state, path, name, &audio);
    oss_audio_deinit(&audio);
    return status;
}

static oss_status read_folder(reading *state, const char *folder, const char *below, int32_t depth);

static oss_status read_entry(reading *state, const char *folder, const char *below, const char *entry,
                             int32_t depth) {
    char *path = oss_path_join(folder, entry);
    char *name = below == NULL ? oss_strdup(entry) : oss_path_join(below, entry);
    oss_status status = path == NULL || name == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK && oss_file_is_folder(path)) {
        status = depth < DEEPEST ? read_folder(state, path, name, depth + 1) : OSS_OK;
    } else if (status == OSS_OK && is_recording(entry)) {
        status = read_recording(state, path, name);
    }
    oss_free(path);
    oss_free(name);
    return status;
}

/* Recursive to DEEPEST, so that a link that leads back ends. */
static oss_status read_folder(reading *state, const char *folder, const char *below, int32_t depth) {
    char **entry = NULL;
    size_t entries = 0;
    oss_status status = oss_file_list(&entry, &entries, folder);
    if (status != OSS_OK) {
        return oss_fail_prefix(status, "%s", state->request->setting);
    }
    for (size_t i = 0; i < entries && status == OSS_OK; i++) {
        status = read_entry(state, folder, below, entry[i], depth);
    }
    oss_file_free_names(entry, entries);
    return status;
}

static oss_status check_sounds(const reading *state) {
    const oss_sounds *sounds = state->sounds;
    const oss_sounds_request *request = state->request;
    if (sounds->clips == 0) {
        const char *what = sounds->left_out > 0 ? " for which there is room"
                           : state->silent > 0  ? " that are not silent"
                                                : "";
        return oss_fail(OSS_EINPUT, "%s: %s has no recordings%s", request->setting, request->folder, what);
    }
    if (sounds->left_out > 0) {
        oss_log_warn("%s: %d recordings of %s fill %lld MiB; %d more are left out", request->setting,
                     sounds->clips, request->folder, (long long)(request->most_bytes >> 20),
                     sounds->left_out);
    }
    return OSS_OK;
}

oss_status oss_sounds_load(oss_sounds *out, const oss_sounds_request *request) {
    oss_sounds sounds = {0};
    reading state = {.request = request, .sounds = &sounds, .bytes_left = request->most_bytes};
    state.hasher = oss_hasher_create();
    oss_status status = state.hasher == NULL ? OSS_ENOMEM : OSS_OK;
    if (status == OSS_OK) {
        status = read_folder(&state, request->folder, NULL, 0);
    }
    if (status == OSS_OK) {
        status = check_sounds(&state);
    }
    if (status == OSS_OK) {
        sounds.hash = oss_hasher_digest(state.hasher);
        *out = sounds;
    } else {
        oss_sounds_deinit(&sounds);
    }
    oss_hasher_free(state.hasher);
    return status;
}

void oss_sounds_deinit(oss_sounds *sounds) {
    for (int32_t i = 0; i < sounds->clips; i++) {
        oss_clip_deinit(&sounds->clip[i]);
        oss_free(sounds->name[i]);
        oss_sound_parts_deinit(&sounds->parts[i]);
    }
    oss_free(sounds->parts);
    oss_free(sounds->clip);
    oss_free((void *)sounds->name);
    *sounds = (oss_sounds){0};
}

int64_t oss_sounds_origin(const oss_sounds *sounds, int32_t clip, int64_t at) {
    return oss_sound_parts_origin(&sounds->parts[clip], at);
}
