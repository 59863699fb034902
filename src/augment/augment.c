#include "augment/augment.h"

#include <math.h>
#include <string.h>

#include "augment/noise_mix.h"
#include "augment/speed.h"
#include "augment/telephone.h"
#include "base/hash.h"
#include "base/rng.h"
#include "kernel/noise.h"
#include "kernel/vec.h"
#include "augment/augment_kit.h"

static const double SOFTEST_SILENCE_DB = -60.0, LOUDEST_SILENCE_DB = -30.0; /* against the recording */

/* What each random number of a view is for; noise_mix.c has its own from 64 on. */
typedef enum draw_field {
    DRAW_HAS_SPEED,
    DRAW_SPEED,
    DRAW_LEAD,
    DRAW_HAS_GAIN,
    DRAW_GAIN,
    DRAW_HAS_NOISE,
    DRAW_NOISE_KIND,
    DRAW_SNR,
    DRAW_HAS_ROOM,
    DRAW_RT60,
    DRAW_DRR,
    DRAW_HAS_TELEPHONE,
    DRAW_HAS_MU_LAW,
    DRAW_RECORDING,
    DRAW_RECORDING_FROM,
    DRAW_RESPONSE,
    DRAW_HAS_SILENCE,
    DRAW_SILENCE_LEAD,
    DRAW_SILENCE_TAIL,
    DRAW_SILENCE_KIND,
    DRAW_SILENCE_DB
} draw_field;

bool oss_augment_is_on(const oss_augment_spec *spec) {
    return spec->speed_prob > 0 || spec->gain_prob > 0 || spec->noise_prob > 0 || spec->reverb_prob > 0 ||
           spec->telephone_prob > 0 || spec->shift_ms > 0 || spec->silence_prob > 0;
}

bool oss_augment_has_babble(const oss_augment_spec *spec) {
    return spec->noise_prob > 0 && spec->noise_babble > 0;
}

/* ---- Drawing ---- */

uint32_t oss_augment_key(uint64_t row_key, int64_t epoch, int32_t repeat) {
    const uint64_t place[3] = {row_key, (uint64_t)epoch, (uint64_t)repeat};
    return (uint32_t)oss_hash(place, sizeof place);
}

static double draw(uint64_t seed, uint32_t key, draw_field field) {
    return oss_rng_uniform(seed, OSS_RNG_AUGMENT, key, (uint32_t)field);
}

static double draw_between(uint64_t seed, uint32_t key, draw_field field, double low, double high) {
    return low + (high - low) * draw(seed, key, field);
}

static int32_t longest_lead(const oss_augment_spec *spec, int32_t rate_hz) {
    return (int32_t)(spec->shift_ms * 1e-3 * rate_hz);
}

/* In front, and again behind. */
static int32_t longest_silence(const oss_augment_spec *spec, int32_t rate_hz) {
    return spec->silence_prob > 0 ? (int32_t)(spec->silence_max_s * rate_hz) : 0;
}

/* Half of the views get zeros, as files that were padded or gated have them, the others what a quiet room gives. */
static void draw_silence(oss_augment_view *view, const oss_augment_spec *spec, int32_t rate_hz) {
    double longest = longest_silence(spec, rate_hz) + 1.0;
    view->lead_samples += (int32_t)(draw(view->seed, view->key, DRAW_SILENCE_LEAD) * longest);
    view->tail_samples = (int32_t)(draw(view->seed, view->key, DRAW_SILENCE_TAIL) * longest);
    if (draw(view->seed, view->key, DRAW_SILENCE_KIND) < 0.5) {
        double db =
            draw_between(view->seed, view->key, DRAW_SILENCE_DB, SOFTEST_SILENCE_DB, LOUDEST_SILENCE_DB);
        view->silence = (float)pow(10.0, db / 20.0);
    }
}

static oss_noise draw_noise(const oss_augment_spec *spec, uint64_t seed, uint32_t key) {
    const double chance[] = {spec->noise_white, spec->noise_pink, spec->noise_babble,
                             spec->noise_dir == NULL ? 0.0 : spec->noise_recorded};
    double place = draw(seed, key, DRAW_NOISE_KIND) * (chance[0] + chance[1] + chance[2] + chance[3]);
    oss_noise kind = OSS_NOISE_NONE;
    for (int i = 0; i < 4 && place >= 0; i++) {
        if (chance[i] > 0) {
            kind = (oss_noise)(OSS_NOISE_WHITE + i);
            place -= chance[i];
        }
    }
    return kind;
}

static void draw_room(oss_augment_view *view, const oss_augment_spec *spec) {
    if (spec->reverb_dir != NULL) {
        view->room = OSS_ROOM_RECORDED;
        return;
    }
    view->room = OSS_ROOM_SYNTHETIC;
    view->rt60_s =
        draw_between(view->seed, view->key, DRAW_RT60, spec->reverb_rt60_min_s, spec->reverb_rt60_max_s);
    view->drr_db =
        draw_between(view->seed, view->key, DRAW_DRR, spec->reverb_drr_min_db, spec->reverb_drr_max_db);
}

oss_augment_view oss_augment_draw(const oss_augment_spec *spec, int32_t rate_hz, uint64_t seed,
                                  uint32_t key) {
    oss_augment_view view = {.speed = 1.0, .gain = 1.0f, .seed = seed, .key = key};
    if (draw(seed, key, DRAW_HAS_SPEED) < spec->speed_prob) {
        view.speed = draw_between(seed, key, DRAW_SPEED, spec->speed_min, spec->speed_max);
    }
    view.lead_samples = (int32_t)(draw(seed, key, DRAW_LEAD) * (longest_lead(spec, rate_hz) + 1.0));
    if (draw(seed, key, DRAW_HAS_GAIN) < spec->gain_prob) {
        double db = draw_between(seed, key, DRAW_GAIN, -spec->gain_db, spec->gain_db);
        view.gain = (float)pow(10.0, db / 20.0);
    }
    if (draw(seed, key, DRAW_HAS_NOISE) < spec->noise_prob) {
        view.noise = draw_noise(spec, seed, key);
        view.snr_db = draw_between(seed, key, DRAW_SNR, spec->noise_snr_min_db, spec->noise_snr_max_db);
    }
    if (draw(seed, key, DRAW_HAS_ROOM) < spec->reverb_prob) {
        draw_room(&view, spec);
    }
    if (draw(seed, key, DRAW_HAS_SILENCE) < spec->silence_prob) {
        draw_silence(&view, spec, rate_hz);
    }
    view.telephone = draw(seed, key, DRAW_HAS_TELEPHONE) < spec->telephone_prob;
    view.mu_law = view.telephone && draw(seed, key, DRAW_HAS_MU_LAW) < spec->telephone_mulaw_prob;
    return view;
}

int64_t oss_augment_length(const oss_augment_view *view, int64_t samples) {
    return view->lead_samples + oss_speed_length(samples, view->speed) + view->tail_samples;
}

int64_t oss_augment_longest(const oss_augment_spec *spec, int32_t rate_hz, int64_t samples) {
    double slowest = spec->speed_prob > 0 && spec->speed_min < 1.0 ? spec->speed_min : 1.0;
    return longest_lead(spec, rate_hz) + 2 * (int64_t)longest_silence(spec, rate_hz) +
           oss_speed_length(samples, slowest);
}

int64_t oss_augment_shortest(const oss_augment_spec *spec, int64_t samples) {
    double fastest = spec->speed_prob > 0 && spec->speed_max > 1.0 ? spec->speed_max : 1.0;
    return oss_speed_length(samples, fastest);
}

/* ---- Recordings of the kit ---- */

static int32_t pick_clip(const oss_sounds *sounds, const oss_augment_view *view, draw_field field) {
    return (int32_t)(draw(view->seed, view->key, field) * sounds->clips);
}

const char *oss_augment_noise_name(const oss_augment_kit *kit, const oss_augment_view *view) {
    return kit->noise.name[pick_clip(&kit->noise, view, DRAW_RECORDING)];
}

static int64_t place_in_clip(const oss_clip *clip, const oss_augment_view *view) {
    return (int64_t)(draw(view->seed, view->key, DRAW_RECORDING_FROM) * clip->samples);
}

int64_t oss_augment_noise_from(const oss_augment_kit *kit, const oss_augment_view *view) {
    int32_t index = pick_clip(&kit->noise, view, DRAW_RECORDING);
    return oss_sounds_origin(&kit->noise, index, place_in_clip(&kit->noise.clip[index], view));
}

const char *oss_augment_room_name(const oss_augment_kit *kit, const oss_augment_view *view) {
    return kit->room.name[pick_clip(&kit->room, view, DRAW_RESPONSE)];
}

/* ---- Applying ---- */

/* As oss_noise_add. */
static double add_noise(float *y, int64_t n, const oss_augment_view *view, const oss_augment_kit *kit,
                        const oss_voices *voices, float *noise) {
    switch (view->noise) {
    case OSS_NOISE_NONE:
        return HUGE_VAL;
    case OSS_NOISE_WHITE:
        oss_k_white_noise(noise, (size_t)n, view->seed, OSS_RNG_NOISE, view->key);
        break;
    case OSS_NOISE_PINK:
        oss_noise_pink(noise, n, view->seed, view->key);
        break;
    case OSS_NOISE_BABBLE: {
        oss_babble babble = oss_babble_draw(voices->clips, voices->own, view->seed, view->key);
        oss_babble_mix(noise, n, &babble, voices->clip);
        break;
    }
    case OSS_NOISE_RECORDED: {
        const oss_clip *clip = &kit->noise.clip[pick_clip(&kit->noise, view, DRAW_RECORDING)];
        oss_noise_loop(noise, n, clip, place_in_clip(clip, view));
        break;
    }
    }
    return oss_noise_add(y, noise, n, view->snr_db);
}

/* The response lies behind the work space of the convolution. */
static void add_room(float *y, int64_t n, const oss_augment_view *view, const oss_augment_kit *kit,
                     float *work) {
    float *response = work + oss_reverb_work_floats(kit->reverb);
    int32_t taps;
    if (view->room == OSS_ROOM_SYNTHETIC) {
        taps = oss_reverb_taps(view->rt60_s, kit->rate_hz);
        oss_reverb_make(response, view->rt60_s, view->drr_db, kit->rate_hz, view->seed, view->key);
    } else {
        taps = oss_augment_kit_response(response, kit, pick_clip(&kit->room, view, DRAW_RESPONSE));
    }
    oss_reverb_apply(y, n, response, taps, kit->reverb, work);
}

static void limit_peak(float *y, int64_t n) {
    float peak = oss_k_max_abs(y, (size_t)n);
    if (peak > 1.0f) {
        oss_k_scale(y, y, 1.0f / peak, (size_t)n);
    }
}

/* y[n] around its body: what is before and behind it. */
static void put_silence(float *y, int64_t n, const oss_augment_view *view) {
    int64_t lead = view->lead_samples, tail = view->tail_samples;
    memset(y, 0, (size_t)lead * sizeof *y);
    memset(y + n - tail, 0, (size_t)tail * sizeof *y);
    if (view->silence > 0) {
        int64_t body = n - lead - tail;
        double square = oss_k_sum_squares(y + lead, (size_t)body) / (double)body;
        float level = view->silence * (float)sqrt(square);
        oss_k_white_noise(y, (size_t)lead, view->seed, OSS_RNG_SILENCE_BEFORE, view->key);
        oss_k_white_noise(y + n - tail, (size_t)tail, view->seed, OSS_RNG_SILENCE_BEHIND, view->key);
        oss_k_scale(y, y, level, (size_t)lead);
        oss_k_scale(y + n - tail, y + n - tail, level, (size_t)tail);
    }
}

double oss_augment_apply(float *y, const oss_augment_view *view, const float *x, int64_t samples,
                         const oss_augment_kit *kit, const oss_voices *voices, float *work) {
    int64_t n = oss_augment_length(view, samples);
    int64_t body_samples = n - view->lead_samples - view->tail_samples;
    float *body = y + view->lead_samples;
    if (body != x) {
        oss_speed_change(body, x, samples, view->speed, kit == NULL ? NULL : kit->speed);
    }
    if (view->room != OSS_ROOM_NONE) {
        add_room(body, body_samples, view, kit, work);
    }
    if (view->gain != 1.0f) {
        oss_k_scale(body, body, view->gain, (size_t)body_samples);
    }
    put_silence(y, n, view);
    double snr_db = add_noise(y, n, view, kit, voices, work);
    if (view->telephone) {
        limit_peak(y, n); /* mu-law ends at 1 */
        oss_telephone_apply(y, n, kit->rate_hz, view->mu_law);
    }
    if (view->room != OSS_ROOM_NONE || view->gain != 1.0f || view->noise != OSS_NOISE_NONE ||
        view->telephone) {
        limit_peak(y, n);
    }
    return snr_db;
}
