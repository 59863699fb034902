/* What augment_kit.c makes and augment.c uses. */
#ifndef OSS_AUGMENT_AUGMENT_KIT_H
#define OSS_AUGMENT_AUGMENT_KIT_H

#include "augment/augment.h"
#include "augment/reverb.h"
#include "augment/speed.h"

struct oss_augment_kit {
    int32_t rate_hz;
    oss_speed_bank *speed; /* NULL: speed stays as it is */
    oss_reverb *reverb;    /* NULL: no rooms */
    oss_sounds noise, room;
    int32_t *direct; /* [room.clips] sample of a response with the direct sound: its largest */
};

/* h[taps] of response `index`, from its direct sound on; returns taps, at most those of kit->reverb. */
int32_t oss_augment_kit_response(float *h, const oss_augment_kit *kit, int32_t index);

#endif
