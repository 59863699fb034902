#include "train/schedule.h"

#include <math.h>

static const double PI = 3.141592653589793238462643383279;

double oss_learning_rate(const oss_config *config, int64_t step) {
    if (step <= config->training.warmup_steps && config->training.warmup_steps > 0) {
        return config->training.lr * (double)step / (double)config->training.warmup_steps;
    }
    double low = config->training.min_lr_ratio;
    int64_t span = config->training.max_steps - config->training.warmup_steps;
    if (step >= config->training.max_steps || span <= 0) {
        return config->training.lr * low;
    }
    double progress = (double)(step - config->training.warmup_steps) / (double)span;
    return config->training.lr * (low + (1.0 - low) * 0.5 * (1.0 + cos(PI * progress)));
}

double oss_learning_path(const oss_config *config, int64_t step) {
    double warm = (double)(step < config->training.warmup_steps ? step : config->training.warmup_steps);
    double path = config->training.warmup_steps > 0
                      ? warm * (warm + 1.0) / (2.0 * (double)config->training.warmup_steps)
                      : 0.0;
    double low = config->training.min_lr_ratio;
    double span = (double)(config->training.max_steps > config->training.warmup_steps
                               ? config->training.max_steps - config->training.warmup_steps
                               : 0);
    double rest = (double)step - warm;
    if (span > 0 && rest > 0) {
        double part = rest < span ? rest / span : 1.0;
        path += span * (low * part + (1.0 - low) * 0.5 * (part + sin(PI * part) / PI));
    }
    path += rest > span ? (rest - span) * low : 0.0;
    return config->training.lr * path;
}
