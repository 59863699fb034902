/* Structs of options of the public interface, which grow at their end and say in their first field, `size`, how long they
 * were when the program was compiled. */
#ifndef OSS_INFER_OPTIONS_H
#define OSS_INFER_OPTIONS_H

#include <stddef.h>

#include "ossicle/status.h"

/* out[size] = the first bytes of *given, of which this version knows `size`, the first version knew `first` and an older
 * program gives something between: the rest is 0. type: "oss_recognizer_options", for messages. OSS_EUSAGE: it is shorter
 * than `first`; or what this version does not know is not zero, or the program would ask for something that
 * it does not get. */
oss_status oss_options_copy(void *out, const void *given, size_t size, size_t first, const char *type);

#endif
