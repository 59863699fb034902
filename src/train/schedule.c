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
