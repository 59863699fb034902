/* The settings of a run: its checkpoints carry them, and RUN/config.json shows them. */
#ifndef OSS_CHECKPOINT_RUN_CONFIG_H
#define OSS_CHECKPOINT_RUN_CONFIG_H

#include "model/config.h"

/* The config to resume with: that of RUN/config.json or, when this is lost or damaged, that of the newest checkpoint,
 * with a warning. OSS_EUSAGE when there is no run in the folder. */
oss_status oss_run_load_config(oss_config **out, const char *run);

/* OSS_EINPUT that names every key in which `config` is another than that of the checkpoint (JSON; NULL: it carries
 * none) and that a resumed run keeps, with both values. Those that may change are told. */
oss_status oss_run_check_config(const char *run, const oss_config *config, const char *saved);

/* RUN/config.json with every key; one that cannot be read as a config is set aside first. */
oss_status oss_run_write_config(const char *run, const oss_config *config);

#endif
