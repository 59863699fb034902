/* What `ossicle listen` hears: samples from standard input, or from the microphone. */
#ifndef OSS_CLI_LISTEN_INPUT_H
#define OSS_CLI_LISTEN_INPUT_H

#include "cli/cli_common.h"

typedef struct oss_listen_input oss_listen_input;

/* --raw FORMAT:RATE:CHANNELS and --microphone of `args`. OSS_EUSAGE: a wrong format, a terminal instead of a pipe, or no
 * microphone in this build; OSS_EIO: none that works. */
oss_status oss_listen_open(oss_listen_input **out, const oss_cli_args *args);
/* NULL is allowed. */
void oss_listen_close(oss_listen_input *input);

/* sample[*out_samples] at *out_rate_hz: what has come, at most `most`, mono; waits for some. 0: the end, or a signal
 * (cli_signals.h). OSS_EINPUT: what comes is not what can be read; OSS_EIO. */
oss_status oss_listen_read(oss_listen_input *input, float *sample, int64_t most, int64_t *out_samples,
                           int32_t *out_rate_hz);

#endif
