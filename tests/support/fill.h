/* Repeatable test data: splitmix64 (Steele, Lea, Flood 2014), element `index` a function of (seed, index)
 * alone.
 *
 *     z = seed + (index + 1) * 0x9E3779B97F4A7C15            all mod 2^64, index from 0
 *     z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
 *     z = (z ^ (z >> 27)) * 0x94D049BB133111EB
 *     z =  z ^ (z >> 31)
 *     value = (z >> 11) * 2^-52 - 1                          exact in a double, uniform in [-1, 1)
 *
 * In numpy, bit for bit (scripts/golden/fill.py):
 *
 *     def fill(seed, count):
 *         z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
 *         z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
 *         z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
 *         z = z ^ (z >> np.uint64(31))
 *         return (z >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0
 */
#ifndef OSS_TESTS_FILL_H
#define OSS_TESTS_FILL_H

#include <stddef.h>
#include <stdint.h>

uint64_t oss_fill_bits(uint64_t seed, uint64_t index); /* z above */
double oss_fill_value(uint64_t seed, uint64_t index);  /* in [-1, 1) */

/* out[i] = scale * value(seed, i); the float is that product rounded once. */
void oss_fill_f64(double *out, size_t count, uint64_t seed, double scale);
void oss_fill_f32(float *out, size_t count, uint64_t seed, double scale);

/* What a gradient or an output is pre-filled with, so that a test sees elements that were not written: not
 * small, not NaN. */
void oss_fill_garbage_f32(float *out, size_t count);
void oss_fill_garbage_f64(double *out, size_t count);

#endif
