/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011). There is no state: a number is a function of (seed, stream, index), so every draw
 * can be repeated by any thread in any order. A stream names what the numbers are for. */
#ifndef OSS_BASE_RNG_H
#define OSS_BASE_RNG_H

#include <stdint.h>

enum {
    OSS_RNG_INIT = 1,     /* initial weights */
    OSS_RNG_SHUFFLE = 2,  /* order of rows and batches */
    OSS_RNG_DROPOUT = 3,  /* dropout masks */
    OSS_RNG_SAMPLING = 4, /* which rows of a weighted set are drawn in an epoch */
    OSS_RNG_TEST = 5,
    OSS_RNG_AUGMENT = 6,         /* what a view of a recording is: speed, gain, noise */
    OSS_RNG_NOISE = 7,           /* the samples of added noise */
    OSS_RNG_MASK = 8,            /* SpecAugment's masks */
    OSS_RNG_JOIN = 9,            /* which utterances go on with the next one */
    OSS_RNG_SPELLING = 10,       /* which merges BPE-dropout passes over */
    OSS_RNG_REVERB = 11,         /* the tails of synthetic rooms */
    OSS_RNG_VIEW = 12,           /* keys of second views (consistency-regularised CTC) */
    OSS_RNG_DEPTH = 13,          /* which blocks an utterance passes by (stochastic depth) */
    OSS_RNG_CHUNK = 14,          /* how far attention sees (chunk_training) */
    OSS_RNG_SILENCE_BEFORE = 15, /* the samples of soft noise put before a recording */
    OSS_RNG_SILENCE_BEHIND = 16, /* and behind it */
    OSS_RNG_WARP = 17,           /* how the frequencies of an utterance are warped */
    OSS_RNG_BOOTSTRAP = 18       /* which utterances a sample of a score has */
};

/* One block: out = philox(key, counter). key[2], counter[4], out[4]. */
void oss_rng_philox(uint32_t out[4], const uint32_t key[2], const uint32_t counter[4]);

/* 64 random bits of (seed, stream, a, b); stream is one of the enum, a and b are the caller's coordinates. */
uint64_t oss_rng_u64(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b);

/* Uniform in [0, 1) with 53 bits. */
double oss_rng_uniform(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b);

/* Standard normal (Box and Muller 1958). */
double oss_rng_normal(uint64_t seed, uint32_t stream, uint64_t a, uint32_t b);

/* A permutation of item[0..count), Fisher-Yates, drawn from (seed, stream, a). */
void oss_rng_shuffle(int32_t *item, int32_t count, uint64_t seed, uint32_t stream, uint64_t a);

#endif
