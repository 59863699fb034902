#include "train/schedule.h"

#include <math.h>

static const double PI = 3.141592653589793238462643383279;

double oss_learning_rate(const oss_config *config, int64_t step) {
    if (step <= config->warmup_steps && config->warmup_steps > 0) {
        return config->lr * (double)step / (double)config->warmup_steps;
    }
    double low = config->min_lr_ratio;
    int64_t span = config->max_steps - config->warmup_steps;
    if (step >= config->max_steps || span <= 0) {
        return config->lr * low;
    }
    double progress = (double)(step - config->warmup_steps) / (double)span;
    return config->lr * (low + (1.0 - low) * 0.5 * (1.0 + cos(PI * progress)));
}

double oss_learning_path(const oss_config *config, int64_t step) {
    double warm = (double)(step < config->warmup_steps ? step : config->warmup_steps);
    double path = config->warmup_steps > 0 ? warm * (warm + 1.0) / (2.0 * (double)config->warmup_steps) : 0.0;
    double low = config->min_lr_ratio;
    double span =
        (double)(config->max_steps > config->warmup_steps ? config->max_steps - config->warmup_steps : 0);
    double rest = (double)step - warm;
    if (span > 0 && rest > 0) {
        double part = rest < span ? rest / span : 1.0;
        path += span * (low * part + (1.0 - low) * 0.5 * (part + sin(PI * part) / PI));
    }
    path += rest > span ? (rest - span) * low : 0.0;
    return config->lr * path;
}
