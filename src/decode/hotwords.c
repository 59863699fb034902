#include "decode/hotwords.h"

#include "decode/hotwords_internal.h"

static bool is_after_space(const oss_hotwords *hotwords, uint32_t at) {
    return at == OSS_HOTWORDS_ROOT ||
           (at >= OSS_HOTWORDS_FIRST && hotwords->node[at].letter == hotwords->letters.letters);
}

uint32_t oss_hotwords_walk(const oss_hotwords *hotwords, uint32_t from, int32_t letter, float *bonus) {
    const oss_hotwords_node *node = hotwords->node;
    bool space = letter == hotwords->letters.letters;
    uint32_t to = from == OSS_HOTWORDS_OUT ? 0 : oss_hotwords_child(hotwords, from, letter);
    if (to != 0) {
        *bonus += node[to].given - node[from].given;
        return to;
    }
    if (space && is_after_space(hotwords, from)) {
        return from;
    }
    *bonus += (space ? node[from].at_end : node[from].kept) - node[from].given;
    for (uint32_t at = from; at != OSS_HOTWORDS_OUT && at != OSS_HOTWORDS_ROOT;) {
        at = node[at].fail;
        to = at == OSS_HOTWORDS_OUT ? 0 : oss_hotwords_child(hotwords, at, letter);
        if (to != 0) {
            *bonus += node[to].given - node[to].kept;
            return to;
        }
    }
    return space ? OSS_HOTWORDS_ROOT : OSS_HOTWORDS_OUT;
}

float oss_hotwords_step(const oss_hotwords *hotwords, oss_hotwords_state from, int32_t id,
                        oss_hotwords_state *to) {
    const oss_letters *letters = &hotwords->letters;
    float bonus = 0.0F;
    uint32_t at = from;
    if (letters->begins_word[id]) {
        at = oss_hotwords_walk(hotwords, at, letters->letters, &bonus);
    }
    for (int32_t i = letters->first[id]; i < letters->first[id + 1]; i++) {
        at = oss_hotwords_walk(hotwords, at, letters->letter[i], &bonus);
    }
    *to = at;
    return bonus;
}

float oss_hotwords_end(const oss_hotwords *hotwords, oss_hotwords_state from) {
    return hotwords->node[from].at_end - hotwords->node[from].given;
}

int64_t oss_hotwords_count(const oss_hotwords *hotwords) {
    return hotwords->phrases;
}
