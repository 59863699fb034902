#include "check/report.h"

typedef struct kind_names {
    const char *name, *title;
    bool unfit;
} kind_names;

static const kind_names kinds[OSS_CHECK_KINDS] = {
    [OSS_CHECK_CSV] = {"csv", "rows that cannot be read", true},
    [OSS_CHECK_AUDIO] = {"audio", "unreadable audio", true},
    [OSS_CHECK_SHORT] = {"short", "shorter than min_seconds", true},
    [OSS_CHECK_LONG] = {"long", "longer than max_seconds", true},
    [OSS_CHECK_SILENT] = {"silent", "silent audio", true},
    [OSS_CHECK_EMPTY] = {"empty", "empty texts", true},
    [OSS_CHECK_INFEASIBLE] = {"infeasible", "texts that need more frames than their audio gives", true},
    [OSS_CHECK_DUPLICATE] = {"duplicate", "duplicates: sound and text of an earlier row", true},
    [OSS_CHECK_LEAK] = {"leak", "recordings of train that are in dev too", true},
    [OSS_CHECK_CONFLICT] = {"conflict", "recordings with two texts", false},
    [OSS_CHECK_SCRIPT] = {"script", "words that mix look-alike letters of two scripts", false},
    [OSS_CHECK_SPEAKER] = {"speaker", "speakers shared by train and dev", false},
    [OSS_CHECK_FORM] = {"form", "words written in two Unicode forms (normalisation makes them one)", false},
    [OSS_CHECK_LOOKALIKE] = {"lookalike", "characters that look alike and are different labels", false},
    [OSS_CHECK_UNKNOWN] = {"unknown", "characters outside the vocabulary (they become <UNK>)", false},
    [OSS_CHECK_PACE] = {"pace", "characters a second far from the rest: check the transcript", false},
    [OSS_CHECK_CLIPPED] = {"clipped", "clipped audio", false},
    [OSS_CHECK_OFFSET] = {"offset", "audio with a constant offset", false},
    [OSS_CHECK_RATES] = {"rates", "mixed sample rates", false},
    [OSS_CHECK_TEXTS] = {"texts", "texts shared by train and dev", false},
};

oss_check_kind oss_check_kind_of(oss_skip_reason reason) {
    static const oss_check_kind kind[OSS_SKIP_REASONS] = {
        [OSS_SKIP_CSV] = OSS_CHECK_CSV,       [OSS_SKIP_AUDIO] = OSS_CHECK_AUDIO,
        [OSS_SKIP_SHORT] = OSS_CHECK_SHORT,   [OSS_SKIP_LONG] = OSS_CHECK_LONG,
        [OSS_SKIP_SILENT] = OSS_CHECK_SILENT, [OSS_SKIP_INFEASIBLE] = OSS_CHECK_INFEASIBLE};
    return kind[reason];
}

const char *oss_check_kind_name(oss_check_kind kind) {
    return kinds[kind].name;
}

const char *oss_check_kind_title(oss_check_kind kind) {
    return kinds[kind].title;
}

bool oss_check_is_warning(oss_check_kind kind) {
    return kind >= OSS_CHECK_PACE;
}

bool oss_check_is_unfit(oss_check_kind kind) {
    return kinds[kind].unfit;
}
