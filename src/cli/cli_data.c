#include "cli/cli_data.h"

oss_status oss_cli_data_format(const oss_cli_args *args, oss_data_format *out) {
    int32_t index = OSS_DATA_AUTO;
    oss_status status = oss_cli_choice(args, "--data-format", oss_data_format_word, OSS_DATA_FORMATS, &index);
    if (status == OSS_OK) {
        *out = (oss_data_format)index;
    }
    return status;
}

oss_status oss_cli_set_data_format(const oss_cli_args *args, oss_config *config) {
    return oss_cli_has(args, "--data-format") ? oss_cli_data_format(args, &config->data.data_format) : OSS_OK;
}
