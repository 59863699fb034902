#include "augment/augment_kit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/round.h"

enum { ROOM_MIB = 256, ALIGN_FLOATS = 16 };
static const double LONGEST_RESPONSE_S = 1.0; /* after the direct sound */

static int32_t find_direct(const oss_clip *clip) {
    int32_t at = 0;
    for (int32_t i = 1; i < clip->samples; i++) {
        at = abs(clip->value[i]) > abs(clip->value[at]) ? i : at;
    }
    return at;
}

static int32_t count_taps(const oss_augment_kit *kit, int32_t index) {
    int32_t left = kit->room.clip[index].samples - kit->direct[index];
    double most = LONGEST_RESPONSE_S * kit->rate_hz;
    return left < most ? left : (int32_t)most;
}

int32_t oss_augment_kit_response(float *h, const oss_augment_kit *kit, int32_t index) {
    int32_t most = oss_reverb_max_taps(kit->reverb);
    int32_t taps = count_taps(kit, index);
    taps = taps < most ? taps : most;
    const int16_t *value = kit->room.clip[index].value + kit->direct[index];
    for (int32_t i = 0; i < taps; i++) {
        h[i] = (float)value[i] * 0x1p-15f;
    }
    return taps;
}

/* ---- Making one ---- */

static oss_status load_rooms(oss_augment_kit *kit, const oss_augment_spec *spec, int32_t *taps) {
    const oss_sounds_request request = {.folder = spec->reverb_dir,
                                        .setting = "reverb_dir",
                                        .rate_hz = kit->rate_hz,
                                        .most_bytes = (int64_t)ROOM_MIB << 20};
    oss_status status = oss_sounds_load(&kit->room, &request);
    if (status != OSS_OK) {
        return status;
    }
    kit->direct = oss_alloc((size_t)kit->room.clips, sizeof *kit->direct);
    if (kit->direct == NULL) {
        return OSS_ENOMEM;
    }
    for (int32_t i = 0; i < kit->room.clips; i++) {
        kit->direct[i] = find_direct(&kit->room.clip[i]);
        int32_t own = count_taps(kit, i);
        *taps = own > *taps ? own : *taps;
    }
    return OSS_OK;
}

static oss_status prepare_rooms(oss_augment_kit *kit, const oss_augment_spec *spec) {
    int32_t taps = 1;
    oss_status status = OSS_OK;
    if (spec->reverb_dir == NULL) {
        taps = oss_reverb_taps(spec->reverb_rt60_max_s, kit->rate_hz);
    } else {
        status = load_rooms(kit, spec, &taps);
    }
    return status == OSS_OK ? oss_reverb_create(&kit->reverb, taps) : status;
}

static oss_status load_noise(oss_augment_kit *kit, const oss_augment_spec *spec) {
    const oss_sounds_request request = {.folder = spec->noise_dir,
                                        .setting = "noise_dir",
                                        .rate_hz = kit->rate_hz,
                                        .most_bytes = spec->noise_mib << 20,
                                        .cut_silence = true};
    return oss_sounds_load(&kit->noise, &request);
}

oss_status oss_augment_kit_create(oss_augment_kit **out, const oss_augment_spec *spec, int32_t rate_hz) {
    oss_augment_kit *kit = oss_alloc_zero(1, sizeof *kit);
    if (kit == NULL) {
        return OSS_ENOMEM;
    }
    kit->rate_hz = rate_hz;
    oss_status status = OSS_OK;
    if (spec->speed_prob > 0) {
        status = oss_speed_create(&kit->speed, spec->speed_max);
    }
    if (status == OSS_OK && spec->reverb_prob > 0) {
        status = prepare_rooms(kit, spec);
    }
    if (status == OSS_OK && spec->noise_prob > 0 && spec->noise_recorded > 0 && spec->noise_dir != NULL) {
        status = load_noise(kit, spec);
    }
    if (status != OSS_OK) {
        oss_augment_kit_free(kit);
        return status;
    }
    *out = kit;
    return OSS_OK;
}

void oss_augment_kit_free(oss_augment_kit *kit) {
    if (kit == NULL) {
        return;
    }
    oss_speed_free(kit->speed);
    oss_reverb_free(kit->reverb);
    oss_sounds_deinit(&kit->noise);
    oss_sounds_deinit(&kit->room);
    oss_free(kit->direct);
    oss_free(kit);
}

uint64_t oss_augment_kit_hash(const oss_augment_kit *kit) {
    const uint64_t part[2] = {kit->noise.hash, kit->room.hash};
    return kit->noise.clips + kit->room.clips == 0 ? 0 : oss_hash(part, sizeof part);
}

/* The recording or the noise, then, in its place, what a room takes: they are not needed at the same time. */
int64_t oss_augment_work_floats(const oss_augment_kit *kit, int64_t longest) {
    int64_t room = 0;
    if (kit->reverb != NULL) {
        room = oss_reverb_work_floats(kit->reverb) +
               (int64_t)oss_round_up((size_t)oss_reverb_max_taps(kit->reverb), ALIGN_FLOATS);
    }
    return longest > room ? longest : room;
}
