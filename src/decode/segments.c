#include "decode/segments.h"

static double pause_after(const oss_path_word *word, int64_t i) {
    return word[i + 1].start_seconds - word[i].end_seconds;
}

static int64_t known_end(const oss_path_word *word, int64_t words, int64_t begin) {
    int64_t end = begin + 1;
    while (end < words && word[end].segment == word[begin].segment) {
        end++;
    }
    return end;
}

int64_t oss_segment_end(const oss_path_word *word, int64_t words, int64_t begin) {
    if (word[begin].segment > 0) {
        return known_end(word, words, begin);
    }
    double from = word[begin].start_seconds;
    int64_t best = begin; /* the word before the longest pause */
    bool late = false;    /* that one lies in the later two thirds */
    for (int64_t i = begin; i + 1 < words; i++) {
        if (pause_after(word, i) >= OSS_SEGMENT_PAUSE_SECONDS) {
            return i + 1;
        }
        bool is_late = word[i].end_seconds - from >= OSS_SEGMENT_SECONDS_MAX / 3.0;
        if ((is_late && !late) || pause_after(word, i) >= pause_after(word, best)) {
            best = i;
            late |= is_late;
        }
        if (word[i + 1].end_seconds - from > OSS_SEGMENT_SECONDS_MAX) {
            return best + 1;
        }
    }
    return words;
}
