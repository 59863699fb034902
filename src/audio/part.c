#include "audio/part.h"

#include <string.h>

#include "audio/magic.h"
#include "audio/ogg.h"

enum {
    READ_AHEAD_BYTES = 1 << 16, /* that a decoder may have read of what follows */
    FLAC_HEADER_BYTES = 8,
    FLAC_COUNT_END_BYTES = 18,
    LEAST_MPEG_FRAMES =
        3, /* fewer without a header of their own are the rest of a recording: encoders miscount */
    TAG_HEADER_BYTES = 10,
    HARMLESS_BYTES = 256 /* behind an Ogg's last page: a tag, a few bytes */
};

/* ---- Kinds ---- */

/* With the version, and a length in bytes of seven bits: three letters alone may be anything. */
static bool is_id3(oss_window *window, int64_t at_bytes) {
    const unsigned char *tag = oss_window_at(window, at_bytes, TAG_HEADER_BYTES);
    return tag != NULL && memcmp(tag, "ID3", 3) == 0 && tag[3] >= 2 && tag[3] <= 4 &&
           ((tag[6] | tag[7] | tag[8] | tag[9]) & 0x80) == 0;
}

/* A recording that breaks off before another: its last frame seems whole with the beginning of that one. */
static void give_back(oss_mpeg_run *run, oss_window *window, int64_t to_bytes) {
    oss_mpeg_run next;
    for (int64_t at = run->end_bytes - run->last_bytes + 1; at < run->end_bytes; at++) {
        if (oss_magic_begins(window, at) || is_id3(window, at) ||
            (oss_mpeg_seems(window, at) && oss_mpeg_find(&next, window, at, to_bytes, true) &&
             next.has_xing)) {
            run->end_bytes = at;
            run->frames--;
            run->cut = true;
        }
    }
}

static bool take_mpeg(oss_audio_part *part, oss_window *window, int64_t from_bytes, int64_t to_bytes,
                      bool there) {
    oss_mpeg_run run;
    if (!oss_mpeg_find(&run, window, from_bytes, to_bytes, there)) {
        return false;
    }
    if (run.end_bytes < to_bytes && run.frames > 0) {
        give_back(&run, window, to_bytes);
    }
    part->kind = OSS_PART_MPEG;
    part->mpeg = run;
    part->begin_bytes = run.begin_bytes;
    part->end_bytes = run.end_bytes;
    part->cut = run.cut;
    part->no_frame = run.end_bytes - run.begin_bytes <= run.first_bytes;
    return true;
}

static bool take_ogg(oss_audio_part *part, oss_window *window, int64_t from_bytes) {
    oss_ogg_link link;
    if (!oss_ogg_find(&link, window, from_bytes, part->limit_bytes)) {
        return false;
    }
    part->kind = OSS_PART_OGG;
    part->begin_bytes = link.begin_bytes;
    part->end_bytes = link.end_bytes;
    part->cut = link.cut;
    part->foreign = link.foreign;
    return true;
}

/* Runs that are recordings: not a piece of few frames behind damage. */
static bool is_recording(const oss_mpeg_run *run) {
    return run->has_xing || run->frames >= LEAST_MPEG_FRAMES;
}

/* Whether there is another right behind a recording, past the tag that it may begin with. */
static bool begins_another(oss_window *window, int64_t at_bytes) {
    oss_mpeg_run run;
    int64_t behind = oss_mpeg_skip_tags(window, at_bytes);
    return oss_magic_begins(window, behind) || oss_magic_name_foreign(window, at_bytes) != NULL ||
           (oss_mpeg_find(&run, window, at_bytes, window->source->size_bytes, true) && is_recording(&run));
}

/* Ends where its header says, when another begins there; what else follows is of no account. */
static bool take_container(oss_audio_part *part, oss_window *window, int64_t at_bytes) {
    if (!oss_container_begins(window, at_bytes)) {
        return false;
    }
    int64_t size = window->source->size_bytes;
    oss_container found = oss_container_measure(window, at_bytes);
    bool ends = found.end_bytes > found.first_sample_bytes && found.end_bytes < size &&
                begins_another(window, found.end_bytes);
    *part = (oss_audio_part){.kind = OSS_PART_CONTAINER,
                             .begin_bytes = at_bytes,
                             .end_bytes = ends ? found.end_bytes : size,
                             .limit_bytes = size,
                             .container = found};
    if (found.reads_on && found.declared_bytes >= 0 &&
        found.declared_bytes < size - found.first_sample_bytes) {
        part->end_bytes = found.first_sample_bytes + found.declared_bytes;
    }
    if (found.format_tag == OSS_CONTAINER_MPEG || found.format_tag == OSS_CONTAINER_MP3) {
        int64_t bytes = found.declared_bytes < 0 || found.declared_bytes > found.present_bytes
                            ? found.present_bytes
                            : found.declared_bytes;
        int64_t first = found.first_sample_bytes;
        part->limit_bytes = first + bytes;
        if (!take_mpeg(part, window, first, first + bytes, false)) {
            part->limit_bytes = size;
            part->no_frame = true;
        }
    }
    return true;
}

/* An encoder that could not go back says that there are 0 samples: then a decoder would read on into what follows. The
 * count has 36 bits, the last of the 18 bytes behind the block's header. */
static bool has_length(oss_window *window, int64_t at_bytes) {
    const unsigned char *header = oss_window_at(window, at_bytes, FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES);
    return header == NULL || (header[FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES - 5] & 0x0f) != 0 ||
           oss_window_number(header + FLAC_HEADER_BYTES + FLAC_COUNT_END_BYTES - 4, 4, true) != 0;
}

static void take_flac(oss_audio_part *part, oss_window *window, int64_t begin_bytes, int64_t at_bytes) {
    part->kind = OSS_PART_FLAC;
    part->begin_bytes = begin_bytes;
    part->end_bytes = part->limit_bytes;
    if (!has_length(window, at_bytes)) {
        part->end_bytes =
            oss_magic_find(window, oss_magic_skip_flac_metadata(window, at_bytes), part->limit_bytes);
    }
}

static oss_audio_part whole_source(const oss_source *source) {
    return (oss_audio_part){.end_bytes = source->size_bytes,
                            .limit_bytes = source->size_bytes,
                            .container = {.declared_bytes = -1, .end_bytes = -1}};
}

void oss_audio_part_first(oss_audio_part *out, oss_source *source) {
    oss_window window;
    oss_window_init(&window, source);
    oss_audio_part part = whole_source(source);
    int64_t tags = oss_mpeg_skip_tags(&window, 0);
    if (oss_magic_is_flac(&window, tags)) {
        take_flac(&part, &window, 0, tags);
    } else if (!take_container(&part, &window, 0)) {
        const unsigned char *magic = oss_window_at(&window, 0, 4);
        bool ogg = magic != NULL && memcmp(magic, "OggS", 4) == 0;
        part.foreign = oss_magic_name_foreign(&window, 0);
        part.container = oss_container_measure(&window, 0);
        if (!(ogg && take_ogg(&part, &window, 0)) && !take_mpeg(&part, &window, 0, part.limit_bytes, true) &&
            !(tags > 0 && take_mpeg(&part, &window, tags, part.limit_bytes, false))) {
            part.cut = tags > part.limit_bytes;
            part.no_frame = part.cut || oss_mpeg_seems(&window, tags);
        }
    }
    *out = part;
}

void oss_audio_part_bound(oss_audio_part *part, oss_source *source) {
    oss_window window;
    oss_window_init(&window, source);
    int64_t begin = oss_mpeg_skip_tags(&window, part->begin_bytes);
    int64_t next = oss_magic_find_flac(&window, begin + 1, part->limit_bytes);
    part->end_bytes = next < 0 ? part->limit_bytes : next;
}

/* What has a magic at at_bytes. */
static bool take_magic(oss_audio_part *part, oss_window *window, int64_t at_bytes) {
    oss_audio_part next = whole_source(window->source);
    if (oss_magic_begins_flac(window, at_bytes)) {
        take_flac(&next, window, at_bytes, at_bytes);
    } else if (!take_container(&next, window, at_bytes) &&
               !(oss_magic_begins_ogg(window, at_bytes) && take_ogg(&next, window, at_bytes))) {
        return false;
    }
    *part = next;
    return true;
}

/* The first recording in [from, to) that is MP3. */
static bool take_next_mpeg(oss_audio_part *part, oss_window *window, int64_t from_bytes, int64_t to_bytes,
                           bool there) {
    oss_audio_part next = *part;
    next.end_bytes = from_bytes;
    while (take_mpeg(&next, window, next.end_bytes, to_bytes, there)) {
        if (is_recording(&next.mpeg)) {
            *part = next;
            part->foreign = NULL;
            return true;
        }
    }
    return false;
}

/* The first recording of any kind from from_bytes on. */
static bool take_any(oss_audio_part *part, oss_window *window, int64_t from_bytes) {
    oss_audio_part next = whole_source(window->source);
    int64_t magic = oss_magic_find(window, from_bytes, next.limit_bytes);
    if (take_next_mpeg(&next, window, from_bytes, magic, false)) {
        *part = next;
        return true;
    }
    return magic < next.limit_bytes && take_magic(part, window, magic);
}

static void take_unreadable(oss_audio_part *part, oss_window *window, int64_t at_bytes, const char *name) {
    *part = whole_source(window->source);
    part->begin_bytes = at_bytes;
    part->unknown = true;
    part->foreign = name;
}

static bool take_foreign(oss_audio_part *part, oss_window *window, int64_t at_bytes) {
    const char *name = oss_magic_name_foreign(window, at_bytes);
    if (name != NULL) {
        take_unreadable(part, window, at_bytes, name);
    }
    return name != NULL;
}

/* Right behind a file whose header says where it ends; what else follows is of no account. */
static bool next_to_container(oss_audio_part *part, oss_window *window, int64_t at_bytes) {
    oss_audio_part next = whole_source(window->source);
    if (take_magic(part, window, oss_mpeg_skip_tags(window, at_bytes)) ||
        take_foreign(part, window, at_bytes)) {
        return true;
    }
    if (!take_next_mpeg(&next, window, at_bytes, next.limit_bytes, true)) {
        return false;
    }
    *part = next;
    return true;
}

static bool is_zeros(oss_window *window, int64_t from_bytes, int64_t to_bytes) {
    const unsigned char *byte = NULL;
    while (from_bytes < to_bytes && (byte = oss_window_at(window, from_bytes, 1)) != NULL && *byte == 0) {
        from_bytes++;
    }
    return from_bytes >= to_bytes;
}

/* Nothing but pages belongs into an Ogg: what is no tag and no padding is something that is not heard. */
static bool next_to_ogg(oss_audio_part *part, oss_window *window) {
    int64_t end = part->end_bytes, size = window->source->size_bytes;
    if (take_any(part, window, end)) {
        return true;
    }
    bool lost = size - end > HARMLESS_BYTES && !part->cut && !is_zeros(window, end, size);
    if (lost) {
        take_unreadable(part, window, end, NULL);
    }
    return lost;
}

bool oss_audio_part_next(oss_audio_part *part, oss_source *source, int64_t read_bytes) {
    oss_window window;
    oss_window_init(&window, source);
    bool contained = part->container.first_sample_bytes > 0;
    if (part->kind == OSS_PART_FLAC) {
        int64_t begin = oss_magic_skip_flac_metadata(&window, part->begin_bytes);
        int64_t from = read_bytes - READ_AHEAD_BYTES;
        return take_any(part, &window, from > begin ? from : begin);
    }
    if (part->kind == OSS_PART_OGG) {
        return take_foreign(part, &window, part->end_bytes) || next_to_ogg(part, &window);
    }
    if (part->kind == OSS_PART_MPEG && !contained) {
        return take_foreign(part, &window, part->end_bytes) || take_any(part, &window, part->end_bytes);
    }
    if (part->kind == OSS_PART_MPEG &&
        take_next_mpeg(part, &window, part->end_bytes, part->limit_bytes, false)) {
        return true;
    }
    return part->container.end_bytes > part->begin_bytes &&
           next_to_container(part, &window, part->container.end_bytes);
}
