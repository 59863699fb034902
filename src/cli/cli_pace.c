#include "cli/cli_pace.h"

#include "base/clock.h"
#include "base/logger.h"

/* A moment's load of the machine is no reason to worry. */
static const double BEHIND_SECONDS = 2.0;

void oss_cli_pace_begin(oss_cli_pace *pace) {
    pace->begun = oss_clock_seconds();
}

void oss_cli_pace_end(oss_cli_pace *pace, double heard_seconds) {
    pace->busy_seconds += oss_clock_seconds() - pace->begun;
    pace->heard_seconds += heard_seconds;
    if (!pace->told && pace->busy_seconds > pace->heard_seconds + BEHIND_SECONDS) {
        oss_log_warn("this processor does not keep up: %.1f s of work for %.1f s of sound",
                     pace->busy_seconds, pace->heard_seconds);
        pace->told = true;
    }
}
