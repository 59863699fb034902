#include "infer/pieces.h"

#include <math.h>
#include <string.h>

#include "audio/measure.h"
#include "base/mem.h"
#include "model/sizes.h"

/* ---- The plan ---- */

/* Word errors of joined recordings of read speech were the same within chance for cores of 8 to 48 s and contexts of 1
 * s and more, and no higher than those of the recordings alone; without context words grew together at the cuts. */
static const double WHOLE_SECONDS = 60, LEAST_SECONDS = 10, MOST_SECONDS = 25, CONTEXT_SECONDS = 1.6,
                    MOST_CONTEXT_SECONDS = 30, MOST_STEP_SECONDS = 5;
enum {
    QUIET_CELLS = 3,        /* on either side of a cut: how quiet it is there */
    FIRST_SAMPLES = 1 << 16 /* of room; 4 s at 16 kHz */
};

static int32_t round_up(int64_t count, int32_t step) {
    return (int32_t)((count + step - 1) / step * step);
}

/* The first embeddings of a piece, which see its edge: embedding s sees the mel frames from downsample * (s - 1) + 1
 * on, and half a window lies before the middle of a frame. */
static int32_t find_edge(const oss_model_config *config) {
    int32_t mel_frames =
        (config->mel.win_samples / 2 + config->mel.hop_samples - 1) / config->mel.hop_samples;
    return (mel_frames + 2 * config->downsample_time - 2) / config->downsample_time;
}

/* Embeddings before a chunk that those of the chunk depend on: through each block those that its first frames see, from
 * the beginning of their chunks on; and what sees the edge of a piece. */
static int64_t find_depth(const oss_model_config *config, const oss_attention_reach *reach) {
    int64_t depth = 0;
    for (int32_t i = 0; i < config->n_layers; i++) {
        depth = (depth + reach->chunk - 1) / reach->chunk * reach->chunk + reach->left;
    }
    return depth + find_edge(config);
}

oss_piece_plan oss_piece_plan_for(const oss_model_config *config, const oss_attention_reach *reach) {
    const int32_t chunk = reach->chunk;
    const bool limited = chunk > 0 && chunk <= oss_sizes_embeddings(config, MOST_STEP_SECONDS);
    int32_t most_context = oss_sizes_embeddings(config, MOST_CONTEXT_SECONDS);
    int64_t before = oss_sizes_embeddings(config, CONTEXT_SECONDS);
    oss_piece_plan plan = {.grid = config->mel.hop_samples * config->downsample_time,
                           .step = limited ? chunk : 1};
    if (limited) {
        int64_t depth = find_depth(config, reach);
        before = depth < most_context ? depth : most_context;
    }
    plan.before = round_up(before, plan.step);
    plan.after = oss_sizes_embeddings(config, CONTEXT_SECONDS);
    plan.least = round_up(oss_sizes_embeddings(config, LEAST_SECONDS), plan.step);
    plan.most = round_up(oss_sizes_embeddings(config, MOST_SECONDS), plan.step);
    plan.most = plan.most < 2 * plan.least ? 2 * plan.least : plan.most;
    plan.whole_samples = (int64_t)(WHOLE_SECONDS * config->mel.sample_rate_hz);
    return plan;
}

/* ---- Samples ---- */

struct oss_pieces {
    oss_piece_plan plan;
    oss_audio_pull pull;
    float *kept;      /* [capacity] of the recording, from sample `first` on, of which `count` are there */
    float *given;     /* [given_capacity] */
    int64_t capacity; /* grows with what comes: most recordings are short */
    int64_t given_capacity, first, count;
    int64_t begin; /* of the next core */
    bool ended;    /* nothing comes after what is kept */
};

oss_status oss_pieces_create(oss_pieces **out, const oss_piece_plan *plan, oss_audio_pull pull) {
    oss_pieces *pieces = oss_alloc_zero(1, sizeof *pieces);
    if (pieces == NULL) {
        return OSS_ENOMEM;
    }
    pieces->plan = *plan;
    pieces->pull = pull;
    *out = pieces;
    return OSS_OK;
}

void oss_pieces_free(oss_pieces *pieces) {
    if (pieces != NULL) {
        oss_free(pieces->kept);
        oss_free(pieces->given);
        oss_free(pieces);
    }
}

int64_t oss_pieces_pulled(const oss_pieces *pieces) {
    return pieces->first + pieces->count;
}

static void forget_before(oss_pieces *pieces, int64_t sample) {
    int64_t gone = sample - pieces->first;
    if (gone > 0) {
        pieces->first += gone;
        pieces->count -= gone;
        memmove(pieces->kept, pieces->kept + gone, (size_t)pieces->count * sizeof *pieces->kept);
    }
}

/* Twice as much room as there was, but for no more than `most` samples. */
static oss_status grow_kept(oss_pieces *pieces, int64_t most) {
    int64_t capacity = pieces->capacity == 0 ? FIRST_SAMPLES : 2 * pieces->capacity;
    capacity = capacity < most ? capacity : most;
    float *kept = oss_alloc_aligned((size_t)capacity, sizeof *kept);
    if (kept == NULL) {
        return OSS_ENOMEM;
    }
    if (pieces->count > 0) {
        memcpy(kept, pieces->kept, (size_t)pieces->count * sizeof *kept);
    }
    oss_free(pieces->kept);
    pieces->kept = kept;
    pieces->capacity = capacity;
    return OSS_OK;
}

static oss_status fill_up_to(oss_pieces *pieces, int64_t sample) {
    oss_status status = OSS_OK;
    while (status == OSS_OK && !pieces->ended && oss_pieces_pulled(pieces) < sample) {
        int64_t got = 0;
        if (pieces->count == pieces->capacity) {
            status = grow_kept(pieces, sample - pieces->first);
            continue;
        }
        int64_t wanted = sample - oss_pieces_pulled(pieces), room = pieces->capacity - pieces->count;
        status = pieces->pull.read(pieces->pull.context, pieces->kept + pieces->count,
                                   wanted < room ? wanted : room, &got);
        pieces->count += status == OSS_OK ? got : 0;
        pieces->ended = status == OSS_OK && got == 0;
    }
    return status;
}

/* ---- Cuts ---- */

/* Variance times samples of embedding i. */
static double energy_of(const oss_pieces *pieces, int64_t i) {
    int64_t grid = pieces->plan.grid, at = i * grid - pieces->first;
    int64_t left = pieces->count - at;
    int64_t samples = left < grid ? left : grid;
    return samples < 1 ? 0.0 : oss_audio_find_moments(pieces->kept + at, samples).variance * (double)samples;
}

/* How loud it is around the beginning of embedding i. */
static double loudness_at(const oss_pieces *pieces, int64_t i) {
    double sum = 0.0;
    for (int64_t j = i - QUIET_CELLS; j < i + QUIET_CELLS; j++) {
        sum += energy_of(pieces, j);
    }
    return sum;
}

/* Where the core ends that begins at pieces->begin, when more than `most` follow: at the quietest place; of equal ones
 * at the last. */
static int64_t choose_end(const oss_pieces *pieces) {
    const oss_piece_plan *plan = &pieces->plan;
    int64_t begin = pieces->begin / plan->grid;
    int64_t all = oss_pieces_pulled(pieces) / plan->grid;
    int64_t last = all - plan->least < begin + plan->most ? all - plan->least : begin + plan->most;
    int64_t best = begin + plan->least;
    double least = (double)INFINITY;
    for (int64_t i = best; i <= last; i += plan->step) {
        double loudness = loudness_at(pieces, i);
        if (loudness <= least) {
            best = i;
            least = loudness;
        }
    }
    return best * plan->grid;
}

/* What is kept is for the next piece too; after the last one nobody needs it. */
static oss_status choose_samples(oss_pieces *pieces, oss_piece *piece) {
    if (piece->last) {
        piece->sample = pieces->kept;
        return OSS_OK;
    }
    if (piece->samples > pieces->given_capacity) {
        oss_free(pieces->given);
        pieces->given_capacity = 0;
        pieces->given = oss_alloc_aligned((size_t)pieces->capacity, sizeof *pieces->given);
        if (pieces->given == NULL) {
            return OSS_ENOMEM;
        }
        pieces->given_capacity = pieces->capacity;
    }
    piece->sample = pieces->given;
    memcpy(piece->sample, pieces->kept, (size_t)piece->samples * sizeof *piece->sample);
    return OSS_OK;
}

static oss_status give_piece(oss_pieces *pieces, int64_t end, oss_piece *out) {
    const oss_piece_plan *plan = &pieces->plan;
    int64_t pulled = oss_pieces_pulled(pieces);
    int64_t until = end + (int64_t)plan->after * plan->grid;
    until = until < pulled ? until : pulled;
    oss_piece piece = {.samples = until - pieces->first,
                       .begin = pieces->begin,
                       .context = pieces->begin - pieces->first,
                       .core = end - pieces->begin,
                       .last = pieces->ended && end == pulled};
    piece.whole = piece.last && pieces->begin == 0;
    oss_status status = choose_samples(pieces, &piece);
    if (status == OSS_OK) {
        *out = piece;
        pieces->begin = end;
    }
    return status;
}

oss_status oss_pieces_next(oss_pieces *pieces, oss_piece *out) {
    const oss_piece_plan *plan = &pieces->plan;
    const int64_t grid = plan->grid, before = pieces->begin - plan->before * grid;
    int64_t wanted = pieces->begin + (plan->most + plan->least) * grid;
    bool first = pieces->begin == 0;
    wanted = first && wanted <= plan->whole_samples ? plan->whole_samples + 1 : wanted;
    forget_before(pieces, before);
    oss_status status = fill_up_to(pieces, wanted);
    if (status != OSS_OK) {
        return status;
    }
    int64_t pulled = oss_pieces_pulled(pieces);
    int64_t fits = first ? plan->whole_samples : plan->most * grid;
    bool rest = pieces->ended && pulled - pieces->begin <= fits;
    return give_piece(pieces, rest ? pulled : choose_end(pieces), out);
}
