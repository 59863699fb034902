/* The one copy of every length formula of front end and network. */
#ifndef OSS_KERNEL_LENGTHS_H
#define OSS_KERNEL_LENGTHS_H

#include <stdint.h>

/* Frames of a centred transform: T = 1 + floor(n / hop); 0 for n = 0. The first for any n, the second for
 * audio whose frames were found to be countable. */
static inline int64_t oss_len_mel_frames_long(int64_t samples, int32_t hop_samples) {
    return samples <= 0 ? 0 : 1 + samples / hop_samples;
}
static inline int32_t oss_len_mel_frames(int64_t samples, int32_t hop_samples) {
    return (int32_t)oss_len_mel_frames_long(samples, hop_samples);
}

/* Output length of a 3-wide convolution with stride 2 and padding 1: ceil(length / 2). */
static inline int32_t oss_len_conv(int32_t length) {
    return (length + 1) / 2;
}

/* Length after the whole stem; `downsample` is 4 or 8: ceil(length / downsample). */
static inline int32_t oss_len_downsampled(int32_t length, int32_t downsample) {
    for (int32_t factor = downsample; factor > 1; factor /= 2) {
        length = oss_len_conv(length);
    }
    return length;
}

/* Frames that CTC needs for a label sequence: its length plus one blank between equal neighbours (Graves et
 * al. 2006). */
static inline int32_t oss_len_ctc_needed(const int32_t *label, int32_t count) {
    int32_t needed = count;
    for (int32_t i = 1; i < count; i++) {
        needed += label[i] == label[i - 1];
    }
    return needed;
}

#endif
