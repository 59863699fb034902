#include "augment/freq_warp.h"

#include "base/rng.h"

typedef enum draw_kind { DRAW_WARPED, DRAW_FACTOR } draw_kind;

double oss_warp_factor(const oss_warp_spec *spec, int32_t index) {
    return 1.0 + spec->most * (index - OSS_WARP_NONE) / OSS_WARP_NONE;
}

int32_t oss_warp_draw(const oss_warp_spec *spec, uint64_t seed, uint32_t step, uint32_t utterance) {
    const uint64_t place = (uint64_t)step << 32 | utterance;
    if (oss_rng_uniform(seed, OSS_RNG_WARP, place, DRAW_WARPED) >= spec->prob) {
        return OSS_WARP_NONE;
    }
    return (int32_t)(oss_rng_uniform(seed, OSS_RNG_WARP, place, DRAW_FACTOR) * OSS_WARPS);
}
