#include "infer/endpoint.h"

bool oss_endpoint_before(const oss_endpoint *segment, const oss_endpoint_rules *rules, oss_endpoint_row row) {
    bool between = row == OSS_ENDPOINT_SPACE || row == OSS_ENDPOINT_WORD;
    return between && rules->length > 0 && segment->rows >= rules->length;
}

static bool reached(int64_t rows, int64_t rule) {
    return rule > 0 && rows >= rule;
}

bool oss_endpoint_with(oss_endpoint *segment, const oss_endpoint_rules *rules, oss_endpoint_row row) {
    bool speech = row == OSS_ENDPOINT_WORD || row == OSS_ENDPOINT_SPEECH;
    segment->rows++;
    segment->silent = speech ? 0 : segment->silent + 1;
    segment->spoken = segment->spoken || speech;
    return reached(segment->silent, rules->silence) ||
           (segment->spoken && reached(segment->silent, rules->silence_after_speech)) ||
           reached(segment->rows, 2 * rules->length);
}
