#include "cli/cli_bar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { MIN_BAR = 8, MAX_BAR = 32 };

void oss_cli_format_duration(char out[OSS_CLI_DURATION_BYTES], double seconds) {
    long long whole = (long long)llround(seconds);
    long long hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0) {
        (void)oss_format(out, OSS_CLI_DURATION_BYTES, "%lld:%02lld:%02lld", hours, minutes, whole % 60);
    } else {
        (void)oss_format(out, OSS_CLI_DURATION_BYTES, "%lld:%02lld", minutes, whole % 60);
    }
}

bool oss_cli_may_colour(void) {
    const char *no_colour = getenv("NO_COLOR");
    return no_colour == NULL || no_colour[0] == '\0';
}

/* "[####----] " with the done part coloured. */
static size_t draw_bar(char *out, double fraction, int32_t width, bool colour) {
    int32_t done = (int32_t)(fraction * width);
    size_t used = 0;
    out[used++] = '[';
    used += (size_t)sprintf(out + used, "%s", colour ? "\033[32m" : "");
    for (int32_t i = 0; i < width; i++) {
        if (i == done) {
            used += (size_t)sprintf(out + used, "%s", colour ? "\033[0m" : "");
        }
        out[used++] = i < done ? '#' : '-';
    }
    used += (size_t)sprintf(out + used, "%s] ", colour && done >= width ? "\033[0m" : "");
    return used;
}

int32_t oss_cli_format_bar(char out[OSS_CLI_LINE_BYTES], double fraction, const char *text, int32_t columns,
                           bool colour) {
    size_t length = strlen(text), used = 0;
    int32_t room = columns - (int32_t)length - 4; /* brackets, a space, and the last column stays free */
    if (columns > 0 && room >= MIN_BAR) {
        used = draw_bar(out, fraction, room < MAX_BAR ? room : MAX_BAR, colour);
    }
    if (columns > 0 && (int32_t)length > columns - 1) {
        length = columns > 1 ? (size_t)(columns - 1) : 0;
    }
    size_t most = OSS_CLI_LINE_BYTES - 1 - used;
    length = length < most ? length : most;
    memcpy(out + used, text, length);
    out[used + length] = '\0';
    return (int32_t)(used + length);
}
